"""Writing: the next token of a text, learned with the state carried on."""

import dataclasses
import functools
import math
import pathlib
from typing import Any

import keras

from recipes.data.dataset import Dataset, Part
from recipes.data.text_part import TextPart
from recipes.progress import waiting
from recipes.reports.writing import (
    check_vocabulary,
    score_text,
    yardsticks,
)
from recipes.training.callbacks import BestModel
from recipes.training.components import Components
from recipes.training.setup import Setup
from recipes.training.tasks.supervised import Scored, Supervised
from zoo.atomic_writes import atomic_write
from zoo.errors import InputError
from zoo.keras_file import load_keras_file
from zoo.models.layer_changes import unchanged_randomness
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.targets import NextToken

SAMPLES = 10  # in a training, about
LENGTHS = {"character": 400, "word": 80}  # of a sample
TEMPERATURE = 0.8  # of a sample: a little more probable than the draws of the model


class Writing(Supervised):
    """Training a model that predicts the next token, and so can write."""

    balanced = "and a text to learn to write from has none"

    def check(
        self,
        model: keras.Model,
        dataset: Dataset,
        components: Components,
        augmented: bool,
    ) -> bool:
        if not isinstance(getattr(model, "target", None), NextToken):
            raise InputError(
                f"The model {model.name!r} does not predict the next token; "
                f"{dataset.name} is a text to learn to write from: give 'recurrent' or "
                "a zoo.RecurrentNetwork with mode='one_to_many' and inputs='tokens'."
            )
        check_vocabulary(model, dataset)
        size = model.get_config()["stateful_batch_size"]
        streams = _text(dataset.train).streams
        if size != streams:
            raise InputError(
                f"The model carries the states of {size or 'no'} sequences on, and "
                f"`batch_size` is {streams}: give model.with_carried_state({streams})."
            )
        for name in ("loss", "metrics"):
            if getattr(components, name):
                raise InputError(
                    f"`{name}` is for models with labels; writing is learned and "
                    "scored by the cross-entropy of the next token: leave it out."
                )
        return False

    def rehearse(
        self,
        model: keras.Model,
        dataset: Dataset,
        inputs: Any,
        targets: Any,
        scratch: pathlib.Path,
    ) -> None:
        """Predicts tokens with the model that will be kept, and computes the loss."""
        tokens, _ = inputs
        outputs = model.with_carried_state(None)(tokens)
        model.compute_loss(x=tokens, y=targets, y_pred=outputs)

    def keeper(self, setup: Setup) -> BestModel:
        return BestWriter(setup.folder.model, setup.settings.patience)

    def callbacks(self, setup: Setup) -> list[keras.callbacks.Callback]:
        every = max(1, setup.settings.epochs // SAMPLES)
        samples = WrittenSamples(setup.folder.texts, every)
        return [*super().callbacks(setup), samples]

    def kept(self, setup: Setup) -> RecurrentNetwork:
        return load_keras_file(setup.folder.model)

    def export_arguments(self, dataset: Dataset) -> dict[str, Any]:
        return {}  # What it writes needs no inputs, and has no names.

    def score(self, setup: Setup, model: keras.Model) -> Scored:
        folder, test = setup.folder, _text(setup.dataset.test)
        evaluation = score_text(model, test)
        with waiting("computing the yardsticks: counting and compressors"):
            baselines = yardsticks(_text(setup.dataset.train), test)
        evaluation = dataclasses.replace(
            evaluation, baselines=baselines, sample=written(model)
        )
        draw = functools.partial(_write_text, folder.sample, evaluation.sample)
        return Scored(evaluation, draw)


def _text(part: Part) -> TextPart:
    assert isinstance(part, TextPart)
    return part


class BestWriter(BestModel):
    """Keeps the best model without the states of the batches, as it is to be used."""

    def to_keep(self) -> keras.Model:
        with unchanged_randomness():
            return self.model.with_carried_state(None)


class WrittenSamples(keras.callbacks.Callback):
    """Writes a text into `epoch_0001.txt` and so on.

    The draws are always the same, so that the texts of a run can be compared. The
    callback does not change the training.

    Args:
        folder: Folder of the texts, made if it is missing.
        every: Number of epochs from one text to the next.
    """

    def __init__(self, folder: pathlib.Path, every: int) -> None:
        super().__init__()
        self.folder, self.every = folder, every

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if (epoch + 1) % self.every or not all(map(math.isfinite, logs.values())):
            return
        self.folder.mkdir(exist_ok=True)
        _write_text(self.folder / f"epoch_{epoch + 1:04d}.txt", written(self.model))


def written(model: RecurrentNetwork) -> str:
    """A sample of what the model writes."""
    length = LENGTHS[model.get_config()["split"]]
    (text,) = model.generate(length, temperature=TEMPERATURE, seed=0)
    return text


def _write_text(path: pathlib.Path, text: str) -> None:
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
