"""Columns of a table: what each is used as, what it holds, and what looks wrong."""

import collections
import dataclasses
from collections.abc import Iterator

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.reports.inspection.findings import ColumnFound, distribution
from recipes.reports.page import number_text
from zoo.kinds import Kind

MOST = 1_000_000  # examples, or steps of sequences, that are looked at
FREQUENT = 5  # categories to name
NEARLY = 0.99
FAR = 20  # interquartile ranges


def columns_of(dataset: Dataset) -> tuple[tuple[ColumnFound, ...], list[str]]:
    """The columns of a table, or the features of sequences, and warnings."""
    used: dict[str, ColumnFound] = {}
    warnings: list[str] = []
    for name, values in _values(dataset):
        used[name] = _column(name, values)
        warnings += _warnings(name, values)
    roles = {role.name: role for role in dataset.roles}
    found = []
    for name in dict.fromkeys((*roles, *used)):
        column = used.get(name) or ColumnFound(name, "left out")
        if name in roles:
            told = dataclasses.asdict(roles[name])
            told = {key: value for key, value in told.items() if value is not None}
            column = dataclasses.replace(column, **told)
        found.append(column)
    return tuple(found), warnings


def parts_of(dataset: Dataset) -> dict[str, Part]:
    """The parts by name, in order."""
    return {
        "train": dataset.train,
        "validation": dataset.validation,
        "test": dataset.test,
    }


def _values(dataset: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Each column with its values: float64 with NaN, or words."""
    if dataset.kind == Kind.TABLE:
        rows = rows_of(dataset)
        if dataset.columns is not None:
            yield from dataset.columns.raw(rows).items()
            return
    elif dataset.kind == Kind.SEQUENCES:
        rows = _steps(dataset)
    else:
        return
    names = dataset.feature_names or [f"column {n}" for n in range(rows.shape[1])]
    yield from zip(names, rows.T, strict=True)


def rows_of(dataset: Dataset) -> np.ndarray:
    """Rows of all parts; of large data some that are evenly spread."""
    parts = parts_of(dataset).values()
    every = 1 + sum(map(len, parts)) // MOST
    return np.concatenate([part.inputs[::every] for part in parts])


def _steps(dataset: Dataset) -> np.ndarray:
    """Steps of all sequences without padding, or rows of all series."""
    steps = []
    for part in parts_of(dataset).values():
        inputs = part.inputs
        if inputs.ndim == 2:  # series, whose windows overlap
            steps.append(inputs[:: 1 + len(inputs) // MOST])
            continue
        every = 1 + inputs.shape[0] * inputs.shape[1] // MOST
        lengths = part.lengths
        if lengths is None:
            lengths = np.full(len(inputs), inputs.shape[1])
        is_step = np.arange(inputs.shape[1]) < lengths[::every, np.newaxis]
        steps.append(inputs[::every][is_step])
    return np.concatenate(steps)


def _column(name: str, values: np.ndarray) -> ColumnFound:
    if values.dtype == object:
        counts = collections.Counter(values.tolist())
        missing = counts.pop("", 0)
        frequent = tuple(counts.most_common(FREQUENT))
        return ColumnFound(
            name, "category", "", missing, len(counts), frequent=frequent
        )
    missing = int(np.isnan(values).sum())
    distinct = len(np.unique(values[~np.isnan(values)]))
    numbers = distribution(name, values)
    low, high = (numbers.minimum, numbers.maximum) if numbers else (None, None)
    return ColumnFound(name, "number", "", missing, distinct, low, high, numbers)


def _warnings(name: str, values: np.ndarray) -> Iterator[str]:
    """What looks wrong with a column that is used."""
    is_word = values.dtype == object
    is_gone = values == "" if is_word else np.isnan(values)
    missing, present = float(is_gone.mean()), values[~is_gone]
    if missing >= 0.9:
        yield f"column {name!r}: {missing:.0%} of the cells are missing"
    if not len(present):
        return
    if is_word:
        (word, most), *others = collections.Counter(present.tolist()).most_common(2)
        usual = repr(word)
    else:
        distinct, counts = np.unique(present, return_counts=True)
        most, others = int(counts.max()), [*distinct[1:2]]
        usual = number_text(float(distinct[counts.argmax()]))
    if not others:
        yield f"column {name!r} is constant: every cell is {usual}"
    elif most >= NEARLY * len(present):
        share = f"{most / len(present):.1%} of the cells are {usual}"
        yield f"column {name!r} is nearly constant: {share}"
    elif not is_word:
        yield from _far_values(name, present)


def _far_values(name: str, values: np.ndarray) -> Iterator[str]:
    """Numbers so far from the others that they may stand for something else."""
    low, median, high = np.percentile(values, (25, 50, 75))
    is_far = np.abs(values - median) > FAR * (high - low)
    if high > low and is_far.any() and is_far.mean() <= 1 - NEARLY:
        count = int(is_far.sum())
        furthest = values[np.abs(values - median).argmax()]
        yield (
            f"column {name!r}: {count:,} of {len(values):,} numbers lie far from the "
            f"rest, such as {number_text(float(furthest))}; most lie between "
            f"{number_text(float(low))} and {number_text(float(high))}"
        )
