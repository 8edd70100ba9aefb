"""Scoring a trained model on data, by what it answers."""

import contextlib
import dataclasses
import json
import os
import pathlib
import typing
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.options import checks_arguments
from recipes.data.steps import NO_LABEL
from recipes.reports.classification import Evaluation, score
from recipes.reports.forecasting import as_forecaster, score_part
from recipes.reports.multilabel import MultilabelEvaluation, score_labels
from recipes.reports.regression import RegressionEvaluation, score_numbers
from recipes.reports.run_folder import RunFolder
from recipes.reports.translation import score_answers
from recipes.sources.options import Count
from recipes.sources.series.series_table import known_in
from recipes.sources.tables.table_format import FORMAT
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import nearest

if typing.TYPE_CHECKING:  # These load TensorFlow.
    import keras

    from recipes.reports.sequence_labelling import StepsEvaluation
    from recipes.sources.tables.frames import Indexed
    from zoo.exporting.answers import Answers
    from zoo.trained_model import TrainedModel

# Options of `recipes.load` that say how the series of a forecast are read.
OF_SERIES = ("time", "window", "horizon", "known", "calendar", "season", "group")
OF_WHOLE_TEXTS = ("multiclass", "multilabel", "regression")
OF_LABEL = ("target", "label_column")  # which stand for each other
TASKS = {"multiclass": "classification"}  # of a target whose name is another one
PartName = Literal["test", "validation", "train"]
Answered = dict[str, np.ndarray]


@checks_arguments
def evaluate(
    model: "keras.Model | str | os.PathLike[str]",
    data: "Dataset | str | os.PathLike[str] | Indexed",
    *,
    part: PartName | None = None,
    batch_size: Count = 128,
    trusted: bool = False,
    **options: Any,
) -> Any:
    """Scores a trained model on a part of a data set.

    Args:
        model: A Keras model, a `Run`, or the path of a `.keras` file, a run folder or
            a SavedModel, or the name of a preset.
        data: A `Dataset`, or the first argument of `recipes.load`: a path, a name, a
            data frame, or `(x, y)`.
        part: `"test"`, `"validation"` or `"train"`, split off as for training if the
            data lack it. Default: the test part; of data without parts of their own,
            all examples, unless the model was trained on a part of them.
        batch_size: Number of examples that are computed at once.
        trusted: Whether the graph of a SavedModel may do more than compute; see
            docs/serving.md.
        options: Options of `recipes.load` that say how to read the data, such as
            `target`. Default: those of the training.

    Returns:
        An `Evaluation`; of a model that predicts numbers, a `RegressionEvaluation`; of
        one that gives any number of labels, a `MultilabelEvaluation`; of one that
        writes, a `WritingEvaluation`; of a forecast, a `ForecastEvaluation`; of one
        that answers at each step, a `StepsEvaluation`.

    Raises:
        InputError: If the model cannot be read or does not fit the data.

    >>> import zoo
    >>> untrained = zoo.MLP(input_shape=(8, 8, 1), num_classes=10)
    >>> 0 <= evaluate(untrained, "digits").accuracy < 0.5
    True
    """
    from zoo.targets import Multiclass

    trained = trained_model(model, trusted)
    if not isinstance(data, Dataset):
        data = load_to_score(trained, data, part, known_options(options))
    elif options:
        raise InputError(
            f"`{next(iter(options))}` says how to read data, and a `Dataset` is read "
            "already: give it to `recipes.load`."
        )
    if "text_generation" in (data.task, trained.target.name):
        from recipes.reports.writing import evaluate_text

        return evaluate_text(trained, data, part)
    check_fit(trained, data)
    trained = as_forecaster(trained, data)
    has_classes = isinstance(trained.target, Multiclass)
    if data.task != "classification" or not has_classes:
        trained.target.check_dataset(data)
    examples = scored_part(data, part)
    answers = trained.answers(examples.model_inputs, batch_size=batch_size)
    return SCORED[trained.target.name](answers, examples, trained, data)


