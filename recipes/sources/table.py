"""Data sets from CSV tables, of numbers or of texts."""

import csv
import difflib
import pathlib
import re

import numpy as np

from recipes.dataset import Dataset
from recipes.sources.arrays import from_arrays
from recipes.sources.grouping import NO_GROUPS, Grouping
from recipes.sources.text import checked_text
from zoo.errors import InputError

# Longer digit strings are identifiers, which int64 cannot hold.
INTEGER = re.compile("-?[0-9]{1,18}")


def load_csv(
    path: pathlib.Path,
    label_column: str = "label",
    text_column: str | None = None,
    grouping: Grouping = NO_GROUPS,
) -> Dataset:
    """A table with a header, a label column, and numbers or one text for the rest.

    It is text where `text_column` says so, or where the only other column holds
    words.

    Raises:
        InputError: If the table cannot be used; names column and line.
    """
    header, lines, rows = read_csv(path)
    for name, option in ((label_column, "label"), (text_column, "text")):
        if name is not None and name not in header:
            raise InputError(
                f"{path} has no column {name!r}; it has {', '.join(header)}; "
                + _remedy(name, header, option)
            )
    groups = _group_column(path, header, rows, grouping)
    features = [name for name in header if name not in (label_column, grouping.by)]
    if not features:
        raise InputError(f"{path} has no column besides {label_column!r}.")
    if text_column == label_column:
        raise InputError(f"The column {text_column!r} cannot be both text and label.")
    if (
        text_column is None
        and len(features) == 1
        and _holds_words(header, rows, features)
    ):
        text_column = features[0]
    notes = ()
    if text_column is None:
        inputs = numeric_columns(path, header, lines, rows, features)
    else:
        inputs = _texts(path, header, lines, rows, text_column)
        unused = [name for name in features if name != text_column]
        if unused:
            notes = (f"columns other than the text are not used: {', '.join(unused)}",)
    labels, class_names = _labels(path, header, lines, rows, label_column)
    return from_arrays(
        inputs,
        labels,
        class_names=class_names,
        feature_names=features if text_column is None else (),
        groups=groups,
        test_groups=grouping.test,
        name=path.stem,
        notes=notes,
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


def _holds_words(header, rows, features) -> bool:
    """Whether most values of the only column are neither numbers nor missing."""
    at = header.index(features[0])
    texts = [row[at].strip() for row in rows]
    words = sum(
        text.lower() not in MISSING and np.isnan(_number(text)) for text in texts
    )
    return 2 * words > len(texts)


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
    hint = f"did you mean {near[0]!r}? " if near else ""
    holds = {"label": "the classes", "text": "the text"}[option]
    return f"{hint}Name the column of {holds} with --{option}-column."


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
        "leave the column out, write it as numbers, or learn from its text alone with "
        f"--text-column {name}."
    )
