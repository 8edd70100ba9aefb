"""Files of answers, written piece by piece: CSV, JSON lines and parquet."""

import abc
import contextlib
import csv
import json
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

import numpy as np

from zoo.atomic_writes import checked_atomic_write
from zoo.errors import InputError, first_line

Columns = dict[str, Any]


class Format(abc.ABC):
    """A file that answers are written to, piece by piece."""

    @abc.abstractmethod
    def write(self, columns: Columns) -> None:
        """Adds the rows of columns of equal length."""


class TextFormat(Format):
    """Lines of a text file, or of standard output.

    Args:
        file: Where the lines go.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file


class CSV(TextFormat):
    """A CSV table with a header."""

    delimiter = ","

    def __init__(self, file: TextIO) -> None:
        super().__init__(file)
        self._writer = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
        self._has_header = False

    def write(self, columns: Columns) -> None:
        if not self._has_header:
            self._writer.writerow(columns)
            self._has_header = True
        self._writer.writerows(zip(*map(_shortest, columns.values()), strict=True))


class TSV(CSV):
    """A table with tabs between its cells."""

    delimiter = "\t"


class JSONLines(TextFormat):
    """An object on each line."""

    def write(self, columns: Columns) -> None:
        for row in zip(*map(_written, columns.values()), strict=True):
            # ASCII, so that names do nothing to a terminal.
            line = json.dumps(dict(zip(columns, row, strict=True)), default=str)
            self._file.write(f"{line}\n")


class Parquet(Format):
    """A parquet file; the first piece says the types of the columns."""

    def __init__(self, path: pathlib.Path, stack: contextlib.ExitStack) -> None:
        self._path, self._stack = path, stack
        self._writer: Any = None

    def write(self, columns: Columns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            fields = [pa.field(n, _type(v)) for n, v in columns.items()]
            self._writer = self._stack.enter_context(
                pq.ParquetWriter(self._path, pa.schema(fields))
            )
        try:
            arrays = [_arrow(v) for v in columns.values()]
            table = pa.table(arrays, schema=self._writer.schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InputError(
                "A column of the answers has values of several types, which a parquet "
                f"file does not take ({first_line(error)}): write a .csv or .jsonl "
                "file."
            ) from error
        self._writer.write_table(table)


def _type(values: Any) -> Any:
    """The type of a column; a column without values holds texts."""
    import pyarrow as pa

    found = _arrow(values).type
    return pa.string() if pa.types.is_null(found) else found


def _arrow(values: Any) -> Any:
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return pa.array(np.ascontiguousarray(values))
    return pa.array(values, from_pandas=True)


def _written(values: Any) -> Iterable[Any]:
    """Values as JSON holds them."""
    found = _shortest(values)
    is_short = found is not values and values.dtype == np.float32
    return map(float, found) if is_short else found


def _shortest(values: Any) -> Iterable[Any]:
    """Values as texts hold them: float32 with as few digits as tell it apart."""
    if not isinstance(values, np.ndarray):
        return values
    return (values.astype("U32") if values.dtype == np.float32 else values).tolist()


FORMATS: dict[str, Callable[[TextIO], Format]] = {
    ".csv": CSV,
    ".tsv": TSV,
    ".jsonl": JSONLines,
    ".ndjson": JSONLines,
}
SUFFIXES = (*FORMATS, ".parquet")


def check_file(path: pathlib.Path) -> None:
    """Refuses a file of answers that cannot be written, before any work is done."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out must end in {', '.join(SUFFIXES)}, got {path}.")
    if path.is_dir():
        raise InputError(f"Cannot write --out {path}: it is a folder.")


@contextlib.contextmanager
def answer_file(path: pathlib.Path) -> Iterator[Format]:
    """A file of answers by its ending, which appears as a whole or not at all.

    An existing file is overwritten when the block ends.
    """
    check_file(path)
    with contextlib.ExitStack() as stack:
        draft = stack.enter_context(checked_atomic_write(path))
        suffix = path.suffix.lower()
        if suffix == ".parquet":
            yield Parquet(draft, stack)
            return
        file = stack.enter_context(draft.open("w", encoding="utf-8", newline=""))
        yield FORMATS[suffix](file)
