"""`recipes.explain`: why a trained model answers as it does."""

import os
import typing
from collections.abc import Iterator
from typing import Any, Literal

from recipes.data.options import checks_arguments, options_of_function
from recipes.prediction.predict import OPTIONS as PREDICT_OPTIONS
from recipes.sources.options import Count, DecimalMark, Encoding, Separator, Text, Texts
from zoo.errors import InputError

if typing.TYPE_CHECKING:  # These load TensorFlow.
    import keras
    import numpy as np

    from recipes.prediction.examples import Examples
    from recipes.reports.explanations import Explanations
    from recipes.reports.explanations.explanation import Explanation
    from zoo.trained_model import TrainedModel

PartName = Literal["test", "validation", "train"]


# This signature and docstring are the declaration of the options of `zoo explain`.
@checks_arguments
def explain(
    model: "keras.Model | str | os.PathLike[str]",
    data: Any = None,
    *,
    target: Text | None = None,
    step: Count | None = None,
    method: Literal["grad-cam", "integrated-gradients", "attention", "permutation"]
    | None = None,
    most: Count = 20,
    part: PartName | None = None,
    text_column: Text | None = None,
    id_columns: Texts = (),
    time: Text | None = None,
    group: Text | None = None,
    separator: Separator | None = None,
    encoding: Encoding | None = None,
    decimal: DecimalMark | None = None,
    sheet: Text | None = None,
    trusted: bool = False,
) -> "Explanations":
    """Explains a model's predictions by parts of an example or by columns of a table.

    Images are explained by Grad-CAM, or by integrated gradients if the model has no
    convolution; texts, audio, sequences, series, tokens and rows by integrated
    gradients; translations by their attention; a whole table by permutation importance.
    docs/explaining.md says what each method computes and what it compares with.

    Args:
        model: A Keras model, a `Run`, or the path of a `.keras` file or a run folder,
            or the name of a preset. A SavedModel has no gradients: only its columns
            can be explained.
        data: Examples, as `recipes.predict` takes them, or a `Dataset` of a table, to
            measure the importance of its columns. Default: the training data, if the
            model takes tables.
        target: Class, label or number to explain. Default: the most probable class or
            label, or the first number.
        step: Step to explain, from 1, for sequence labelling and forecasts. Default:
            the step with the least certain label; for a forecast, the mean of all
            steps.
        method: Method of explanation. Default: depends on the data and the model.
        most: Largest number of examples to explain; the others are skipped.
        part: Part of a table to score. Default: the test part; all rows if the data are
            not split into parts.
        text_column: Column of texts in tables. Default: the one used in training, or
            the only column of words.
        id_columns: Column of a table that names the examples, such as `id`. Default:
            the file name and the line number.
        time: For forecasts, the column of times. Default: the one used in training.
        group: For forecasts, the column that names the series of each row. Default:
            the one used in training.
        separator: The character between the cells of tables, such as `";"`, or `"tab"`.
            Default: the one used in training, or detected.
        encoding: The encoding of tables, such as `"cp1252"`. Default: the one used in
            training, or detected.
        decimal: The decimal mark in tables. Default: the one used in training, or
            detected.
        sheet: The sheet of an Excel workbook. Default: the one used in training, or
            the first.
        trusted: Whether the graph of a SavedModel may do more than compute; see
            docs/serving.md.

    Returns:
        An `Explanations`: a sequence with an `Explanation` for each example, whose
        `attributions` are an array. It shows itself in a notebook; `save` draws it.

    Raises:
        InputError: If the model cannot be read or has no gradients, does not fit the
            data, or an argument does not apply to it.

    >>> import recipes
    >>> found = explain("mlp_digits", recipes.load("digits").test.take([0]))
    >>> found[0].output, found[0].attributions.shape
    ('7', (8, 8))
    """
    given = {
        "text_column": text_column,
        "id_columns": id_columns,
        "time": time,
        "group": group,
        "separator": separator,
        "encoding": encoding,
        "decimal": decimal,
        "sheet": sheet,
    }
    from recipes.data.dataset import Dataset
    from recipes.prediction.predictions import Prediction
    from recipes.reports.evaluation import trained_model
    from recipes.reports.explanations import Explanations, explained
    from recipes.reports.explanations.methods import check_explainable

    trained = trained_model(model, trusted)
    if data is None or isinstance(data, Dataset):
        for name, value in {"target": target, "step": step, **given}.items():
            if value not in (None, ()):
                raise InputError(
                    f"`{name}` {value!r} applies to examples, and none are given: "
                    "leave it out."
                )
        return Explanations((_importance(trained, data, method, part),))
    if part is not None:
        raise InputError(
            f"`part` (--part) {part!r} applies only when the columns of a table are "
            "explained, not examples: leave it out."
        )
    if method == "permutation":
        raise InputError(
            "`method` (--method) 'permutation' explains the columns of a table, not "
            "examples: leave out the method or the examples."
        )
    check_explainable(trained)
    prediction = Prediction(trained, {**given, "beam_width": 1})
    notes = prediction.notes
    background = _background(trained, notes)
    left = most

    def explain_some(examples: "Examples") -> Iterator["Explanation"]:
        nonlocal left
        count = len(examples.names)
        some = slice(0, min(count, left))
        left -= some.stop
        if count > some.stop:
            notes.append(
                f"{examples.place}: the first {some.stop:,} of {count:,} examples are "
                "explained (most, --most)"
            )
        if some.stop:
            yield from explained(
                trained,
                examples.inputs(some),
                _names(examples, some),
                target=target,
                step=step,
                method=method,
                background=background,
            )

    found = tuple(prediction.over(data, explain_some))
    if not found:
        raise InputError("There are no examples to explain.")
    return Explanations(found, tuple(notes))


