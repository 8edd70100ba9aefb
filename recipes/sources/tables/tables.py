"""Tables: their columns, and reading them from files and frames."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.sources.files.file_kinds import LOOKED_AT, refuse_other_text
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.arrow_columns import (
    StoredCells,
    read_feather,
    read_json_records,
    read_parquet,
    refusing,
    rows_of,
)
from recipes.sources.tables.booleans import as_known
from recipes.sources.tables.column_reading import read_column
from recipes.sources.tables.columns import usable
from recipes.sources.tables.compressed import COMPRESSIONS, PROBLEMS, opened, unreadable
from recipes.sources.tables.excel import read_workbook
from recipes.sources.tables.frames import columns_of
from recipes.sources.tables.separated import dialect_of
from recipes.sources.tables.table_format import (
    ARROW,
    AS_FOUND,
    EXCEL,
    PARQUET,
    SEPARATED,
    TABLE_SUFFIXES,
    TableFormat,
    files_of,
    notes_on_unused,
    suffix,
)
from recipes.sources.tables.text_columns import read_text_columns
from recipes.sources.tables.words import Words, joined_words
from recipes.sources.texts.text import checked_text
from zoo.columns import Category, Columns
from zoo.errors import InputError


class Lines(Sequence[Any]):
    """The number of each row's line, found out when it is asked for."""

    def __init__(
        self, count: int, find: Callable[[], Sequence[Any]], kept: Any = None
    ) -> None:
        self._count, self._find, self._kept = count, find, kept

    @functools.cached_property
    def _numbers(self) -> Sequence[Any]:
        numbers = self._find()
        if self._kept is None:
            return numbers
        return [numbers[row] for row in self._kept.tolist()]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: Any) -> Any:
        return self._numbers[row]

    def kept(self, rows: np.ndarray) -> "Lines":
        """The lines of some rows, by their index."""
        kept = rows if self._kept is None else self._kept[rows]
        return Lines(len(rows), self._find, kept)


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns of a file, or of a frame.

    Attributes:
        source: The file, or what a message calls the data.
        lines: The line or the number of each row.
        cells: The values of each column, by its name: numbers, or words without space
            around them.
        row: What a message calls a row.
        written: Reads a column of numbers as it is written in the file.
    """

    source: Any
    lines: Lines
    cells: Mapping[str, Any]
    row: str = "line"
    written: Callable[[str], Words] | None = None

    def require(self, name: str, why: str) -> None:
        """Refuses a table without a column; says `why` after the missing name."""
        if name not in self.cells:
            columns = ", ".join(self.cells)
            raise InputError(
                f"{self.source} has no column {name!r}{why}; it has {columns}."
            )

    def where(self, row: int) -> str:
        """What a message calls a row, by its index."""
        return f"{self.row} {self.lines[row]}".lstrip()

    def column(
        self, name: str, is_category: bool | None = None, notes: list | None = None
    ) -> np.ndarray:
        """A column as `read_column` gives it; errors name the file and the line."""
        values = self.as_written(name) if is_category else self.cells[name]
        try:
            return read_column(name, values, is_category, where=self.where, notes=notes)
        except InputError as error:
            raise InputError(f"{self.source}: {error}") from error

    def as_written(self, name: str) -> Any:
        """A column as it is written, if the file has texts; otherwise its values."""
        values = self.cells[name]
        if self.written is None or isinstance(values, Words):
            return values
        return self.written(name)

    def without(self, rows: np.ndarray) -> "Table":
        """The table without some rows, by their index."""
        kept = np.delete(np.arange(len(self.lines)), rows)
        written = self.written
        return dataclasses.replace(
            self,
            lines=self.lines.kept(kept),
            cells=self.cells.kept(kept)
            if isinstance(self.cells, StoredCells)
            else {name: rows_of(cells, kept) for name, cells in self.cells.items()},
            written=written and (lambda name: written(name).take(kept)),
        )

    def texts(self, name: str) -> list[str]:
        """A column of texts, none of which is missing."""
        self.require(name, " of texts")
        return [
            checked_text(f"{self.source}, {self.where(row)}, column {name!r}", text)
            for row, text in enumerate(self.as_written(name))
        ]

    def text_column(self, options: Mapping[str, Any]) -> str:
        """The column of texts to predict from.

        Args:
            options: The arguments of `recipes.load` for the data of the training.
        """
        if options.get("text_column") in self.cells:
            return options["text_column"]
        label = options.get("label_column", "label")
        named = tuple(options.get("feature_columns") or ())
        others = [n for n in named or self.cells if n in self.cells and n != label]
        read = {name: self.column(name) for name in others}
        words = [n for n, c in usable(read, named).items() if c.dtype == object]
        if len(words) != 1:
            raise InputError(
                f"{self.source} has {'several columns' if words else 'no column'} of "
                f"words to read texts from; it has {', '.join(self.cells)}. Name the "
                "column of texts with --text-column."
            )
        return words[0]

    def matrix(self, names: Iterable[str]) -> np.ndarray:
        """The named columns, without missing numbers, as float32 `(n, columns)`."""
        columns = []
        for name in names:
            self.require(name, ", which the model needs")
            columns.append(self.column(name, False))
            gone = np.flatnonzero(np.isnan(columns[-1]))
            if len(gone):
                raise InputError(
                    f"{self.source}, column {name!r}: {len(gone):,} missing values, "
                    f"the first in {self.where(gone[0])}; fill them in or leave those "
                    "rows out."
                )
        return np.stack(columns, 1, dtype="float32", casting="unsafe")

    def known(self, columns: Columns) -> dict[str, np.ndarray]:
        """The columns that a model was trained on, as `Columns.rows` takes them."""
        read = {}
        for column in columns.columns:
            self.require(column.name, ", which the model needs")
            is_words = isinstance(column, Category)
            read[column.name] = self.column(column.name, is_words)
            if isinstance(column, Category):
                read[column.name] = as_known(read[column.name], column.categories)
            # Version 0.1.0 took `NA` for a category like any other.
            older = {
                w for w in getattr(column, "categories", ()) if w and is_missing(w)
            }
            for row in np.flatnonzero(read[column.name] == "") if older else ():
                word = str(self.cells[column.name][row]).strip()
                read[column.name][row] = word if word in older else ""
        return read


class ReadColumns(Mapping[str, np.ndarray]):
    """Columns as `read_column` gives them; numbers of a file stay in the file."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read: dict[str, np.ndarray | None] = {}
        self._kinds: dict[str, str] = {}

    def add(self, name: str, is_category: bool | None, notes: list[str]) -> None:
        """Reads a column; adds a note on how it was read."""
        values = self._table.column(name, is_category, notes)
        is_stored = isinstance(self._table.cells, StoredCells)
        kind = {"O": "word", "M": "date"}.get(values.dtype.kind, "number")
        if kind == "number" and np.isnan(values).any():
            kind = "number or missing"
        self._read[name] = None if is_stored and kind != "word" else values
        self._kinds[name] = kind

    def leave_out(self, names: Collection[str]) -> None:
        """Forgets columns."""
        for name in names:
            del self._read[name], self._kinds[name]

    @property
    def are_words(self) -> bool:
        return {*self._kinds.values()} == {"word"}

    @property
    def are_complete_numbers(self) -> bool:
        """Whether all are numbers of which none is missing."""
        return {*self._kinds.values()} == {"number"}

    def __getitem__(self, name: str) -> np.ndarray:
        values = self._read[name]
        return self._table.column(name) if values is None else values

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def read_table(
    path: pathlib.Path,
    form: TableFormat = AS_FOUND,
    *,
    written: Collection[str] = (),
    has_header: Callable[[Sequence[str]], bool] | None = None,
    notes: list[str] | None = None,
) -> Table:
    """Reads a table from a file, or from the files of a folder.

    Args:
        path: The file: cells with separators between them, JSON lines, parquet,
            feather, or a workbook of Excel.
        form: How a text is written. Default: as its first lines show.
        written: Columns that are to be read as they are written, to save time. Other
            columns of texts are numbers if all their cells are plain numbers.
        has_header: Whether the first line of cells is a header; by default it is.
        notes: List to which is added how the file was read.

    Raises:
        InputError: If the file is damaged, or has no rows or different ones.
    """
    notes = [] if notes is None else notes
    if path.is_dir():
        return _read_files(path, form, written, notes)
    ending = suffix(path)
    if ending not in TABLE_SUFFIXES:
        raise InputError(
            f"{path} is not a table by its name, which must end with one of "
            f"{', '.join(TABLE_SUFFIXES)}, or one of them and "
            f"{' or '.join(COMPRESSIONS)}."
        )
    notes += notes_on_unused(path, form)
    if ending in SEPARATED:
        try:
            with opened(path) as file:
                start = file.read(LOOKED_AT)
        except PROBLEMS as error:
            raise unreadable(path, error) from error
        refuse_other_text(path, start)
        dialect = dialect_of(path, form, has_header)
        text = read_text_columns(dialect, written)
        notes += text.notes
        lines = Lines(text.count, lambda: text.lines)
        return Table(
            path, lines, text.cells, written=lambda name: text.words([name])[name]
        )
    if ending in PARQUET:
        cells, count = read_parquet(path)
        return Table(path, Lines(count, lambda: range(count)), cells, "row")
    if ending in ARROW:
        with refusing(path):
            return from_frame(read_feather(path), path)
    if ending in EXCEL:
        records, numbers = read_workbook(path, form.sheet, notes)
        row = "row"
    else:
        records, numbers = read_json_records(path)
        row = "line"
    arrays = {name: np.array(values, object) for name, values in records.items()}
    return Table(path, Lines(len(numbers), lambda: numbers), arrays, row)


