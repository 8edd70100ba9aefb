"""Columns from which the class follows alone, as from one that tells the outcome."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from recipes.data.roles import ColumnRole

LEAST_ROWS, LEAST_OTHERS = 20, 5  # fewer follow from some column by chance
ROWS_OF_A_VALUE = 4  # on average; words that hardly repeat have one class each
SHARE = 0.99  # of the rows
MOST = 10_000  # rows that are looked at, evenly spread
NAMED = 3  # columns with a sentence of their own


def with_decisions(
    roles: Sequence[ColumnRole],
    columns: Iterable[tuple[str, np.ndarray]],
    labels: np.ndarray,
) -> tuple[tuple[ColumnRole, ...], list[str]]:
    """Roles with a warning where a column alone decides the class, and the notes.

    Args:
        roles: The roles of all columns.
        columns: The names of columns, and their values in some rows of the training
            part: numbers, dates or words.
        labels: The class of each of these rows, or numbers, which nothing decides.
    """
    if not _are_classes(labels):
        return (*roles,), []
    warnings = {name: decision(name, values, labels) for name, values in columns}
    told = {name: warning for name, warning in warnings.items() if warning}
    notes = [*told.values()]
    if len(told) > NAMED:
        notes = [
            f"{len(told):,} columns each decide the class alone; leave out those that "
            f"are not known when you predict (--drop-column): {', '.join(told)}"
        ]
    fields = {role.name: vars(role) for role in roles}
    found = [fields[r.name] | {"warning": told.get(r.name, "")} for r in roles]
    return tuple(ColumnRole(**each) for each in found), notes


def decision(name: str, values: np.ndarray, labels: np.ndarray) -> str:
    """The warning if the class follows from a column in nearly every row, or empty.

    >>> classes = np.arange(60) % 2
    >>> decision("code", np.array(["no", "yes"], object)[classes], classes)[:50]
    "column 'code' alone decides the class in 100 % of "
    """
    if not _are_classes(labels):
        return ""
    others = len(labels) - np.bincount(labels).max()
    errors = _exceptions(values, labels)
    share = 1 - errors / len(labels)
    if others < LEAST_OTHERS or share < SHARE or 10 * errors > others:
        return ""
    return (
        f"column {name!r} alone decides the class in {math.floor(1000 * share) / 10:g} "
        "% of the training examples; if it is not known when you predict, leave it out "
        f"with --drop-column {name}"
    )


def spread(count: int) -> slice:
    """Which of so many rows are looked at."""
    return slice(None, None, 1 + count // MOST)


def _are_classes(labels: np.ndarray) -> bool:
    return labels.ndim == 1 and labels.dtype.kind in "iu" and len(labels) >= LEAST_ROWS


def _exceptions(values: np.ndarray, labels: np.ndarray) -> float:
    """How many rows are exceptions to one class for each value, or range of numbers."""
    if values.dtype == object:
        codes = np.unique(values.astype(str), return_inverse=True)[1]
    else:
        codes = np.unique(values, return_inverse=True)[1]  # NaN is a value, too.
    count, number = int(codes.max()) + 1, int(labels.max()) + 1
    if ROWS_OF_A_VALUE * count <= len(labels):
        pairs = np.unique(codes * number + labels, return_counts=True)
        most = np.zeros(count, "int64")
        np.maximum.at(most, pairs[0] // number, pairs[1])
        return len(labels) - int(most.sum())
    if values.dtype == object:
        return len(labels)
    order = np.lexsort((np.random.default_rng(0).random(len(codes)), codes))
    ranges = 1 + int(np.count_nonzero(np.diff(labels[order])))
    # An exception inside a range makes two more.
    return 0.5 * max(0, ranges - len(np.unique(labels)))