def _names(examples: "Examples", some: slice) -> list[Any]:
    """What each example is called: its ID, or its place and series."""
    carried = [values[some] for values in examples.carried.values()]
    if not carried:
        names = [*examples.names[some]]
        series = examples.shown.get("series", [""] * len(names))[some]
        pairs = zip(names, series, strict=True)
        return [f"{name} {of}" if of else name for name, of in pairs]
    return [", ".join(map(str, row)) for row in zip(*carried, strict=True)]


def _importance(
    trained: "TrainedModel", data: Any, method: str | None, part: str | None
) -> "Explanation":
    from recipes.reports.evaluation import load_to_score, training_data
    from recipes.reports.explanations import permutation_importance
    from zoo.kinds import Kind

    if trained.kind is not Kind.TABLE:
        raise InputError(
            f"The model takes {trained.kind.noun}: give examples to explain; only "
            "tables are explained as a whole."
        )
    if method not in (None, "permutation"):
        raise InputError(
            f"`method` (--method) {method!r} explains examples: give some, or leave "
            "the method out."
        )
    if data is None:
        source = training_data(trained).get("source")
        if source is None:
            raise InputError(
                "The model does not record which data it was trained on: give "
                "examples, or a data set (--data)."
            )
        data = load_to_score(trained, source, part)
    return permutation_importance(trained, data, part)


def _background(trained: "TrainedModel", notes: list[str]) -> "np.ndarray | None":
    """The training inputs, if their mean is the baseline; otherwise `None`."""
    from recipes.reports.evaluation import load_to_score, training_data
    from zoo.kinds import Kind

    if trained.kind not in (Kind.TABLE, Kind.SEQUENCES):
        return None
    if trained.target.name == "forecasting":
        return None
    source = training_data(trained).get("source")
    if source is None:
        return None
    try:
        return load_to_score(trained, source, "train").train.model_inputs
    except (InputError, OSError) as error:
        notes.append(
            f"the training data cannot be read, so their mean is unknown: {error}"
        )
        return None


OPTIONS = options_of_function(
    explain,
    leave_out=("trusted",),
    changes={
        name: {"metavar": PREDICT_OPTIONS[name].metavar}
        for name in ("text_column", "id_columns", "time", "group", "separator",
                     "encoding", "sheet")
    }
    | {"target": {"metavar": "NAME"}},
)  # fmt: skip
