"""Columns of a table: what each is used as, what it holds, and what looks wrong."""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.inspection.findings import ColumnFound, distribution
from recipes.reports.page import number_text
from recipes.sources.tables.deciding import decision
from zoo.columns import Category
from zoo.kinds import Kind

MOST = 250_000  # examples, or steps of sequences, that are looked at, evenly spread
FREQUENT = 5  # categories to name
NEARLY = 0.99
FAR = 20  # interquartile ranges
NAMED = 3  # columns with the same fault; more are told in one sentence
SEVERAL = {  # by fault
    "decides": "each decide the class alone",
    "empty": "are nearly empty",
    "constant": "are constant",
    "nearly": "are nearly constant",
    "far": "have numbers far from the rest",
}
RARE = "(rare)"  # stands for words that have no code


def columns_of(dataset: Dataset) -> tuple[tuple[ColumnFound, ...], list[str]]:
    """The columns of a table, or the features of sequences, and warnings."""
    used: dict[str, ColumnFound] = {}
    faults: dict[str, dict[str, str]] = collections.defaultdict(dict)
    roles = {role.name: role for role in dataset.roles}
    labels = None if roles else _classes(dataset)
    for name, values in _values(dataset):
        held = Held(values)
        used[name] = held.column(name)
        warning = "" if labels is None else decision(name, values, labels)
        if name in roles:
            warning = roles[name].warning
        if warning:
            faults["decides"][name] = warning
        for fault, sentence in held.faults(name):
            faults[fault][name] = sentence
    found = []
    for name in dict.fromkeys((*roles, *used)):
        column = used.get(name) or ColumnFound(name, "left out")
        if name in roles:
            told = dataclasses.asdict(roles[name])
            told = {key: value for key, value in told.items() if value is not None}
            column = dataclasses.replace(column, **told)
        found.append(column)
    return tuple(found), [s for fault in SEVERAL for s in _told(fault, faults[fault])]


def _told(fault: str, sentences: dict[str, str]) -> list[str]:
    if len(sentences) <= NAMED:
        return [*sentences.values()]
    names = ", ".join([*sentences][:10]) + ", …" * (len(sentences) > 10)
    return [f"{len(sentences):,} columns {SEVERAL[fault]}: {names}"]


def _values(dataset: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Each column with its values."""
    if dataset.kind == Kind.TABLE:
        yield from raw_columns(dataset, rows_of(dataset)).items()
    elif dataset.kind == Kind.SEQUENCES:
        yield from raw_columns(dataset, _steps(dataset)).items()


def raw_columns(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The columns that rows encode: numbers with NaN, words, or dates with NaT."""
    if dataset.columns is None:
        names = dataset.feature_names or [f"column {n}" for n in range(rows.shape[1])]
        return dict(zip(names, rows.T, strict=True))
    columns = dataset.columns.raw(rows)
    for column in dataset.columns.columns:
        if isinstance(column, Category):
            words = columns[column.name]
            columns[column.name] = np.where(words == column.other, RARE, words)
    return columns


def rows_of(dataset: Dataset, what: str = "inputs") -> np.ndarray:
    """Rows of all parts, or their labels; of large data some, evenly spread."""
    parts = dataset.parts.values()
    every = 1 + sum(map(len, parts)) // MOST
    return np.concatenate([getattr(part, what)[::every] for part in parts])


def _classes(dataset: Dataset) -> np.ndarray | None:
    """The class of each row of a table; `None` for other data."""
    if dataset.kind != Kind.TABLE or dataset.task != "classification":
        return None
    return rows_of(dataset, "labels")


def _steps(dataset: Dataset) -> np.ndarray:
    """Steps of all sequences without padding, or rows of all series."""
    steps = []
    for part in dataset.parts.values():
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


class Held:
    """What the cells of a column hold.

    Args:
        values: Numbers with NaN, words with empty ones, or dates with NaT.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.is_date = values.dtype.kind == "M"
        self.is_word = values.dtype == object
        if self.is_date:
            days = values.astype("datetime64[s]").astype("int64") / 86400
            values = np.where(np.isnat(values), np.nan, days)
        is_gone = values == "" if self.is_word else np.isnan(values)
        self.total, self.present = len(values), values[~is_gone]
        if self.is_word:
            self.counts = collections.Counter(self.present.tolist()).most_common()
        else:
            found, counts = np.unique(self.present, return_counts=True)
            self.distinct = len(found)
            top = np.argsort(-counts, kind="stable")[:2]
            self.counts = [(found[n], int(counts[n])) for n in top]

    def column(self, name: str) -> ColumnFound:
        missing = self.total - len(self.present)
        if self.is_word:
            frequent = tuple(self.counts[:FREQUENT])
            count = len(self.counts)
            return ColumnFound(
                name, "category", missing=missing, distinct=count, frequent=frequent
            )
        numbers = distribution(name, self.present, "days" if self.is_date else "")
        low, high = (numbers.minimum, numbers.maximum) if numbers else (None, None)
        return ColumnFound(
            name,
            "date" if self.is_date else "number",
            missing=missing,
            distinct=self.distinct,
            low=low,
            high=high,
            numbers=numbers,
        )

    def faults(self, name: str) -> Iterator[tuple[str, str]]:
        """What looks wrong, and a sentence on it."""
        present = len(self.present)
        missing = 1 - present / max(1, self.total)
        if missing >= 0.9:
            yield "empty", f"column {name!r}: {missing:.0%} of the cells are missing"
        if not present:
            return
        (value, most), *others = self.counts
        if not others:
            told = f"is constant: every cell is {self._text(value)}"
            yield "constant", f"column {name!r} {told}"
        elif most >= NEARLY * present:
            told = f"{most / present:.1%} of the cells are {self._text(value)}"
            yield "nearly", f"column {name!r} is nearly constant: {told}"
        elif not self.is_word:
            yield from self._far(name)

    def _far(self, name: str) -> Iterator[tuple[str, str]]:
        """Numbers so far from the others that they may stand for something else."""
        low, median, high = np.percentile(self.present, (25, 50, 75))
        distance = np.abs(self.present - median)
        is_far = distance > FAR * (high - low)
        few = max(2, (1 - NEARLY) * len(is_far))
        if high > low and 0 < is_far.sum() <= few:
            furthest = self._text(self.present[distance.argmax()])
            yield (
                "far",
                f"column {name!r}: {int(is_far.sum()):,} of {len(is_far):,} "
                f"{'dates' if self.is_date else 'numbers'} lie far from the rest, such "
                f"as {furthest}; half lie between {self._text(low)} and "
                f"{self._text(high)}",
            )

    def _text(self, value: Any) -> str:
        if self.is_word:
            return repr(value)
        if self.is_date:
            return str(np.datetime64(int(value), "D"))
        return number_text(float(value))
