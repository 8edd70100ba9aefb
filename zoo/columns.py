"""Columns of numbers and words, and the rows of numbers that a model reads.

A row has, for each column in its order, its number, or the code of its category: 1 for
the first that is known, and 0 for any other. Behind a number that may be missing
stands 1 where it was, and 0 elsewhere.
"""

import dataclasses
import keyword
import re

import numpy as np

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Number:
    """A column of numbers, of which some may be missing (NaN).

    Attributes:
        name: The column.
        fill: What stands in a row for a missing number.
        marked: Whether rows say, in a place of their own, which were missing.
    """

    name: str
    fill: float
    marked: bool


@dataclasses.dataclass(frozen=True)
class Category:
    """A column of words, of which some are known.

    Attributes:
        name: The column.
        categories: The words that have a code; `""` is one like any other.
    """

    name: str
    categories: tuple[str, ...]

    @property
    def other(self) -> str:
        """A word that is none of them."""
        return max(self.categories, key=len) + "?"


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns of a table, in their order.

    Attributes:
        columns: A `Number` or a `Category` each.

    >>> columns = Columns((Number("age", 28.0, True), Category("sex", ("f", "m"))))
    >>> rows = columns.rows({"age": [4.0, float("nan")], "sex": ["m", "unheard of"]})
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
        """What each number of a row is."""
        return tuple(name for name, _ in self._places())

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of each number of a row, how many codes it may have; 0 of a measurement."""
        return tuple(size for _, size in self._places())

    @property
    def codes(self) -> tuple[int, ...]:
        """Where in a row codes stand."""
        return tuple(place for place, size in enumerate(self.sizes) if size)

    def _places(self):
        for column in self.columns:
            if isinstance(column, Category):
                yield column.name, len(column.categories)
                continue
            yield column.name, 0
            if column.marked:
                yield f"{column.name} is missing", 1

    def rows(self, raw) -> np.ndarray:
        """float32 rows `(n, len(sizes))` of the columns' values, by their names.

        Raises:
            InputError: If a column is not there, or a number infinite or beyond
                float32.
        """
        pieces = []
        for column in self.columns:
            if column.name not in raw:
                raise InputError(
                    f"There is no column {column.name!r}, which the model reads; there "
                    f"are {', '.join(map(str, raw))}."
                )
            values = raw[column.name]
            if isinstance(column, Category):
                codes = {text: n for n, text in enumerate(column.categories, 1)}
                pieces.append([codes.get(str(text), 0) for text in values])
                continue
            values = np.asarray(values, "float64")
            missing = np.isnan(values)
            pieces.append(_finite(np.where(missing, column.fill, values), column.name))
            if column.marked:
                pieces.append(missing)
        return np.stack(pieces, axis=1, dtype="float32", casting="unsafe")

    def raw(self, rows) -> dict[str, np.ndarray]:
        """The columns' values that give these rows.

        A missing number is NaN where it is marked; a category that is not known is
        `other`.

        Raises:
            InputError: If something else than a code stands in a code's place.
        """
        places = iter(np.asarray(rows, "float32").T)
        raw = {}
        for column in self.columns:
            values = next(places)
            if isinstance(column, Category):
                words = np.array([column.other, *column.categories], object)
                raw[column.name] = words[_codes(values, column)]
            elif column.marked:
                missing = next(places) == 1
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
    def from_config(cls, config) -> "Columns":
        """The columns that `get_config` described.

        Raises:
            ValueError: If it describes none, or two of one name.
        """
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


def _column(name, **others):
    if "categories" not in others:
        fill, marked = others.pop("fill"), others.pop("marked")
        if others or not np.isfinite(fill):
            raise ValueError
        return Number(str(name), float(fill), bool(marked))
    categories = tuple(str(text) for text in others.pop("categories"))
    if others or not categories or len({*categories}) < len(categories):
        raise ValueError
    return Category(str(name), categories)


def _codes(values, column):
    known = np.isin(values, np.arange(len(column.categories) + 1))
    if not known.all():
        raise InputError(
            f"{values[~known][0]:g} is no code of {column.name!r}: 0 is any other, and "
            f"1…{len(column.categories)} are its categories."
        )
    return values.astype("int64")


def _finite(values, name):
    with np.errstate(over="ignore"):  # Becomes infinite, and is refused.
        values = values.astype("float32")
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise InputError(
            f"The column {name!r} has a number that is infinite or beyond float32, in "
            f"row {at}; replace it, or leave it empty."
        )
    return values


def input_names(columns: Columns) -> dict[str, str]:
    """What a SavedModel calls each column: letters, digits and `_`, no name twice.

    In TensorFlow's graphs they name nodes, whatever the case, and Python's arguments.

    >>> input_names(Columns((Number("Age", 0, False), Number("price/kg", 0, False))))
    {'Age': 'Age', 'price/kg': 'price_kg'}
    """
    names = {}
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
