"""Columns of numbers, words and dates, and the rows of numbers that a model reads.

A row holds the number of each column, or the code of its category: 1 for the first
known category, 0 for an unknown one. For a date it holds the year with its fraction,
which is the trend, and the sine and cosine of month, weekday and hour. After a number
or a date that may be missing, the row holds a mark: 1 if it was missing, otherwise 0.
"""

import dataclasses
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from zoo.calendar import (
    MILLISECONDS,
    PARTS,
    day_number,
    days_of,
    moments_of,
    places,
)
from zoo.errors import InputError

Layout = list[tuple[str, int]]  # the name of a number in a row, and its number of codes


@dataclasses.dataclass(frozen=True)
class Number:
    """A column of numbers, some of which may be missing (NaN).

    Attributes:
        name: Name of the column.
        fill: The number that replaces a missing one in a row.
        marked: Whether rows hold a mark for missing numbers.
    """

    name: str
    fill: float
    marked: bool

    @property
    def layout(self) -> Layout:
        """What a row holds of the column."""
        return [(self.name, 0), *_mark(self)]

    def encoded(self, values: Any) -> Iterator[np.ndarray]:
        """What rows hold for these values, one array after another."""
        numbers = np.asarray(values, "float64")
        missing = np.isnan(numbers)
        yield _finite(np.where(missing, self.fill, numbers), self.name)
        if self.marked:
            yield missing

    def decoded(self, numbers: Iterator[np.ndarray]) -> np.ndarray:
        """The values for which `encoded` gives these numbers."""
        values = next(numbers)
        if not self.marked:
            return values.copy()
        return np.where(next(numbers) == 1, np.float32("nan"), values)

    @classmethod
    def from_config(cls, name: str, *, fill: float, marked: bool) -> "Number":
        if not np.isfinite(fill):
            raise ValueError
        return cls(str(name), float(fill), bool(marked))


@dataclasses.dataclass(frozen=True)
class Category:
    """A column of words, some of which are known.

    Attributes:
        name: Name of the column.
        categories: The words that have a code; `""` is a word like any other.
    """

    name: str
    categories: tuple[str, ...]

    @property
    def other(self) -> str:
        """A word that is not a known category."""
        return max(self.categories, key=len) + "?"

    @property
    def layout(self) -> Layout:
        """What a row holds of the column."""
        return [(self.name, len(self.categories))]

    def encoded(self, values: Any) -> Iterator[np.ndarray]:
        """What rows hold for these values, one array after another."""
        codes = {text: n for n, text in enumerate(self.categories, 1)}
        words = np.asarray(values, object)
        yield np.array([codes.get(str(word), 0) for word in words])

    def decoded(self, numbers: Iterator[np.ndarray]) -> np.ndarray:
        """The values for which `encoded` gives these numbers."""
        words = np.array([self.other, *self.categories], object)
        return words[_codes(next(numbers), self)]

    @classmethod
    def from_config(cls, name: str, *, categories: Iterable[Any]) -> "Category":
        words = tuple(str(text) for text in categories)
        if not words or len({*words}) < len(words):
            raise ValueError
        return cls(str(name), words)


@dataclasses.dataclass(frozen=True)
class Date:
    """A column of dates or moments, some of which may be missing.

    The year with its fraction is the line that time is, as the days since 1970 would
    be. Months, weekdays and hours come round, so that December is as near to January
    as May is to June: each is a sine and a cosine.

    Attributes:
        name: Name of the column.
        parts: The parts of the calendar that vary, of `"year"`, `"month"`, `"weekday"`
            and `"hour"`, in this order; none if it only matters whether it is missing.
        fill: The days since 1970 of the date that replaces a missing one in a row.
        marked: Whether rows hold a mark for missing dates.

    >>> date = Date("day", ("year", "weekday"), 19753.0, False)
    >>> [np.round(piece, 3).tolist() for piece in date.encoded(["2024-01-31"])]
    [[2024.082], [0.975], [-0.223]]
    """

    name: str
    parts: tuple[str, ...]
    fill: float
    marked: bool

    @property
    def layout(self) -> Layout:
        """What a row holds of the column."""
        found: Layout = []
        for part in self.parts:
            name = f"{self.name} {part}"
            turns = (f"{name} (sine)", f"{name} (cosine)")
            found += [(each, 0) for each in ((name,) if part == "year" else turns)]
        return [*found, *_mark(self)]

    def encoded(self, values: Any) -> Iterator[np.ndarray]:
        """What rows hold for these values, one array after another."""
        days = days_of(self.name, values)
        missing = np.isnan(days)
        milliseconds = np.rint(np.where(missing, self.fill, days) * MILLISECONDS)
        yield from self.numbers(milliseconds.astype("int64"), np)
        if self.marked:
            yield missing

    def numbers(self, milliseconds: Any, functions: Any) -> Iterator[Any]:
        """What rows hold for moments.

        Args:
            milliseconds: int64 milliseconds since 1970.
            functions: What has `sin` and `cos`: NumPy, or TensorFlow's `math`.
        """
        found = places(milliseconds)
        for part in self.parts:
            if part == "year":
                yield found[part]
                continue
            yield functions.sin(2 * np.pi * found[part])
            yield functions.cos(2 * np.pi * found[part])

    def decoded(self, numbers: Iterator[np.ndarray]) -> np.ndarray:
        """The values for which `encoded` gives these numbers, to the second."""
        day, time = divmod(round(self.fill * MILLISECONDS), MILLISECONDS)
        days: Any = day
        times: Any = time
        for part in self.parts:
            first = next(numbers).astype("float64")
            if part == "year":
                year = np.floor(first).astype("int64")
                start, end = day_number(year, 1, 1), day_number(year + 1, 1, 1)
                over = np.rint((first - year) * (end - start))
                days = start + over.astype("int64")
                continue
            turns = np.arctan2(first, next(numbers).astype("float64")) / (2 * np.pi)
            if part == "hour":
                times = np.rint(turns * 86_400).astype("int64") * 1000 % MILLISECONDS
        found: Any = (days * MILLISECONDS + times) / MILLISECONDS
        if self.marked:
            found = np.where(next(numbers) == 1, np.nan, found)
        return moments_of(found)

    @classmethod
    def from_config(
        cls, name: str, *, parts: Iterable[str], fill: float, marked: bool
    ) -> "Date":
        named = tuple(parts)
        is_known = named == tuple(part for part in PARTS if part in named)
        if not is_known or not np.isfinite(fill) or not (named or marked):
            raise ValueError
        return cls(str(name), named, float(fill), bool(marked))


