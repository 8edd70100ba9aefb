"""Data sets from CSV tables, of numbers, of words beside them, or of texts."""

import csv
import dataclasses
import itertools
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
from zoo.names import nearest

# Longer digit strings are identifiers, which int64 cannot hold.
INTEGER = re.compile("-?[0-9]{1,18}")


@dataclasses.dataclass(frozen=True)
class Table:
    """The cells of a CSV file, without space around them.

    Attributes:
        path: The file.
        lines: Line number of each row.
        cells: The texts of each column, by its name in the header.
    """

    path: pathlib.Path
    lines: tuple[int, ...]
    cells: dict[str, list[str]]

    def require(self, name: str, why: str) -> None:
        """Refuses a file without a column; says `why` after the missing name."""
        if name not in self.cells:
            columns = ", ".join(self.cells)
            raise InputError(
                f"{self.path} has no column {name!r}{why}; it has {columns}."
            )

    def words(self, name: str) -> np.ndarray:
        """A column as strings."""
        return np.array(self.cells[name], object)

    def numbers(self, name: str, may_lack: bool = True) -> np.ndarray:
        """A column as float64, with NaN where a number is missing."""
        texts = self.cells[name]
        numbers = _parsed(texts)
        bad = np.flatnonzero(~np.isfinite(numbers)).tolist()
        wrong = [row for row in bad if texts[row].lower() not in MISSING]
        where = f"{self.path}, column {name!r}"
        if wrong:
            raise InputError(
                f"{where}, line {self.lines[wrong[0]]}: {texts[wrong[0]]!r} is not a "
                "finite number; write it as a number, or leave it empty; if the column "
                f"holds categories, say so with --categorical-column {name}."
            )
        if bad and not may_lack:
            raise InputError(
                f"{where}: {len(bad)} missing values, the first in line "
                f"{self.lines[bad[0]]}; fill them in or leave those rows out."
            )
        return numbers

    def matrix(self, names: tuple[str, ...]) -> np.ndarray:
        """The named columns as float32 `(n, columns)`."""
        return np.stack(
            [self.numbers(name, False) for name in names], 1, dtype="float32"
        )

    def known(self, columns: Columns) -> dict[str, np.ndarray]:
        """The columns that a model was trained on, as `Columns.rows` takes them."""
        for name in columns.names:
            self.require(name, ", which the model needs")
        return {
            column.name: self.words(column.name)
            if isinstance(column, Category)
            else self.numbers(column.name)
            for column in columns.columns
        }

    def holds_words(self, name: str) -> bool:
        """Whether most values of a column, without missing ones, are not numbers."""
        present = [text for text in self.cells[name] if text.lower() not in MISSING]
        return 2 * int(np.isnan(_parsed(present)).sum()) > len(present)


def read_csv(path: pathlib.Path) -> Table:
    """Reads a table with a header; refuses other files."""
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
    ordered = sorted(header)
    for name, following in itertools.pairwise(ordered):
        if name == following:
            raise InputError(f"{path} has several columns {name!r}.")
    for line, row in numbered:
        if len(row) != len(header):
            raise InputError(
                f"{path}, line {line}: {len(row)} values for {len(header)} columns."
            )
    lines, rows = zip(*numbered, strict=True)
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return Table(path, lines, {name: [c.strip() for c in cs] for name, cs in columns})


def load_csv(
    path: pathlib.Path,
    *,
    label_column: str = "label",
    text_column: str | None = None,
    grouping: Grouping = NO_GROUPS,
    categorical_columns: tuple[str, ...] = (),
    columns: list[dict] | None = None,
) -> Dataset:
    """A table with a header, a label column, and numbers, words or one text.

    It is text if `text_column` is given, or if the only other column holds words.
    Otherwise columns whose values are mostly not numbers hold categories, and so do
    the `categorical_columns`.
    """
    table = read_csv(path)
    named = [(label_column, "label"), (text_column, "text")]
    for name, option in (*named, *((n, "categorical") for n in categorical_columns)):
        if name is not None and name not in table.cells:
            raise InputError(
                f"{path} has no column {name!r}; it has {', '.join(table.cells)}; "
                + _remedy(name, list(table.cells), option)
            )
    features = [name for name in table.cells if name not in (label_column, grouping.by)]
    if not features:
        raise InputError(f"{path} has no column besides {label_column!r}.")
    if text_column == label_column:
        raise InputError(f"The column {text_column!r} cannot be both text and label.")
    labels, class_names = _labels(table, label_column)
    groups = None
    if grouping.by is not None:
        table.require(grouping.by, " to group by")
        groups = np.array(table.cells[grouping.by])
    others = {
        "class_names": class_names,
        "groups": groups,
        "test_groups": grouping.test,
        "keep_duplicates_together": grouping.keeps_duplicates,
        "name": path.stem,
    }
    if columns is not None:
        known = Columns.from_config(columns)
        rows = {"train": table.known(known)}
        return from_columns(rows, {"train": labels}, columns=known, **others)
    if text_column is None and len(features) == 1 and not categorical_columns:
        text_column = features[0] if table.holds_words(features[0]) else None
    if text_column is not None:
        where = f"column {text_column!r}"
        texts = [
            checked_text(f"{path}, line {line}, {where}", text)
            for line, text in zip(table.lines, table.cells[text_column], strict=True)
        ]
        unused = [name for name in features if name != text_column]
        told = f"columns other than the text are not used: {', '.join(unused)}"
        return from_arrays(texts, labels, notes=(told,) * bool(unused), **others)
    read = {
        name: table.words(name)
        if name in categorical_columns or table.holds_words(name)
        else table.numbers(name)
        for name in features
    }
    if all(c.dtype != object and not np.isnan(c).any() for c in read.values()):
        matrix = np.stack([*read.values()], axis=1)
        return from_arrays(matrix, labels, feature_names=features, **others)
    return from_columns(
        {"train": read}, {"train": labels}, categorical=categorical_columns, **others
    )


def _labels(table, column):
    """Labels, and the names of those that are numbers."""
    labels = np.array(table.cells[column])
    if (labels == "").any():
        line = table.lines[int(np.argmax(labels == ""))]
        raise InputError(f"{table.path}, line {line}: the label is missing.")
    if not all(INTEGER.fullmatch(label) for label in labels):
        return labels, None
    # Numbers stay in their order: "10" comes after "9".
    numbers = np.unique(labels.astype("int64"))
    return (
        np.searchsorted(numbers, labels.astype("int64")),
        tuple(str(number) for number in numbers),
    )


def _remedy(column, header, option):
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return "separate the columns by commas."
    near = nearest(column, header, otherwise="")
    hint = f"{near} Otherwise " if near else ""
    holds = {"label": "classes", "text": "text", "categorical": "categories"}[option]
    return f"{hint}name the column of {holds} with --{option}-column."


def _parsed(texts) -> np.ndarray:
    """float64 numbers: NaN for other texts, infinite beyond float32."""
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