def _score_classes(
    answers: Answered, examples: Part, trained: "TrainedModel", data: Dataset
) -> Evaluation:
    target: Any = trained.target
    order = np.array(target.order(data))
    names = trained.class_names
    # Names that the data give to the numbers of a model say more than the numbers.
    if target.class_names is None and not {*data.class_names} & {*names}:
        names = data.class_names
    return score(answers["probabilities"], order[examples.labels], names)


def _score_steps(
    answers: Answered, examples: Part, trained: "TrainedModel", data: Dataset
) -> "StepsEvaluation":
    from recipes.reports.sequence_labelling import score_steps

    target: Any = trained.target
    order = np.array([*target.order(data), NO_LABEL])  # The last one for −1.
    examples = dataclasses.replace(examples, labels=order[examples.labels])
    return score_steps(answers["probabilities"], examples, target.names)


def _score_labels(
    answers: Answered, examples: Part, trained: "TrainedModel", data: Dataset
) -> MultilabelEvaluation:
    target: Any = trained.target
    return score_labels(answers, examples.labels, target.names)


def _score_numbers(
    answers: Answered, examples: Part, trained: "TrainedModel", data: Dataset
) -> RegressionEvaluation:
    return score_numbers(answers, examples.labels, trained.target)


# How answers are scored, by the name of the target.
SCORED: dict[str, Callable[..., Any]] = {
    "multiclass": _score_classes,
    "multilabel": _score_labels,
    "regression": _score_numbers,
    "forecasting": score_part,
    "sequence_labelling": _score_steps,
    "translation": score_answers,
}


def scored_part(data: Dataset, part: str | None) -> Part:
    """The part of this name; by default the test part, or else what there is."""
    if part is not None:
        return getattr(data, part)
    parts = (data.test, data.validation, data.train)
    return next((each for each in parts if len(each)), data.test)


def trained_model(model: Any, trusted: bool = False) -> "TrainedModel":
    """The trained model that `zoo.loading` reads, or that of a run."""
    from zoo.loading import as_trained_model

    folder = getattr(model, "folder", None)
    if isinstance(folder, RunFolder):
        model = folder.path
    return as_trained_model(model, trusted=trusted)


