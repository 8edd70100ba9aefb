"""The columns of a text file of cells: numbers, or words, read block by block."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.csv

from recipes.sources.labels.missing import SPELLINGS
from recipes.sources.tables.compressed import PROBLEMS, opened, unreadable
from recipes.sources.tables.separated import (
    OTHER_ENCODING,
    Dialect,
    not_decoded,
    numbered_rows,
    read_cells,
    told_encoding,
    undecodable,
)
from recipes.sources.tables.table_format import SEPARATED
from recipes.sources.tables.words import Words
from zoo.errors import InputError

BLOCKS = (2**20, 2**24, 2**30)  # bytes of text in memory at a time, more for long rows
BYTES_OF_A_COLUMN = 2**10  # in a block, at least, of tables with many columns
MISSING = pyarrow.array(
    sorted({cased for s in SPELLINGS for cased in (s, s.upper(), s.title())})
)
NUMBER_WITH_COMMA = r"^[-+]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?([eE][-+]?\d+)?$"

Columns = dict[str, "np.ndarray | Words"]


@dataclasses.dataclass(frozen=True)
class TextColumns:
    """The columns of a text file.

    Attributes:
        dialect: How the file is written.
        cells: float32 or float64 numbers, or words, by the name of the column. Whole
            numbers that float32 cannot hold are float64.
        count: Number of rows.
        notes: How the file was read.
        numbered: The rows and their lines, if they were read without pyarrow.
    """

    dialect: Dialect
    cells: Columns
    count: int
    notes: tuple[str, ...]
    numbered: list[tuple[int, list[str]]] | None = None

    def words(self, names: Collection[str]) -> dict[str, Words]:
        """Columns as they are written, also those that were read as numbers."""
        positions = [self.dialect.header.index(name) for name in names]
        batches = _batches(self.dialect, positions, self.numbered)
        read = _read(batches, self.dialect, len(positions), {*range(len(positions))})
        return dict(zip(names, read[0], strict=True))  # type: ignore[arg-type]

    @functools.cached_property
    def lines(self) -> Sequence[int]:
        """The line on which each row ends."""
        if self.numbered is not None:
            return [line for line, _ in self.numbered]
        first = self.dialect.first
        with self.dialect.text() as file:
            pieces = iter(functools.partial(file.read, 2**20), "")
            ends, last = 0, "\n"
            for piece in pieces:
                ends, last = ends + piece.count("\n"), piece[-1]
        if ends + (last != "\n") == first - 1 + self.count:
            return range(first, first + self.count)
        return [line for line, _ in numbered_rows(self.dialect)]


def read_text_columns(dialect: Dialect, written: Collection[str] = ()) -> TextColumns:
    """Reads a text file of cells.

    Args:
        dialect: How the file is written.
        written: Columns to keep as they are written. Others hold numbers if all their
            cells are plain numbers or missing.

    Raises:
        InputError: If a row has another length than the header, or the file is not
            such a table.
    """
    for block in BLOCKS:
        try:
            return _read_quickly(dataclasses.replace(dialect, block=block), written)
        except (pyarrow.ArrowException, ValueError, *PROBLEMS) as error:
            if "straddl" not in str(error):  # A row is longer than the block.
                break
    # Python's reader understands more, and says what is wrong where.
    return _read_strictly(dialect, written)


def _read_quickly(dialect: Dialect, written: Collection[str]) -> TextColumns:
    width = len(dialect.header)
    words = {n for n, name in enumerate(dialect.header) if name in written}
    cells, count, late = _read(_batches(dialect, range(width)), dialect, width, words)
    if late:  # Their first blocks looked like numbers.
        again, _, _ = _read(
            _batches(dialect, late), dialect, len(late), {*range(len(late))}
        )
        for column, values in zip(late, again, strict=True):
            cells[column] = values
    if not count:
        raise InputError(f"{dialect.path} has no rows below its header.")
    named = dict(zip(dialect.header, cells, strict=True))
    return TextColumns(dialect, named, count, dialect.notes)


def _read_strictly(dialect: Dialect, written: Collection[str]) -> TextColumns:
    notes = list(dialect.notes)
    try:
        numbered, told = read_cells(dialect)
    except UnicodeDecodeError as error:
        at = undecodable(dialect.path, dialect.encoding)
        other = dataclasses.replace(dialect, encoding=OTHER_ENCODING)
        if (
            dialect.encoding != "utf-8-sig"
            or undecodable(dialect.path, other.encoding) >= 0
        ):
            raise InputError(not_decoded(dialect.path, dialect.encoding, at)) from error
        told_so = dataclasses.replace(other, notes=(*dialect.notes, told_encoding(at)))
        return read_text_columns(told_so, written)
    except PROBLEMS as error:
        raise unreadable(dialect.path, error) from error
    width = len(dialect.header)
    words = {n for n, name in enumerate(dialect.header) if name in written}
    batches = _batches(dialect, range(width), numbered)
    cells, count, _ = _read(batches, dialect, width, words)
    named = dict(zip(dialect.header, cells, strict=True))
    return TextColumns(dialect, named, count, (*notes, *told), numbered)


def _batches(
    dialect: Dialect,
    columns: Sequence[int],
    numbered: list[tuple[int, list[str]]] | None = None,
) -> Iterator[list[Any]]:
    """The texts of columns, some rows at a time, without those of the header."""
    if numbered is not None:
        yield [
            pyarrow.array([row[n] for _, row in numbered], "string") for n in columns
        ]
        return
    quoted = _has_quotes(dialect)
    names = [str(n) for n in range(len(dialect.header))]
    letters = sum(map(len, dialect.header)) + len(names)
    size = max(dialect.block, 4 * letters, BYTES_OF_A_COLUMN * len(names))
    with opened(dialect.path) as file:
        reader = pyarrow.csv.open_csv(
            file,
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=size,
                skip_rows=dialect.first - 1,
                column_names=names,
                encoding="utf8"
                if dialect.encoding == "utf-8-sig"
                else dialect.encoding,
            ),
            pyarrow.csv.ParseOptions(
                delimiter=dialect.separator,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()),
                include_columns=[names[n] for n in columns],
            ),
        )
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            batch = thread.submit(reader.read_next_batch)
            while True:
                try:
                    texts = batch.result().columns
                except StopIteration:
                    return
                batch = thread.submit(reader.read_next_batch)
                yield texts


def _has_quotes(dialect: Dialect) -> bool:
    """Whether quotation marks are around cells.

    Raises:
        ValueError: If some stand elsewhere.
    """
    separator = re.escape(dialect.separator.encode())
    # Inside of a cell, readers understand it in different ways.
    stray = re.compile(rb'[^%b\r\n"]"[^%b\r\n"]' % (separator, separator))
    count, before = 0, b"\n"
    with opened(dialect.path) as file:
        for piece in iter(functools.partial(file.read, 2**20), b""):
            quotes = b'"' in piece and piece.count(b'"')
            count += quotes
            if quotes and (dialect.is_tabbed or stray.search(before + piece)):
                raise ValueError("quotation marks inside of cells")
            before = piece[-2:]
    if count % 2:
        raise ValueError("a quotation mark without its other")
    return count > 0


def _read(
    batches: Iterator[list[Any]], dialect: Dialect, width: int, words: set[int]
) -> tuple[list[Any], int, list[int]]:
    """The columns, the number of rows, and the columns that were words too late."""
    numbers: dict[int, Numbers] = {}
    texts: dict[int, list[Any]] = {n: [] for n in words}
    late: list[int] = []
    count = 0
    comma = dialect.decimal == ","
    for batch in batches:
        if not count:
            expected = _expected_rows(dialect, batch)
            others = (n for n in range(width) if n not in words)
            numbers = {n: Numbers(expected) for n in others}
        for n, strings in enumerate(batch):
            if n in texts:
                texts[n].append(strings.dictionary_encode())
            elif n in numbers and not numbers[n].add(strings, comma):
                del numbers[n]
                if count:
                    late.append(n)
                else:
                    texts[n] = [strings.dictionary_encode()]
        count += len(batch[0])
    cells: list[Any] = [None] * width
    for n in list(numbers):
        cells[n] = numbers.pop(n).values()
    pyarrow.default_memory_pool().release_unused()
    for n in list(texts):
        cells[n] = words_of_arrow(texts.pop(n))
    return cells, count, late


def _expected_rows(dialect: Dialect, batch: list[Any]) -> int:
    """The rows of a file, by its size and its first rows; a few more than likely."""
    count = len(batch[0])
    letters = sum(strings.nbytes for strings in batch) - 3 * count * len(batch)
    is_plain = dialect.path.suffix.lower() in SEPARATED
    size = dialect.path.stat().st_size if is_plain else letters
    return max(count, int(1.05 * count * size / max(letters, 1)))


class Numbers:
    """A column of numbers that grows: float32, or float64 for large whole numbers.

    Args:
        expected: Rows to have memory for; what is not written to is not taken.
    """

    def __init__(self, expected: int) -> None:
        self._array = np.empty(expected, "float32")
        self._count = 0
        self._has_fractions = False

    def add(self, strings: Any, comma: bool) -> bool:
        """Adds the numbers that texts spell; `False` if one is not a plain number."""
        numbers = plain_numbers(strings, comma)
        if numbers is None:
            return False
        start, self._count = self._count, self._count + len(numbers)
        if self._count > len(self._array):
            self._move(np.empty(3 * self._count // 2, self._array.dtype), start)
        with np.errstate(over="ignore"):  # It becomes infinite.
            self._array[start : self._count] = numbers
        added = self._array[start : self._count]
        if np.isinf(added).any():
            return False
        if added.dtype == np.float32 and not self._has_fractions:
            inexact = numbers[added != numbers]
            inexact = inexact[~np.isnan(inexact)]
            self._has_fractions = bool((inexact % 1 != 0).any())
            if len(inexact) and not self._has_fractions:
                self._move(np.empty(len(self._array), "float64"), start)
                self._array[start : self._count] = numbers
        return True

    def _move(self, array: np.ndarray, count: int) -> None:
        array[:count] = self._array[:count]
        self._array = array

    def values(self) -> np.ndarray:
        """All numbers."""
        self._array.resize(self._count, refcheck=False)
        return self._array


def plain_numbers(strings: Any, comma: bool = False) -> np.ndarray | None:
    """float64 for a pyarrow array of texts, NaN for missing ones.

    `None` if a text is not a plain number, or has zeros before it as codes have.

    Args:
        strings: The texts.
        comma: Whether the decimal mark is a comma, and points separate thousands.
    """
    if not comma:
        with contextlib.suppress(pyarrow.ArrowInvalid):
            return _without_codes(strings, _cast(strings))
    cells = pyarrow.compute.utf8_trim_whitespace(strings)
    missing = pyarrow.compute.is_in(cells, value_set=MISSING)
    cells = pyarrow.compute.if_else(missing, None, cells)
    if comma:
        matches = pyarrow.compute.match_substring_regex(cells, NUMBER_WITH_COMMA)
        if not pyarrow.compute.all(matches, min_count=0).as_py():
            return None
        cells = pyarrow.compute.replace_substring(cells, ".", "")
        cells = pyarrow.compute.replace_substring(cells, ",", ".")
    with contextlib.suppress(pyarrow.ArrowInvalid):
        return _without_codes(strings, _cast(cells))
    return None


def _without_codes(strings: Any, numbers: np.ndarray) -> np.ndarray | None:
    """The numbers, unless they are codes, such as 007: these are whole."""
    is_whole = ((np.floor(numbers) == numbers) | np.isnan(numbers)).all()
    return None if is_whole and _has_codes(strings) else numbers


def _cast(strings: Any) -> np.ndarray:
    return pyarrow.compute.cast(strings, "float64").to_numpy(zero_copy_only=False)


def _has_codes(strings: Any) -> bool:
    """Whether a text begins with a zero and another digit, such as a postal code."""
    _, offsets, content = strings.buffers()
    if content is None or not content.size or not len(strings):  # no letter at all
        return False
    count, start = len(strings) + 1, strings.offset
    ends = np.frombuffer(offsets, "int32", count, 4 * start)
    letters = np.frombuffer(content, "uint8")
    starts = ends[:-1]
    zeros = np.flatnonzero(letters.take(starts, mode="clip") == ord("0"))
    starts, next_starts = starts[zeros], ends[1:][zeros]
    digits = letters.take(starts + 1, mode="clip") - ord("0") < 10
    return bool((digits & (next_starts - starts > 1)).any())


def words_of_arrow(pieces: Sequence[Any], is_category: bool = False) -> Words:
    """Words of dictionary-encoded pyarrow arrays; empty ones where they are null."""
    column = pyarrow.chunked_array(pieces).unify_dictionaries()
    distinct = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    codes = [piece.indices.fill_null(-1).to_numpy() for piece in column.chunks]
    numbers = np.concatenate([np.empty(0, "int32"), *codes])
    if (numbers < 0).any():
        numbers[numbers < 0] = len(distinct)
        distinct.append("")
    return Words(distinct, numbers, is_category)
