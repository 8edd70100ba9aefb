"""Data sets from CSV tables."""

import csv
import difflib
import pathlib
import re

import numpy as np

from recipes.dataset import Dataset
from recipes.sources.arrays import from_arrays
from zoo.errors import InputError

# Longer digit strings are identifiers, which int64 cannot hold.
INTEGER = re.compile("-?[0-9]{1,18}")


def load_csv(path: pathlib.Path, label_column: str = "label") -> Dataset:
    """A table with a header, a label column and numbers everywhere else.

    Raises:
        InputError: If the table cannot be used; names column and line.
    """
    header, lines, rows = read_csv(path)
    if label_column not in header:
        raise InputError(
            f"{path} has no column {label_column!r}; it has {', '.join(header)}; "
            + _remedy(label_column, header)
        )
    features = [name for name in header if name != label_column]
    if not features:
        raise InputError(f"{path} has no column besides {label_column!r}.")
    at = header.index(label_column)
    labels = np.array([row[at].strip() for row in rows])
    if (labels == "").any():
        line = lines[int(np.argmax(labels == ""))]
        raise InputError(f"{path}, line {line}: the label is missing.")
    if all(INTEGER.fullmatch(label) for label in labels):
        # Numbers stay in their order: "10" comes after "9".
        numbers = np.unique(labels.astype("int64"))
        names = tuple(str(number) for number in numbers)
        labels = np.searchsorted(numbers, labels.astype("int64"))
    else:
        names = None
    return from_arrays(
        numeric_columns(path, header, lines, rows, features),
        labels,
        class_names=names,
        feature_names=features,
        name=path.stem,
    )


def _remedy(label_column, header):
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return "separate the columns by commas."
    near = difflib.get_close_matches(label_column, header, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}Name the column of the classes with --label-column."


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
        try:
            numbers = np.array(texts, "float64")
        except ValueError:
            numbers = np.array([_number(text) for text in texts])
        with np.errstate(over="ignore"):  # Becomes infinite, and is refused below.
            columns[:, column] = numbers
        bad = np.flatnonzero(~np.isfinite(columns[:, column]))
        if len(bad):
            raise InputError(_complaint(path, lines, texts, name, bad))
    return columns


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})


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
        "leave the column out, or write it as numbers."
    )