def known_options(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Options of `recipes.load` by name; refuses other names."""
    from recipes.sources import OPTIONS

    for name in options.keys() - OPTIONS.keys():
        hint = nearest(name, OPTIONS)
        raise InputError(f"There is no argument {name!r} for reading data; {hint}")
    return options


def load_to_score(
    trained: "TrainedModel",
    source: Any,
    part: str | None,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> Dataset:
    """Reads data as a model takes them.

    Without `part`, nothing is split off data that are not those of the training, and
    no class needs an example.

    Args:
        trained: The model.
        source: As `recipes.load` takes it.
        part: The part to score, or `None`.
        given: Options of `recipes.load` that the user gave.
    """
    from recipes.sources import load_with_defaults

    origin = training_data(trained)
    trained_on = origin.pop("source", None)
    is_path = isinstance(source, str | os.PathLike)
    is_own = is_path and trained_on in (
        str(source),
        str(pathlib.Path(source).absolute()),
    )
    defaults: dict[str, Any] = {
        key: origin[key]
        for key in (
            "task",
            "target",
            "label_column",
            "text_column",
            "feature_columns",
            *OF_SERIES,
            *FORMAT,
        )
        if key in origin and (key != "group" or origin.get("task") == "forecasting")
    }
    numbers, task = getattr(trained.target, "names", ()), trained.target.name
    has_numbers = task in ("regression", "multilabel", "forecasting")
    if not origin and task in ("regression", "forecasting"):
        defaults["target"] = numbers
    # The labels of a few examples may look like those of another task.
    if task != "text_generation":
        defaults.setdefault("task", TASKS.get(task, task))
    if is_own:
        defaults = origin
    if any(given.get(name) not in (None, (), "label") for name in OF_LABEL):
        defaults = {k: v for k, v in defaults.items() if k not in OF_LABEL}
    of_model: dict[str, Any] = {}
    if part is None and not is_own:
        names = getattr(trained.target, "class_names", None)
        of_model = {"scored": True, "class_names": names}
        if has_numbers and (task == defaults.get("task")):
            of_model["value_names"] = numbers
    if trained.kind is Kind.TEXT and task in OF_WHOLE_TEXTS and not is_own:
        of_model["reads_texts"] = not given.get("text_column")
    if trained.kind is Kind.IMAGES and not is_own:
        of_model["bit_depth"] = trained.bit_depth
    if trained.target.name == "text_generation":
        of_model["vocabulary"], entry_type = vocabulary_of(trained.model)
        defaults["tokens"] = f"{entry_type}s"
    has_rows = trained.kind is Kind.TABLE or defaults.get("task") == "forecasting"
    if trained.columns is None and has_rows:
        of_model["feature_names"] = trained.feature_names
    return load_with_defaults(
        source, {**defaults, **options_to_fit(trained)}, dict(given), of_model
    )


def vocabulary_of(model: Any) -> tuple[list[str], str]:
    """The vocabulary of a model that writes, and `"character"` or `"word"`."""
    config = model.get_config()
    if config["vocabulary"] is None:
        raise InputError(
            "The model has no vocabulary, so it knows numbers and no text: call its "
            "`generate` in Python."
        )
    return config["vocabulary"], config["split"]


def options_to_fit(trained: "TrainedModel") -> dict[str, Any]:
    """The arguments of `recipes.load` that make data fit a model."""
    if trained.kind is Kind.IMAGES:
        return {"image_size": trained.input_shape[:2]}
    if trained.kind is Kind.AUDIO:
        return {"sample_rate": trained.sample_rate}
    target: Any = trained.target
    if target.name == "forecasting":
        known = known_in(trained.feature_names or (), target.known)
        return {**target.cut(), **(known if trained.feature_names else {})}
    if trained.kind is Kind.SEQUENCES:
        return {"sequences": True}
    if trained.columns is not None:
        return {"columns": trained.columns.get_config()}
    return {}


def training_data(classifier: "TrainedModel") -> dict[str, Any]:
    """The arguments of `recipes.load` for the data of the run that a model is from."""
    for folder in () if classifier.source is None else classifier.source.parents[:3]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            return dict(config["data"]["origin"] or {})
    return {}


def check_fit(answers: "Answers | TrainedModel", dataset: Dataset) -> None:
    """Refuses data whose kind, shape or classes differ from the model's."""
    kinds = {answers.kind, dataset.kind}
    if len(kinds) == 2 and kinds & {Kind.TEXT, Kind.AUDIO}:
        raise InputError(
            f"The model takes {answers.kind.noun}; {dataset.name} {dataset.holds}."
        )
    check_shape(answers.input_shape, dataset)
    rate = getattr(answers, "sample_rate", None)
    if rate is not None and rate != dataset.sample_rate:
        raise InputError(
            f"The model takes {rate:,} samples per second; {dataset.name} has "
            f"{dataset.sample_rate:,}. Load it with sample_rate={rate}."
        )
    if answers.columns not in (None, dataset.columns):
        raise InputError(
            "The columns or categories of the model differ from those of "
            f"{dataset.name}. Load it with columns=model.columns.get_config()."
        )


def check_shape(shape: Iterable[int | None], dataset: Dataset) -> None:
    """Refuses data whose examples differ in shape from `shape`, that of a model."""
    shape = tuple(shape)
    if len(shape) != len(dataset.input_shape) or any(
        size not in (None, other)
        for size, other in zip(shape, dataset.input_shape, strict=True)
    ):
        raise InputError(
            f"The model takes inputs of shape {shape}; {dataset.name} has "
            f"{dataset.input_shape}."
        )