Column = Number | Category | Date


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a table, in order.

    Attributes:
        columns: A `Number`, a `Category` or a `Date` for each column.

    >>> columns = Columns((Number("age", 28.0, True), Category("sex", ("f", "m"))))
    >>> rows = columns.rows({"age": [4.0, float("nan")], "sex": ["m", "unknown"]})
    >>> rows.tolist()
    [[4.0, 0.0, 2.0], [28.0, 1.0, 0.0]]
    >>> {name: values.tolist() for name, values in columns.raw(rows).items()}
    {'age': [4.0, nan], 'sex': ['m', 'f?']}
    >>> columns.row_names, columns.sizes
    (('age', 'age is missing', 'sex'), (0, 1, 2))
    """

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def row_names(self) -> tuple[str, ...]:
        """The name of each number in a row."""
        return tuple(name for column in self.columns for name, _ in column.layout)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of codes of each number in a row; 0 for a measurement."""
        return tuple(size for column in self.columns for _, size in column.layout)

    @property
    def codes(self) -> tuple[int, ...]:
        """The indices of the codes in a row."""
        return tuple(index for index, size in enumerate(self.sizes) if size)

    def rows(self, raw: Mapping[str, ArrayLike]) -> np.ndarray:
        """float32 rows `(n, len(sizes))` for the values of each column, by its name.

        Dates are NumPy's or Python's, texts in ISO 8601, or days since 1970.

        Raises:
            InputError: If a column is missing, a number is infinite or outside the
                range of float32, or a date is not one.
        """
        pieces: list[np.ndarray] = []
        for column in self.columns:
            if column.name not in raw:
                raise InputError(
                    f"There is no column {column.name!r}, which the model reads; there "
                    f"are {', '.join(map(str, raw))}."
                )
            encoded = column.encoded(raw[column.name])
            pieces += [piece.astype("float32", copy=False) for piece in encoded]
        return np.stack(pieces, axis=1)

    def raw(self, rows: ArrayLike) -> dict[str, np.ndarray]:
        """The values of the columns for which `rows` gives these rows.

        A missing number is NaN and a missing date NaT if it is marked; an unknown
        category is `other`. Dates are datetime64.

        Raises:
            InputError: If a number is not a code where a row must hold one.
        """
        numbers = iter(np.asarray(rows, "float32").T)
        return {column.name: column.decoded(numbers) for column in self.columns}

    def get_config(self) -> list[dict]:
        """The columns as plain values, for files."""
        configs = map(dataclasses.asdict, self.columns)
        return [
            {k: list(v) if isinstance(v, tuple) else v for k, v in config.items()}
            for config in configs
        ]

    @classmethod
    def from_config(cls, config: Iterable[dict]) -> "Columns":
        """The columns that `get_config` describes."""
        try:
            columns = tuple(_type_of(entry).from_config(**entry) for entry in config)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`columns` must be a list of {'name', 'categories'}, {'name', 'fill', "
                f"'marked'}} and {{'name', 'parts', 'fill', 'marked'}}, got {config!r}."
            ) from error
        names = [column.name for column in columns]
        if not names or len({*names}) < len(names):
            raise ValueError(f"`columns` must have different names, got {names}.")
        return cls(columns)


def _type_of(entry: Mapping[str, Any]) -> Any:
    return Category if "categories" in entry else Date if "parts" in entry else Number


def _mark(column: Number | Date) -> Layout:
    return [(f"{column.name} is missing", 1)] * column.marked


def _codes(values: np.ndarray, column: Category) -> np.ndarray:
    known = np.isin(values, np.arange(len(column.categories) + 1))
    if not known.all():
        raise InputError(
            f"{values[~known][0]:g} is not a code of {column.name!r}: 0 stands for an "
            f"unknown category, and 1…{len(column.categories)} for the known ones."
        )
    return values.astype("int64")


def _finite(values: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):  # It becomes infinite, and is refused.
        values = values.astype("float32")
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise InputError(
            f"The column {name!r} has a number that is infinite or outside the range "
            f"of float32, in row {at}; replace it, or leave it empty."
        )
    return values


def input_names(columns: Columns) -> dict[str, str]:
    """The name of each column's input in a SavedModel: unique, of letters, digits, `_`.

    TensorFlow uses them as names of nodes, ignoring case, and as Python arguments.

    >>> input_names(Columns((Number("Age", 0, False), Number("price/kg", 0, False))))
    {'Age': 'Age', 'price/kg': 'price_kg'}
    """
    names: dict[str, str] = {}
    for name in columns.names:
        short = re.sub("[^A-Za-z0-9_]", "_", name)
        if not re.match("[A-Za-z]", short) or keyword.iskeyword(short):
            short = f"column_{short}"
        stem, number = short, 1
        while short.lower() in [name.lower() for name in names.values()]:
            number += 1
            short = f"{stem}_{number}"
        names[name] = short
    return names
