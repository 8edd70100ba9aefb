"""Columns of numbers and words, and the rows of numbers that a model reads.

A row holds the number of each column, or the code of its category: 1 for the first
known category, 0 for an unknown one. After a number that may be missing, the row holds
a mark: 1 if the number was missing, otherwise 0.
"""

import dataclasses
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from zoo.errors import InputError


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


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a table, in order.

    Attributes:
        columns: A `Number` or a `Category` for each column.

    >>> columns = Columns((Number("age", 28.0, True), Category("sex", ("f", "m"))))
    >>> rows = columns.rows({"age": [4.0, float("nan")], "sex": ["m", "unknown"]})
    >>> rows.tolist()
    [[4.0, 0.0, 2.0], [28.0, 1.0, 0.0]]
    >>> {name: values.tolist() for name, values in columns.raw(rows).items()}
    {'age': [4.0, nan], 'sex': ['m', 'f?']}
    >>> columns.row_names, columns.sizes
    (('age', 'age is missing', 'sex'), (0, 1, 2))
    """

    columns: tuple[Number | Category, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def row_names(self) -> tuple[str, ...]:
        """The name of each number in a row."""
        return tuple(name for name, _ in self._row_layout())

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of codes of each number in a row; 0 for a measurement."""
        return tuple(size for _, size in self._row_layout())

    @property
    def codes(self) -> tuple[int, ...]:
        """The indices of the codes in a row."""
        return tuple(index for index, size in enumerate(self.sizes) if size)

    def _row_layout(self) -> Iterator[tuple[str, int]]:
        for column in self.columns:
            if isinstance(column, Category):
                yield column.name, len(column.categories)
                continue
            yield column.name, 0
            if column.marked:
                yield f"{column.name} is missing", 1

    def rows(self, raw: Mapping[str, ArrayLike]) -> np.ndarray:
        """float32 rows `(n, len(sizes))` for the values of each column, by its name.

        Raises:
            InputError: If a column is missing, or a number is infinite or outside the
                range of float32.
        """
        pieces: list[np.ndarray] = []
        for column in self.columns:
            if column.name not in raw:
                raise InputError(
                    f"There is no column {column.name!r}, which the model reads; there "
                    f"are {', '.join(map(str, raw))}."
                )
            values = raw[column.name]
            if isinstance(column, Category):
                codes = {text: n for n, text in enumerate(column.categories, 1)}
                words = np.asarray(values, object)
                pieces.append(np.array([codes.get(str(word), 0) for word in words]))
                continue
            numbers = np.asarray(values, "float64")
            missing = np.isnan(numbers)
            pieces.append(_finite(np.where(missing, column.fill, numbers), column.name))
            if column.marked:
                pieces.append(missing)
        return np.stack(pieces, axis=1, dtype="float32", casting="unsafe")

    def raw(self, rows: ArrayLike) -> dict[str, np.ndarray]:
        """The values of the columns for which `rows` gives these rows.

        A missing number is NaN if it is marked; an unknown category is `other`.

        Raises:
            InputError: If a number is not a code where a row must hold one.
        """
        numbers = iter(np.asarray(rows, "float32").T)
        raw = {}
        for column in self.columns:
            values = next(numbers)
            if isinstance(column, Category):
                words = np.array([column.other, *column.categories], object)
                raw[column.name] = words[_codes(values, column)]
            elif column.marked:
                missing = next(numbers) == 1
                raw[column.name] = np.where(missing, np.float32("nan"), values)
            else:
                raw[column.name] = values.copy()
        return raw

    def get_config(self) -> list[dict]:
        """The columns as plain values, for files."""
        return [
            {"name": column.name, "categories": list(column.categories)}
            if isinstance(column, Category)
            else dataclasses.asdict(column)
            for column in self.columns
        ]

    @classmethod
    def from_config(cls, config: Iterable[dict]) -> "Columns":
        """The columns that `get_config` describes."""
        try:
            columns = tuple(_column(**entry) for entry in config)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`columns` must be a list of {'name', 'categories'} and {'name', "
                f"'fill', 'marked'}}, got {config!r}."
            ) from error
        names = [column.name for column in columns]
        if not names or len({*names}) < len(names):
            raise ValueError(f"`columns` must have different names, got {names}.")
        return cls(columns)


def _column(name: str, **others: Any) -> Number | Category:
    if "categories" not in others:
        fill, marked = others.pop("fill"), others.pop("marked")
        if others or not np.isfinite(fill):
            raise ValueError
        return Number(str(name), float(fill), bool(marked))
    categories = tuple(str(text) for text in others.pop("categories"))
    if others or not categories or len({*categories}) < len(categories):
        raise ValueError
    return Category(str(name), categories)


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
