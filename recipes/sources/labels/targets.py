"""What a data set asks for: a class, any number of labels, or numbers to predict."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recipes.sources.labels.labels import (
    Labels,
    are_numbers,
    class_numbers,
    distinct_labels,
)
from recipes.sources.labels.marks import are_marks, marks
from recipes.sources.labels.missing import is_missing, told_left_out
from recipes.sources.options import TaskName as Task
from recipes.sources.tables.number_formats import read_numbers
from recipes.sources.tables.words import Words
from zoo.errors import InputError

OF_LABELS = ("classification", "multilabel", "regression")


def read_labels(
    parts: dict[str, Any],
    class_names: Iterable[str] | None = None,
    *,
    task: Task | None = None,
    value_names: Sequence[str] = (),
    covering: bool = True,
) -> Labels:
    """The labels of each part: class numbers, numbers to predict, or marks.

    Marks are zeros and ones `(n, k)`: which of k labels an example has. They are given
    so, or as texts such as `"red|round"`.

    Args:
        parts: Labels by the name of their part.
        class_names: Names of the classes in the order of the class numbers.
        task: What the labels are. Default: by the training part. Numbers to predict if
            `are_numbers` says so; marks if rows of zeros and ones have any number of
            ones, or texts list repeated words with `|`; else classes.
        value_names: A name for each number to predict, or for each column of marks.
            Default: `"value"`, or `"value_1"`, …; of marks `"0"`, `"1"`, ….
        covering: Whether the training part must have an example of every class, or
            different numbers.

    Raises:
        InputError: If the labels cannot be read as what they are.
    """
    if task not in (None, *OF_LABELS):
        raise InputError(
            f"`task` {task!r} needs data of another form than examples with a label "
            "each, such as a .csv table: docs/data.md lists the forms of each source."
        )
    is_chosen = task is None and class_names is None
    if is_chosen and _hold_numbers(parts["train"]):
        task = "regression"
    elif is_chosen and are_marks(parts["train"]):
        task = "multilabel"
    if task == "multilabel":
        return marks(parts, class_names or value_names, covering, is_chosen)
    if task != "regression":
        shape = np.shape(parts["train"])
        are_columns = len(shape) == 2 and shape[1] == len(value_names) > 1
        labels = class_numbers(
            parts,
            value_names if are_columns and class_names is None else class_names,
            covering=covering,
            may_be_numbers=task == "classification",
        )
        if are_columns and is_chosen:
            note = f"every row has a 1 in one of {', '.join(value_names)}: its class"
            labels = dataclasses.replace(labels, notes=(note, *labels.notes))
        return labels
    if class_names is not None:
        raise InputError(
            "`class_names` are for classes, and the labels are numbers to predict: "
            "leave them out, or give task='classification'."
        )
    return _numbers(parts, value_names, covering, is_chosen)


def _hold_numbers(labels: Any) -> bool:
    if isinstance(labels, Words):
        return are_numbers(distinct_labels(labels))
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "iuf":
        return not ((array == 0) | (array == 1)).all()
    if array.ndim > 2 or array.dtype.kind not in "iufOUS":
        return False
    return are_numbers(distinct_labels(array))


def _numbers(parts, value_names, covering, is_chosen) -> Labels:
    values = {part: _values(part, labels) for part, labels in parts.items()}
    count = values["train"].shape[1]
    if not value_names:
        numbered = [f"value_{n + 1}" for n in range(count)]
        value_names = numbered if count > 1 else ("value",)
    notes = []
    for part, numbers in values.items():
        if numbers.shape[1] != len(value_names):
            raise InputError(
                f"The {part} part has {numbers.shape[1]} numbers per example; "
                f"{len(value_names)} are to be predicted."
            )
        gone = np.flatnonzero(np.isnan(numbers).any(axis=1))
        if len(gone):
            first = f"number {gone[0]:,} of the {part} part, counted from 0"
            notes.append(told_left_out(len(gone), len(numbers), "number", first))
    known = values["train"][~np.isnan(values["train"]).any(axis=1)]
    if covering and not len(known):
        raise InputError("The training part has no number to predict; all are missing.")
    for name, column in zip(value_names, known.T, strict=True):
        if covering and (column == column[0]).all():
            raise InputError(
                f"Every {name!r} of the training part is {column[0]:g}: there is "
                "nothing to predict."
            )
    if is_chosen:
        told = ", ".join(map(str, value_names))
        notes.insert(
            0,
            f"{told}: numbers to predict, so the task is a regression "
            "(--task classification reads them as classes)",
        )
    return Labels(values, (), False, tuple(notes), tuple(map(str, value_names)))


def _values(part: str, labels: Any) -> np.ndarray:
    """float32 `(n, k)`; NaN where a number is missing."""
    array = np.asarray(labels)
    if array.ndim > 2:
        raise InputError(
            f"Numbers of the {part} part must have the shape (n,) or (n, numbers), got "
            f"{array.shape}."
        )
    array = array.reshape(len(array), -1)
    if array.dtype.kind not in "biuf":
        array = np.stack([_parsed(part, column) for column in array.T], axis=1)
    values = array.astype("float64")
    with np.errstate(over="ignore"):
        wrong = np.argwhere(np.isinf(values.astype("float32")))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"The {part} part has the number {values[row, column]:g} to predict in row "
            f"{row}, which float32 cannot hold: correct it, or leave the row out."
        )
    return values.astype("float32")


def _parsed(part: str, cells: np.ndarray) -> np.ndarray:
    texts = ["" if is_missing(cell) else str(cell).strip() for cell in cells]
    reading = read_numbers(texts)
    unread = [
        row for row, text in enumerate(texts) if text and np.isnan(reading.numbers[row])
    ]
    if unread or reading.problem:
        row = unread[0] if unread else 0
        reason = f": {reading.problem}" if reading.problem else ""
        raise InputError(
            f"The {part} part has {texts[row]!r} in row {row}, which is not a number "
            f"to predict{reason}; correct it, or leave the row out."
        )
    return reading.numbers