def _read_files(
    folder: pathlib.Path,
    form: TableFormat,
    written: Collection[str],
    notes: list[str],
) -> Table:
    """The rows of several files with the same columns, one after another."""
    told: dict[str, None] = {}
    tables = []
    for file in files_of(folder):
        notes_on_file: list[str] = []
        tables.append(read_table(file, form, written=written, notes=notes_on_file))
        told |= dict.fromkeys(notes_on_file)
        differing = sorted({*tables[0].cells} ^ {*tables[-1].cells})
        if differing:
            raise InputError(
                f"{folder}: only one of {tables[0].source.name} and {file.name} has "
                f"the column {differing[0]!r}; files of one table have the same ones."
            )
    notes += [*told, f"{len(tables):,} files are read as one table"]
    lines = [f"{t.source.name}:{line}" for t in tables for line in t.lines]

    def written_again(name: str) -> Words:
        return joined_words([table.as_written(name) for table in tables])

    cells: dict[str, Any] = {}
    for name in [*tables[0].cells]:
        pieces = [table.cells[name] for table in tables]
        if any(isinstance(piece, Words) for piece in pieces):
            cells[name] = joined_words([table.as_written(name) for table in tables])
        else:
            cells[name] = np.concatenate(pieces)
    texts = None if tables[0].written is None else written_again
    return Table(folder, Lines(len(lines), lambda: lines), cells, "", texts)


def from_frame(frame: Any, source: Any = "The data frame") -> Table:
    """The table of a data frame, or of a dictionary of columns.

    Args:
        frame: The columns.
        source: What a message calls them.
    """
    columns = columns_of(frame)
    counts = {len(column) for column in columns.values()}
    if len(counts) != 1:
        raise InputError(
            f"{source} has no columns."
            if not counts
            else f"The columns have different numbers of values: {sorted(counts)}."
        )
    count = counts.pop()
    if not count:
        raise InputError(f"{source} has no rows.")
    return Table(source, Lines(count, lambda: range(count)), columns, "row")
