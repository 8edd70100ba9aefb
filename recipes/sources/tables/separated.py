"""Text files of tables: how their cells are separated, and Python's reading of them."""

import codecs
import csv
import dataclasses
import io
import itertools
import pathlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from recipes.sources.tables.compressed import PROBLEMS, opened, unreadable
from recipes.sources.tables.table_format import SEPARATED, TableFormat, suffix
from zoo.errors import InputError

Numbered = list[tuple[int, list[str]]]  # the number of a line, and its cells
# Names of the columns of a file without a header.
UNNAMED = ("source", "target")
SEPARATORS = (",", ";", "\t", "|")
HEAD = 2**20  # bytes that are looked at first
SAMPLE = 2**16  # characters that show how cells are separated
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# For files that are not UTF-8: what programs in Western Europe and America write.
OTHER_ENCODING = "cp1252"
COMMA_DECIMAL = re.compile(r"[-+]?\d+,(\d{1,2}|\d{4,})")
csv.field_size_limit(2**31 - 1)  # Texts may be long.
POINT_DECIMAL = re.compile(r"[-+]?\d+\.(\d{1,2}|\d{4,})")


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How the cells of a text file are written.

    Attributes:
        path: The file.
        separator: What separates the cells.
        encoding: The encoding of the text.
        decimal: The decimal mark.
        skipped: Lines before the header.
        header: The names of the columns.
        first: The line of the first row.
        notes: How the file is read.
        block: Bytes to read at a time.
    """

    path: pathlib.Path
    separator: str
    encoding: str
    decimal: str
    skipped: int
    header: tuple[str, ...]
    first: int
    notes: tuple[str, ...]
    block: int = 2**19

    @property
    def is_tabbed(self) -> bool:
        """Whether quotation marks may be part of the texts."""
        return self.separator == "\t"

    def text(self) -> io.TextIOWrapper:
        """The file as text."""
        return io.TextIOWrapper(
            cast(Any, opened(self.path)), encoding=self.encoding, newline=""
        )


def dialect_of(
    path: pathlib.Path,
    given: TableFormat,
    has_header: Callable[[Sequence[str]], bool] | None = None,
) -> Dialect:
    """How a file is written, as given or found in its first lines.

    Args:
        path: The file.
        given: What need not be found out.
        has_header: Whether the first line is a header; by default it is.

    Raises:
        InputError: If it is not such a file, or has no rows or a column twice.
    """
    notes: list[str] = []
    head, is_whole = _head(path)
    encoding, text = _decoded(path, head, is_whole, given.encoding, notes)
    by_suffix = SEPARATED.get(suffix(path), ",")
    skipped, separator = 0, given.separator
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:  # as Excel writes it
        skipped, separator = 1, separator or declared[1]
        text = text[declared.end() :]
    sample = _sample(text, is_whole)
    if separator is None:
        separator = by_suffix
        if separator == ",":
            separator = _found_separator(sample)
        if separator == "\t" == by_suffix:
            by_name = f"as {suffix(path)} says"
            notes.append(f"the cells are separated by tabs, {by_name}")
        elif separator != by_suffix:
            shown = "tabs" if separator == "\t" else repr(separator)
            notes.append(f"the cells are separated by {shown} (--separator changes it)")
    decimal = given.decimal or "."
    if (
        given.decimal is None
        and separator != ","
        and _has_decimal_commas(sample, separator)
    ):
        decimal = ","
        notes.append("',' is the decimal mark of the numbers (--decimal changes it)")
    header, first, told = _header(path, text, separator, has_header)
    return Dialect(
        path,
        separator,
        encoding,
        decimal,
        skipped,
        header,
        first + skipped,
        (*notes, *told),
    )


def _head(path: pathlib.Path) -> tuple[bytes, bool]:
    """The beginning of a file, two lines at least, and whether it is all of it."""
    try:
        with opened(path) as file:
            head = file.read(HEAD)
            while True:
                more = file.read(max(len(head), 1))
                if not more or head.count(b"\n") + head.count(b"\r") > 2:
                    return head, not more
                head += more
    except PROBLEMS as error:
        raise unreadable(path, error) from error


def _decoded(
    path: pathlib.Path,
    head: bytes,
    is_whole: bool,
    given: str | None,
    notes: list[str],
) -> tuple[str, str]:
    """The encoding of a file, and the text of its head."""
    encoding = given
    if encoding is None:
        marked = (e for mark, e in BYTE_ORDER_MARKS.items() if head.startswith(mark))
        encoding = next(marked, None)
        if encoding is None and b"\0" in head:
            # Most characters of UTF-16 have a zero as their first or second byte.
            zeros = [head[start::2].count(0) for start in (0, 1)]
            if 3 * max(zeros) > len(head):
                encoding = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
        if encoding is not None and encoding.startswith(("utf-16", "utf-32")):
            notes.append(f"the text is {encoding.upper()}")
    tries = ("utf-8-sig", OTHER_ENCODING) if encoding is None else (encoding,)
    for tried in tries:
        try:
            decoder = codecs.getincrementaldecoder(tried)()
            text = decoder.decode(head, is_whole)
        except UnicodeDecodeError as error:
            problem = error
            continue
        if tried == OTHER_ENCODING and encoding is None:
            notes.append(told_encoding(problem.start))
        return tried, text
    raise InputError(not_decoded(path, encoding, problem.start))


def told_encoding(at: int) -> str:
    """The note on a file that is read with another encoding than UTF-8."""
    return (
        f"the text is not UTF-8 (byte {at}) and is read as {OTHER_ENCODING} "
        "(--encoding changes it)"
    )


def not_decoded(path: pathlib.Path, encoding: str | None, at: int) -> str:
    """The error about a byte that no character begins with."""
    name = (encoding or "utf-8").upper().removesuffix("-SIG")
    return (
        f"{path} is not {name} (byte {at}); save it as UTF-8, or name its encoding "
        "with --encoding."
    )


def _sample(text: str, is_whole: bool) -> str:
    """The first lines, without one that is cut off."""
    if is_whole and len(text) <= SAMPLE:
        return text
    second = text.find("\n", text.find("\n") + 1)
    end = text.rfind("\n", 0, max(SAMPLE, second + 1))
    return text[: end + 1] if end >= 0 else text


def _parsed(sample: str, separator: str) -> list[list[str]]:
    """The cells of the first lines; empty if they cannot be separated so."""
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        return [row for row in reader if row]
    except csv.Error:
        return []


def _found_separator(sample: str) -> str:
    """What separates the cells of the first lines into columns."""
    widths = {
        separator: [len(row) for row in _parsed(sample, separator)]
        for separator in SEPARATORS
    }
    several = {s: w for s, w in widths.items() if w and w[0] > 1}
    alike = [s for s, w in several.items() if len({*w}) == 1]
    if alike:
        return alike[0]
    if not several or "," in several:
        return ","
    return max(several, key=lambda separator: several[separator][0])


def _has_decimal_commas(sample: str, separator: str) -> bool:
    cells = [cell.strip() for row in _parsed(sample, separator)[1:] for cell in row]
    has_commas = any(COMMA_DECIMAL.fullmatch(cell) for cell in cells)
    return has_commas and not any(POINT_DECIMAL.fullmatch(cell) for cell in cells)


def _header(
    path: pathlib.Path,
    text: str,
    separator: str,
    has_header: Callable[[Sequence[str]], bool] | None,
) -> tuple[tuple[str, ...], int, list[str]]:
    """The names of the columns, the line of the first row, and notes."""
    names: list[str] = []
    line, notes = 1, []
    # In tabbed texts a quotation mark may be part of the first line.
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)[: 1 + (separator == "\t")]:
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=separator,
            quoting=cast(Any, quoting),
            strict=True,
        )
        try:
            names = next((row for row in reader if row), [])
            line = reader.line_num
            break
        except csv.Error as error:
            if separator != "\t" or quoting == csv.QUOTE_NONE:
                raise InputError(
                    f"{path}, line {reader.line_num}: not a table: {error}."
                ) from error
    if names and has_header is not None and not has_header(names):
        notes.append(
            f"line {line} is a pair, not a header (--text-column with a name in it "
            "says that it is a header)"
        )
        numbered = (f"column_{n + 1}" for n in range(2, len(names)))
        return tuple([*UNNAMED, *numbered][: len(names)]), line, notes
    header = [name.strip() for name in names]
    for name, following in itertools.pairwise(sorted(header)):
        if name == following:
            raise InputError(f"{path} has several columns {name!r}.")
    if not header:
        raise InputError(f"{path} has no rows below its header.")
    return tuple(header), line + 1, notes


def read_cells(dialect: Dialect) -> tuple[Numbered, list[str]]:
    """The rows of a file as Python's `csv` reads them, strictly, and notes.

    Raises:
        InputError: If it is not such a file, or a row has another length.
    """
    path, notes = dialect.path, []
    try:
        numbered = list(numbered_rows(dialect))
    except csv.Error as error:
        if not dialect.is_tabbed:
            raise InputError(f"{path}, {error}") from error
        numbered = []
    if dialect.is_tabbed:
        plain = list(numbered_rows(dialect, csv.QUOTE_NONE))
        # Sentences may begin with a quotation mark that does not quote a cell.
        same = len({len(row) for _, row in plain}) == 1
        if not numbered or (same and len(plain) != len(numbered)):
            numbered = plain
            notes.append("quotation marks are part of the texts")
    if not numbered:
        raise InputError(f"{path} has no rows below its header.")
    for line, row in numbered:
        if len(row) != len(dialect.header):
            raise InputError(
                f"{path}, line {line}: {len(row)} values for {len(dialect.header)} "
                "columns."
            )
    return numbered, notes


def numbered_rows(
    dialect: Dialect, quoting: int = csv.QUOTE_MINIMAL
) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header that are not empty, with the numbers of their lines."""
    with dialect.text() as file:
        for _ in range(dialect.skipped):
            file.readline()
        reader = csv.reader(
            file, delimiter=dialect.separator, quoting=cast(Any, quoting), strict=True
        )
        try:
            for row in reader:
                line = reader.line_num + dialect.skipped
                if row and line >= dialect.first:
                    yield line, row
        except csv.Error as error:
            line = reader.line_num + dialect.skipped
            raise csv.Error(f"line {line}: not a table: {error}.") from error


def undecodable(path: pathlib.Path, encoding: str) -> int:
    """The position of the first byte that is not text of an encoding, or -1."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    with opened(path) as file:
        while True:
            content = file.read(HEAD)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(content, not content)
            except UnicodeDecodeError as error:
                return position - waiting + error.start
            if not content:
                return -1
            position += len(content)
