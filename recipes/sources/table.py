"""Data sets from CSV tables, of numbers, of words beside them, or of texts."""

import csv
import difflib
import pathlib
import re

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.arrays import from_arrays
from recipes.sources.columns import MISSING, from_columns
from recipes.sources.grouping import NO_GROUPS, Grouping
from recipes.sources.text import checked_text
from zoo.columns import Category, Columns
from zoo.errors import InputError

# Longer digit strings are identifiers, which int64 cannot hold.
INTEGER = re.compile("-?[0-9]{1,18}")


def load_csv(
    path: pathlib.Path,
    label_column: str = "label",
    text_column: str | None = None,
    grouping: Grouping = NO_GROUPS,
    categorical: tuple[str, ...] = (),
    columns: Columns | None = None,
) -> Dataset:
    """A table with a header, a label column, and numbers, words or one text.

    It is text where `text_column` says so, or where the only other column holds
    words. Else a column whose values are mostly no numbers holds categories, and so
    do those of `categorical`.

    Args:
        path: The file.
        label_column: The column of classes.
        text_column: The column to learn from as text.
        grouping: What stays together.
        categorical: Columns whose numbers are names of categories.
        columns: What a model knows of the columns. Default: learnt.

    Raises:
        InputError: If the table cannot be used; names column and line.
    """
    header, lines, rows = read_csv(path)
    named = [(label_column, "label"), (text_column, "text")]
    for name, option in (*named, *((name, "categorical") for name in categorical)):
        if name is not None and name not in header:
            raise InputError(
                f"{path} has no column {name!r}; it has {', '.join(header)}; "
                + _remedy(name, header, option)
            )
    features = [name for name in header if name not in (label_column, grouping.by)]
    if not features:
        raise InputError(f"{path} has no column besides {label_column!r}.")
    if text_column == label_column:
        raise InputError(f"The column {text_column!r} cannot be both text and label.")
    labels, class_names = _labels(path, header, lines, rows, label_column)
    others = {
        "class_names": class_names,
        "groups": _group_column(path, header, rows, grouping),
        "test_groups": grouping.test,
        "name": path.stem,
    }
    if columns is not None:
        table = known_columns(path, header, lines, rows, columns)
        labels = {"train": labels}
        return from_columns({"train": table}, labels, columns=columns, **others)
    if text_column is None and len(features) == 1 and not categorical:
        text_column = features[0] if _holds_words(header, rows, features[0]) else None
    if text_column is not None:
        texts = _texts(path, header, lines, rows, text_column)
        unused = [name for name in features if name != text_column]
        told = f"columns other than the text are not used: {', '.join(unused)}"
        return from_arrays(texts, labels, notes=(told,) * bool(unused), **others)
    table = {
        name: _words(header, rows, name)
        if name in categorical or _holds_words(header, rows, name)
        else _numbers(path, header, lines, rows, name)
        for name in features
    }
    if all(c.dtype != object and not np.isnan(c).any() for c in table.values()):
        matrix = np.stack([*table.values()], axis=1)
        return from_arrays(matrix, labels, feature_names=features, **others)
    return from_columns(
        {"train": table}, {"train": labels}, categorical=categorical, **others
    )


def _labels(path, header, lines, rows, column):
    """Labels, and the names of those that are numbers."""
    at = header.index(column)
    labels = np.array([row[at].strip() for row in rows])
    if (labels == "").any():
        line = lines[int(np.argmax(labels == ""))]
        raise InputError(f"{path}, line {line}: the label is missing.")
    if not all(INTEGER.fullmatch(label) for label in labels):
        return labels, None
    # Numbers stay in their order: "10" comes after "9".
    numbers = np.unique(labels.astype("int64"))
    return (
        np.searchsorted(numbers, labels.astype("int64")),
        tuple(str(number) for number in numbers),
    )


def _group_column(path, header, rows, grouping):
    if grouping.by is None:
        return None
    if grouping.by not in header:
        raise InputError(
            f"{path} has no column {grouping.by!r} to group by; it has "
            f"{', '.join(header)}."
        )
    at = header.index(grouping.by)
    return np.array([row[at].strip() for row in rows])


