"""Data frames and series of pandas, polars and pyarrow, known by what they can do."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from recipes.sources.tables.words import Words, word_of
from zoo.errors import InputError


class Indexed(Protocol):
    """Data in memory: a data frame, a dictionary, a tuple or a list."""

    def __getitem__(self, key: Any, /) -> Any: ...


def is_frame(data: Any) -> bool:
    """Whether it is a data frame, a table, or a dictionary of columns."""
    if isinstance(data, np.ndarray | str | bytes):
        return False
    has_names = hasattr(data, "columns") or hasattr(data, "column_names")
    return has_names or (hasattr(data, "keys") and not hasattr(data, "to_numpy"))


def columns_of(frame: Any) -> dict[str, Any]:
    """The columns of a data frame by name, as arrays or lists."""
    if is_hugging_face(frame):
        frame = _arrow_table(frame)
    if hasattr(frame, "column_names"):  # pyarrow
        names = list(frame.column_names)
    else:
        is_named = not isinstance(frame, Mapping) and hasattr(frame, "columns")
        names = list(frame.columns if is_named else frame.keys())
    texts = [str(name) for name in names]
    if len({*texts}) < len(texts):
        twice = next(name for name in texts if texts.count(name) > 1)
        raise InputError(f"The table has several columns {twice!r}; rename them.")
    return {
        text: column_of(text, frame[name])
        for text, name in zip(texts, names, strict=True)
    }


def is_hugging_face(data: Any) -> bool:
    """Whether it is a `Dataset` of Hugging Face's `datasets`."""
    return hasattr(data, "features") and hasattr(data, "with_format")


def _arrow_table(data: Any) -> Any:
    """The table of a `Dataset`, with classes by name and files that are not decoded."""
    from recipes.sources.tables.arrow_columns import with_class_names

    features = data.features
    for name, feature in features.items():
        if getattr(feature, "decode", False):  # Image and Audio
            undecoded = dataclasses.replace(feature, decode=False)
            data = data.cast_column(name, undecoded)
    table = data.with_format("arrow")[:]
    for number, (name, feature) in enumerate(features.items()):
        if type(feature).__name__ == "ClassLabel":
            named = with_class_names(table.column(name), feature.names)
            table = table.set_column(number, name, named)
    return table


def column_of(name: str, series: Any) -> Any:
    """A column of a data frame as an array, a list or, of words, as `Words`."""
    is_arrow = hasattr(series, "type") and hasattr(series, "null_count")
    if is_arrow or hasattr(series, "to_arrow"):  # pyarrow and polars
        from recipes.sources.tables.arrow_columns import cells_of_arrow

        return cells_of_arrow(name, series if is_arrow else series.to_arrow())
    kind = getattr(series, "dtype", None)
    if type(kind).__name__ == "CategoricalDtype":  # pandas
        categorical = getattr(series, "cat", series)
        names = [word_of(name) for name in categorical.categories.tolist()]
        codes = np.asarray(categorical.codes)
        return Words([*names, ""], np.where(codes < 0, len(names), codes), True)
    if getattr(kind, "kind", None) in ("i", "u", "f") and hasattr(kind, "na_value"):
        return series.to_numpy("float64", na_value=np.nan)  # may lack values
    return series.to_numpy() if hasattr(series, "to_numpy") else series


def plain(data: Any) -> Any:
    """A series as a NumPy array, a data frame as a dictionary; others as they are."""
    if is_frame(data):
        return columns_of(data)
    return column_of("", data) if hasattr(data, "to_numpy") else data


def plain_labels(labels: Any) -> Any:
    """Labels as an array or a list, also from a data frame of one or more columns."""
    labels = plain(labels)
    if isinstance(labels, dict):
        columns = [np.asarray(column) for column in labels.values()]
        return np.stack(columns, axis=1) if columns else np.zeros((0, 0))
    return labels


def class_order(frame: Any, name: str) -> tuple[str, ...] | None:
    """The names of the classes in a column of a frame, if they have an order."""
    if is_hugging_face(frame):
        names = getattr(frame.features[name], "names", None)
        present = {*columns_of(frame)[name]} if names else set()
        return tuple(each for each in names or () if each in present) or None
    try:
        return category_names(frame[name])
    except KeyError:  # Its name is not a text.
        return None


def category_names(labels: Any) -> tuple[str, ...] | None:
    """The names of the categories that occur, in their order; `None` without any.

    Categories of pandas and an `Enum` of polars have an order of their own. Numbers
    are not names.

    >>> import pandas
    >>> category_names(pandas.Categorical(["b", "a"], categories=["b", "c", "a"]))
    ('b', 'a')
    """
    dtype: Any = getattr(labels, "dtype", None)
    if type(dtype).__name__ not in ("CategoricalDtype", "Enum"):
        return None
    present = {*plain(labels)} if hasattr(labels, "to_numpy") else {*np.asarray(labels)}
    names = tuple(each for each in dtype.categories if each in present)
    return names if names and all(isinstance(each, str) for each in names) else None
