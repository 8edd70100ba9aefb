"""Trains the preset that generates text character by character."""

import collections
import dataclasses
import math
import pathlib
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.presets.table import Recipe

if TYPE_CHECKING:
    from recipes import Dataset
    from zoo import RecurrentNetwork


@dataclasses.dataclass(frozen=True)
class Settings:
    """Truncated backpropagation through time over all texts in a row."""

    epochs: int
    seed: int
    batch_size: int = 64
    segment: int = 64  # characters through which gradients flow
    learning_rate: float = 4e-3
    clip_norm: float = 1.0


def load(recipe: Recipe, **source: Any) -> "Dataset":
    """The texts from the source `data`, or else by their name; labels are not used."""
    import recipes

    return recipes.load(source.pop("data", recipe.data), **source)


def train(recipe: Recipe, dataset: "Dataset", out: pathlib.Path, seed: int) -> None:
    """Trains the network and evaluates it."""
    import keras

    from recipes.reports.run_folder import RunFolder
    from recipes.training.callbacks import MetricsFile, Progress
    from recipes.training.run_config import describe_run
    from zoo.atomic_writes import write_json
    from zoo.models.recurrent import Segments, learn_vocabulary, side_by_side

    shutil.rmtree(out, ignore_errors=True)  # from an interrupted run
    out.mkdir(parents=True)
    folder = RunFolder(out)
    settings = Settings(**recipe.settings, seed=seed)
    text = text_of(dataset.train)
    keras.utils.set_random_seed(seed)
    model = _network(
        recipe,
        vocabulary=learn_vocabulary([text], size=None, split="character"),
        stateful_batch_size=settings.batch_size,
    )
    rows = side_by_side(model.tokens_of([text])[0], settings.batch_size)
    segments = Segments(
        rows[:, :-1],
        rows[:, 1:],
        length=settings.segment,
        batch_size=settings.batch_size,
    )
    steps = len(segments) * settings.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=settings.learning_rate, warmup_steps=steps // 20
    )
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=settings.clip_norm),
        "sparse_categorical_crossentropy",
    )
    write_json(folder.config, describe_run(model, dataset, settings))
    with Progress(settings.epochs, len(segments)) as progress:
        model.fit(
            segments,
            epochs=settings.epochs,
            callbacks=[MetricsFile(folder.metrics), progress],
            shuffle=False,
            verbose=0,
        )
    model = model.with_carried_state(None)
    model.save(folder.model)
    write_json(folder.evaluation, evaluate(model, dataset))


def _network(recipe: Recipe, **arguments: Any) -> "RecurrentNetwork":
    from zoo.models.recurrent import RecurrentNetwork

    return RecurrentNetwork(
        mode="one_to_many",
        inputs="tokens",
        split="character",
        mask_padding=False,
        **arguments,
        **recipe.arguments,
    )


def text_of(part: Any) -> str:
    """The texts of a part, one per line."""
    return "".join(f"{text.strip()}\n" for text in part.inputs)


def evaluate(model: "RecurrentNetwork", dataset: "Dataset") -> dict[str, Any]:
    """Bits per character of the test part, by the model and by counting."""
    train, test = text_of(dataset.train), text_of(dataset.test)
    return {
        "bits per character": bits_per_character(model, test),
        "beside": {
            "by the frequency of each character": bits_by_counts(train, test, order=1),
            "by the two characters before": bits_by_counts(train, test, order=3),
            "by the four characters before": bits_by_counts(train, test, order=5),
        },
    }


def bits_per_character(model: "RecurrentNetwork", text: str, rows: int = 32) -> float:
    """The mean of $-\\log_2 p$ of the next character over a text."""
    from zoo.models.recurrent import side_by_side

    tokens = side_by_side(model.tokens_of([text])[0], rows)
    probabilities = model.predict(tokens[:, :-1], verbose=0)
    chosen = np.take_along_axis(probabilities, tokens[:, 1:, None], axis=-1)
    return float(-np.log2(chosen.astype("float64")).mean())


def bits_by_counts(train: str, test: str, order: int) -> float:
    """Bits per character of a model that counts sequences of `order` characters.

    A sequence that is not in the training text falls back on the sequence without its
    first character: half a count of that estimate is added to every count.
    """
    counts: list[collections.Counter[str]] = [
        collections.Counter(train[n : n + size] for n in range(len(train) - size + 1))
        for size in range(order + 1)
    ]
    counts[0][""] = len(train)
    least = 1 / (len(set(train)) + 1)

    def probability(run: str) -> float:
        if not run:
            return least
        context = counts[len(run) - 1][run[:-1]]
        shorter = probability(run[1:])
        return (counts[len(run)][run] + 0.5 * shorter) / (context + 0.5)

    runs = (test[max(0, n - order + 1) : n + 1] for n in range(1, len(test)))
    return -sum(math.log2(probability(run)) for run in runs) / (len(test) - 1)


def examples(model: "RecurrentNetwork", dataset: "Dataset", number: int) -> np.ndarray:
    """Tokens of the beginnings of test texts."""
    return model.tokens_of(
        [text[:40].ljust(40) for text in dataset.test.inputs[:number]]
    )