def _holds_words(header, rows, name) -> bool:
    """Whether most values of a column that are there are no numbers."""
    at = header.index(name)
    texts = [row[at].strip() for row in rows]
    there = [text for text in texts if text.lower() not in MISSING]
    return 2 * sum(np.isnan(_number(text)) for text in there) > len(there)


def _words(header, rows, name) -> np.ndarray:
    at = header.index(name)
    return np.array([row[at].strip() for row in rows], object)


def _numbers(path, header, lines, rows, name) -> np.ndarray:
    """A column as float64, NaN where a number is missing."""
    at = header.index(name)
    texts = [row[at].strip() for row in rows]
    numbers = _parsed(texts)
    bad = np.flatnonzero(~np.isfinite(numbers))
    bad = [row for row in bad if texts[row].lower() not in MISSING]
    if bad:
        raise InputError(_complaint(path, lines, texts, name, bad))
    return numbers


def known_columns(path, header, lines, rows, columns: Columns) -> dict:
    """The columns that a model knows, as `Columns.rows` takes them.

    Raises:
        InputError: If a column is not there, or a value no number where one is needed.
    """
    missing = [name for name in columns.names if name not in header]
    if missing:
        raise InputError(
            f"{path} has no column {missing[0]!r}, which the model needs; it has "
            f"{', '.join(header)}."
        )
    return {
        column.name: _words(header, rows, column.name)
        if isinstance(column, Category)
        else _numbers(path, header, lines, rows, column.name)
        for column in columns.columns
    }


def _texts(path, header, lines, rows, column):
    at = header.index(column)
    return [
        checked_text(f"{path}, line {line}, column {column!r}", row[at])
        for line, row in zip(lines, rows, strict=True)
    ]


def _remedy(column, header, option):
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return "separate the columns by commas."
    near = difflib.get_close_matches(column, header, n=1)
    hint = f"did you mean {near[0]!r}? Else " if near else ""
    holds = {"label": "classes", "text": "text", "categorical": "categories"}[option]
    return f"{hint}name the column of {holds} with --{option}-column."


def read_csv(path: pathlib.Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Header, line number of each row, and rows, all of the header's length.

    Raises:
        InputError: If the file is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            numbered = [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8."
        ) from error
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: not a table: {error}."
        ) from error
    if not numbered:
        raise InputError(f"{path} has no rows below its header.")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise InputError(f"{path} has several columns {repeated[0]!r}.")
    for line, row in numbered:
        if len(row) != len(header):
            raise InputError(
                f"{path}, line {line}: {len(row)} values for {len(header)} columns."
            )
    lines, rows = zip(*numbered, strict=True)
    return header, list(lines), list(rows)


def numeric_columns(path, header, lines, rows, names) -> np.ndarray:
    """The named columns as float32 `(n, columns)`.

    Raises:
        InputError: If a value is missing, no number, or not finite.
    """
    columns = np.empty((len(rows), len(names)), "float32")
    for column, name in enumerate(names):
        at = header.index(name)
        texts = [row[at].strip() for row in rows]
        columns[:, column] = _parsed(texts)
        bad = np.flatnonzero(~np.isfinite(columns[:, column]))
        if len(bad):
            raise InputError(_complaint(path, lines, texts, name, bad))
    return columns


def _parsed(texts) -> np.ndarray:
    """float64 numbers: NaN for what is none, infinite beyond float32."""
    try:
        numbers = np.array(texts, "float64")
    except ValueError:
        numbers = np.array([_number(text) for text in texts])
    with np.errstate(over="ignore"):
        return np.where(np.isinf(numbers.astype("float32")), np.inf, numbers)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _complaint(path, lines, texts, name, bad) -> str:
    missing = [row for row in bad if texts[row].lower() in MISSING]
    where = f"{path}, column {name!r}"
    if len(missing) == len(bad):
        return (
            f"{where}: {len(bad)} missing values, the first in line "
            f"{lines[bad[0]]}; fill them in or leave those rows out."
        )
    wrong = next(row for row in bad if texts[row].lower() not in MISSING)
    return (
        f"{where}, line {lines[wrong]}: {texts[wrong]!r} is not a finite number; "
        f"write it as a number, or leave it empty; if the column holds categories, say "
        f"so with --categorical-column {name}."
    )
