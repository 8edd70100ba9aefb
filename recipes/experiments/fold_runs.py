"""The runs of a cross-validation, one for each fold."""

import dataclasses
import functools
import json
import os
import pathlib
import random
from typing import Any

import keras
import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.fingerprint import fingerprint
from recipes.data.windows import Windows
from recipes.experiments.experiment_folder import experiment_folder
from recipes.experiments.repeated import expecting_traces, free_memory, run_once
from recipes.prediction.predict import DEFAULTS
from recipes.prediction.predictions import Prediction
from recipes.sources import load_with_defaults
from recipes.training.fine_tuning.base import Base
from recipes.training.settings import check_preset
from zoo.errors import InputError
from zoo.json_files import read_json
from zoo.keras_file import from_bytes, to_bytes
from zoo.loading import load_model
from zoo.models.dcgan import DCGAN
from zoo.models.layer_changes import unchanged_randomness

RECORD = "folds.json"
NO_SCORES = ("temperature",)  # numbers of an evaluation that say nothing of the answers


@dataclasses.dataclass(frozen=True)
class Fold:
    """A fold after its run.

    Attributes:
        run: The run folder.
        examples: Number of examples that it was tested on.
        scores: The scores by name.
        predictions: The answers to the examples, as columns.
    """

    run: pathlib.Path
    examples: int
    scores: dict[str, float]
    predictions: dict[str, Any]


class FoldRuns:
    """The runs of a cross-validation.

    Args:
        model: As `recipes.fit` takes it.
        data: As `recipes.load` takes it.
        folds: Number of folds.
        training: Arguments of `recipes.fit`.
        options: Arguments of `recipes.load`.

    Attributes:
        record: What the runs are made of, for `folds.json`.
        told: What the first fold is, and the notes on it.
    """

    def __init__(
        self,
        model: Any,
        data: Any,
        folds: int,
        training: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        preset = training.get("preset")
        check_preset(model, preset, training.get("freeze"), training.get("weights"))
        if model is None and preset is None:
            model = "cnn"
        if model == "dcgan" or isinstance(model, DCGAN):
            raise InputError(
                "A DCGAN has no scores that folds could be compared by: train it with "
                "`recipes.fit`."
            )
        if isinstance(data, Dataset):
            options, data = _origin_of(data, options)
        self._data, self._folds = data, folds
        self._training, self._options = training, options
        self._model = to_bytes(model) if isinstance(model, keras.Model) else model
        self._base = None if preset is None else Base.read(preset)
        self._name = self._base.family if self._base else getattr(model, "name", model)
        self._first: Any = None
        first, _ = self._first = self._loaded(1)
        if isinstance(first.train, Windows):  # All folds forecast the same.
            part = first.train
            chosen = ("window", "horizon", "season")
            given = {name: getattr(part, name) for name in chosen}
            self._options = {**given, **self._options}
        self._dataset_name = first.name
        self.told = (first.describe(), *first.notes)
        self.record: dict[str, Any] = {
            "arguments": _plain({"model": model, **training}),
            "data options": _plain(self._options),
            "fingerprint": fingerprint(first),
            "number of folds": folds,
        }

    def folder(self, out: str | os.PathLike[str] | None) -> pathlib.Path:
        """The folder of the experiment, made unless it holds the same one."""
        name = f"{self._name}-{self._dataset_name}-folds"
        return experiment_folder(out, name, RECORD, self.record, "a cross-validation")

    def trained(self, number: int, folder: pathlib.Path, progress: bool) -> Fold:
        """A fold after its run, which is read if it is finished."""
        dataset, seen = self._loaded(number)
        model = self._model
        if isinstance(model, bytes):
            with unchanged_randomness():
                random.seed(0)  # from which its layers draw their seeds
                model = from_bytes(model, compiled=True)
        run = run_once(
            folder / f"fold_{number}",
            scores_only=True,
            model=model,
            data=dataset,
            progress=progress,
            **self._training,
        )
        evaluation = read_json(run / "evaluation.json")
        scores = {
            name: value
            for name, value in evaluation.items()
            if isinstance(value, float) and name not in NO_SCORES
        }
        with expecting_traces():
            columns = answers_with_truth(run, dataset, seen)
        count = len(next(iter(columns.values())))
        predictions = {"fold": np.full(count, number), **columns}
        free_memory()
        return Fold(run, len(dataset.test), scores, predictions)

    def _loaded(self, number: int) -> tuple[Dataset, dict[str, Any]]:
        """The data of a fold, and what is known of its test part."""
        if number == 1 and self._first is not None:
            loaded, self._first = self._first, None
            return loaded
        seen: dict[str, Any] = {}
        options = {**self._options, "fold": f"{number}/{self._folds}"}
        if self._base is not None:
            return self._base.load(self._data, options, {"seen": seen}), seen
        return load_with_defaults(self._data, {}, options, {"seen": seen}), seen


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as JSON holds them; of an object its class."""
    return json.loads(json.dumps(arguments, default=lambda each: type(each).__name__))


def _origin_of(data: Dataset, options: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The options and the source that a data set was loaded with."""
    if data.origin is None:
        raise InputError(
            f"The data set {data.name} is made of objects and is split already: give "
            "what it is made of, such as (x, y) or a data frame."
        )
    if options:
        raise InputError(
            f"`{next(iter(options))}` says how to read data, and {data.name} is read "
            "already: give its source."
        )
    origin = dict(data.origin)
    return {k: v for k, v in origin.items() if k not in ("source", "test")}, origin[
        "source"
    ]


def answers_with_truth(
    run: pathlib.Path, dataset: Dataset, seen: dict[str, Any]
) -> dict[str, Any]:
    """The answers to the test part as columns, with the true ones."""
    prediction = Prediction(load_model(run), DEFAULTS)
    places, names = seen.get("test"), seen.get("names")
    columns: dict[str, list[Any]] = {}
    done = 0
    for piece in prediction.pieces(dataset.test):
        if places is not None:
            own = places[done : done + piece.count].tolist()
            ids = own if names is None else [names[place] for place in own]
            piece = dataclasses.replace(piece, find_names=functools.partial(list, ids))
        done += piece.count
        for name, values in prediction.writer.columns(piece).items():
            columns.setdefault(name, []).extend(values)
    return {
        name: np.asarray(values)
        for name, values in {**columns, **_truth(dataset, dataset.test)}.items()
    }


def _truth(dataset: Dataset, part: Part) -> dict[str, Any]:
    """The right answers as columns, in the order of the predicted ones."""
    labels = part.labels
    match dataset.task:
        case "classification":
            return {"true": [dataset.class_names[label] for label in labels]}
        case "multilabel":
            names = np.array(dataset.label_names)
            return {"true": ["|".join(names[marks > 0]) for marks in labels]}
        case "sequence_labelling":
            steps = labels[labels >= 0]
            return {"true": [dataset.class_names[label] for label in steps]}
        case "translation":
            return {"true": [*map(str, labels)]}
    values = part.answers.reshape(-1, len(dataset.value_names))
    return {
        f"true_{name}": column
        for name, column in zip(dataset.value_names, values.T, strict=True)
    }
