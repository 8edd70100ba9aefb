"""Labels of which an example may have any number, as zeros and ones."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recipes.sources.labels.labels import Labels
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.words import Words
from zoo.errors import InputError

SEPARATOR = "|"  # of the labels in a text

Marks = dict[str, np.ndarray]  # `(n, labels)` by part; NaN where they are missing


def are_marks(labels: Any) -> bool:
    """Whether labels are rows with any number of ones, or lists of repeated words.

    >>> are_marks([[1, 1], [0, 1]]), are_marks([[1, 0], [0, 1]])
    (True, False)
    >>> are_marks(["red|round", "red", "round"]), are_marks(["yes|no", "maybe", "x"])
    (True, False)
    """
    if isinstance(labels, Words) and not any(
        SEPARATOR in str(w) for w in labels.distinct
    ):
        return False
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "biuf":
        present = array[~np.isnan(array.astype("float64")).any(axis=1)]
        are_ones = ((present == 0) | (present == 1)).all()
        return bool(are_ones and (present.sum(axis=1) != 1).any())
    if array.ndim != 1 or array.dtype.kind not in "OUS":
        return False
    lists = [_listed(cell) for cell in array if not is_missing(cell)]
    words = [word for some in lists for word in some]
    return any(len(some) > 1 for some in lists) and 3 * len({*words}) <= 2 * len(words)


def marks(
    parts: dict[str, Any],
    names: Iterable[str],
    covering: bool = True,
    is_chosen: bool = False,
) -> Labels:
    """Zeros and ones `(n, k)`, from such rows or from lists of words.

    Args:
        parts: Rows of zeros and ones, or texts such as `"red|round"`, by part.
        names: A name for each column. Default: the numbers, or the words of the
            training part.
        covering: Whether each label must have an example in the training part.
        is_chosen: Whether a note says that the task was chosen by the labels.

    Raises:
        InputError: If labels have another form, or are not among the names.
    """
    arrays = {part: np.asarray(labels) for part, labels in parts.items()}
    known = tuple(map(str, names))
    if arrays["train"].dtype.kind not in "biuf":
        found, known = _of_lists(arrays, known if len(known) > 1 else ())
    else:
        found = {p: array.astype("float64") for p, array in arrays.items()}
        found = {p: a.reshape(len(a), -1) for p, a in found.items()}
        known = known or tuple(map(str, range(found["train"].shape[1])))
    for part, array in found.items():
        wrong = array[~np.isnan(array) & (array != 0) & (array != 1)]
        if array.shape[1] != len(known) or len(wrong):
            reason = f"the number {wrong[0]:g}" if len(wrong) else array.shape
            raise InputError(
                f"Labels of the {part} part must be zeros and ones (n, {len(known)}), "
                f"got {reason}."
            )
    present = found["train"][~np.isnan(found["train"]).any(axis=1)]
    counts = (present > 0).sum(axis=0)
    never = [name for number, name in enumerate(known) if not counts[number]]
    if covering and never:
        raise InputError(
            f"No example of the training part has the label {never[0]!r}: leave it "
            "out, or add examples."
        )
    note = (
        f"examples have any number of the labels {_shown(known)}, so the task is "
        "multilabel"
    )
    return Labels(
        {part: array.astype("float32") for part, array in found.items()},
        (),
        False,
        (note,) if is_chosen else (),
        label_names=known,
    )


def _of_lists(arrays: Marks, names: tuple[str, ...]) -> tuple[Marks, tuple[str, ...]]:
    lists = {
        part: [None if is_missing(cell) else _listed(cell) for cell in array.ravel()]
        for part, array in arrays.items()
    }
    names = names or tuple(sorted({w for some in lists["train"] for w in some or ()}))
    index = {name: number for number, name in enumerate(names)}
    found = {}
    for part, some in lists.items():
        found[part] = np.zeros((len(some), len(names)))
        for row, words in enumerate(some):
            unknown = [word for word in words or () if word not in index]
            if unknown:
                count = sum(unknown[0] in (words or ()) for words in some)
                raise InputError(
                    f"{count:,} of {len(some):,} examples of the {part} part have the "
                    f"label {unknown[0]!r}, which is not among {_shown(names)}: leave "
                    "it out, or add examples of it to the training data."
                )
            found[part][row, [index[word] for word in words or ()]] = 1
            if words is None:
                found[part][row] = np.nan
    return found, names


def _listed(cell: Any) -> list[str]:
    text = cell.decode("utf-8") if isinstance(cell, bytes) else str(cell)
    words = (unicodedata.normalize("NFC", w.strip()) for w in text.split(SEPARATOR))
    return [word for word in words if word]


def _shown(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(map(repr, names[:most])) + ", …" * (len(names) > most)
