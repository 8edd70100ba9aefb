"""Columns of pyarrow, and the files of tables that are not text: parquet, feather."""

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from recipes.data.objects import as_objects
from recipes.sources.steps.tagged_files import json_lines
from recipes.sources.tables.compressed import opened
from recipes.sources.tables.text_columns import words_of_arrow
from recipes.sources.tables.words import Words
from zoo.errors import InputError
from zoo.json_files import parse_json


def cells_of_arrow(name: str, column: Any) -> np.ndarray | Words:
    """A column of pyarrow as numbers, dates or words; NaN or NaT where it is null.

    Raises:
        InputError: If it holds lists or other values inside of values.
    """
    import pyarrow
    from pyarrow import types

    chunks = column.chunks if hasattr(column, "chunks") else [column]
    kind = column.type
    if types.is_dictionary(kind):
        return words_of_arrow([_text_dictionary(chunk) for chunk in chunks], True)
    if types.is_decimal(kind):
        column, kind = column.cast("float64"), pyarrow.float64()
    if types.is_floating(kind) or types.is_integer(kind):
        is_whole = types.is_integer(kind)
        if is_whole and column.null_count:
            column = column.cast("float64")
        return _numpy(column)
    if types.is_boolean(kind):
        return _numpy(column)  # objects if some are null
    if types.is_null(kind):
        return np.full(len(column), np.nan, "float32")
    if types.is_temporal(kind) and not types.is_time(kind):
        if types.is_timestamp(kind) and kind.tz is not None:
            column = column.cast(pyarrow.timestamp(kind.unit))
        return _numpy(column)
    if types.is_struct(kind) and {"bytes", "path"} >= {each.name for each in kind}:
        return as_objects(column.to_pylist())  # a file, as Hugging Face keeps it
    if types.is_nested(kind):
        raise InputError(
            f"The column {name!r} holds {kind}, more than one value in a cell: give "
            "each value a column of its own."
        )
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _numpy(column)
    texts = column.cast("large_string")
    chunks = texts.chunks if hasattr(texts, "chunks") else [texts]
    return words_of_arrow([chunk.dictionary_encode() for chunk in chunks])


def _text_dictionary(chunk: Any) -> Any:
    """A dictionary-encoded array whose values are texts."""
    import pyarrow

    values = chunk.dictionary.cast("large_string")
    indices = chunk.indices.cast("int32")
    return pyarrow.DictionaryArray.from_arrays(indices, values)


def _numpy(column: Any) -> np.ndarray:
    if hasattr(column, "chunks"):
        return column.to_numpy()
    return column.to_numpy(zero_copy_only=False)


class StoredCells(Mapping[str, Any]):
    """The columns of a parquet file, each read from it when it is asked for.

    Args:
        path: The file.
        file: The file as pyarrow has it open.
        rows: The indices of the rows to keep, or `None` for all.
    """

    def __init__(self, path: pathlib.Path, file: Any, rows: Any = None) -> None:
        self._path, self._file, self._rows = path, file, rows
        self._last: tuple[str, Any] = ("", None)
        metadata = file.schema_arrow.metadata or {}
        described = metadata.get(b"pandas", b"{}")
        self._categories: set[str] = set()
        self._classes = _classes(metadata.get(b"huggingface", b"{}"))
        # Parquet keeps only the values of pandas' categories of numbers.
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            self._categories = {
                column["name"]
                for column in json.loads(described)["columns"]
                if column["pandas_type"] == "categorical"
            }

    def __getitem__(self, name: str) -> Any:
        if name not in self._file.schema_arrow.names:
            raise KeyError(name)
        if self._last[0] != name or self._last[1] is None:
            self._last = ("", None)  # One column is in memory at a time.
            with refusing(self._path):
                column = self._file.read(columns=[name]).column(0)
                if name in self._classes:
                    column = with_class_names(column, self._classes[name])
                elif name in self._categories and not hasattr(
                    column.type, "value_type"
                ):
                    column = column.dictionary_encode()
                cells = cells_of_arrow(name, column)
            self._last = (
                name,
                cells if self._rows is None else rows_of(cells, self._rows),
            )
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.schema_arrow.names)

    def __len__(self) -> int:
        return len(self._file.schema_arrow.names)

    def __contains__(self, name: object) -> bool:
        return name in self._file.schema_arrow.names

    def has_numbers(self, name: str) -> bool:
        """Whether a column holds numbers or dates; it is not read."""
        from pyarrow import types

        kind = self._file.schema_arrow.field(name).type
        return types.is_primitive(kind)

    def kept(self, rows: np.ndarray) -> "StoredCells":
        """The columns of some rows, by their index."""
        rows = rows if self._rows is None else self._rows[rows]
        return StoredCells(self._path, self._file, rows)


def rows_of(cells: Any, rows: np.ndarray) -> Any:
    """Some rows of a column, by their index."""
    if isinstance(cells, Words):
        return cells.take(rows)
    return (cells if isinstance(cells, np.ndarray) else np.asarray(cells, object))[rows]


def read_parquet(path: pathlib.Path) -> tuple[StoredCells, int]:
    """The columns of a parquet file, and the number of its rows."""
    from pyarrow import parquet

    with refusing(path):
        file = parquet.ParquetFile(path)
    names = file.schema_arrow.names
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path} has several columns {twice!r}; rename them.")
    if not file.metadata.num_rows:
        raise InputError(f"{path} has no rows.")
    return StoredCells(path, file), file.metadata.num_rows


def read_feather(path: pathlib.Path) -> Any:
    """The table of pyarrow in a feather or Arrow file."""
    import pyarrow
    from pyarrow import feather

    with refusing(path):
        try:
            return feather.read_table(path)
        except pyarrow.ArrowInvalid:
            with pyarrow.memory_map(str(path)) as file:  # a stream of record batches
                return pyarrow.ipc.open_stream(file).read_all()


@contextlib.contextmanager
def refusing(path: pathlib.Path) -> Iterator[None]:
    """Refuses a file if pyarrow, or decoding its texts, fails."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        told = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(f"{path} is damaged, or not such a file: {told}.") from error


def _classes(described: bytes) -> dict[str, list[str]]:
    """The names of the classes in each column, as Hugging Face keeps them."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        features = json.loads(described)["info"]["features"].items()
        return {n: f["names"] for n, f in features if f["_type"] == "ClassLabel"}
    return {}


def with_class_names(codes: Any, names: list[str]) -> Any:
    """Class numbers of pyarrow as words; a negative number is missing."""
    import pyarrow

    numbers = codes.to_numpy()
    known = ~np.isnan(numbers) & (numbers >= 0) & (numbers < len(names))
    numbers = np.where(known, numbers, len(names)).astype("int32")
    return pyarrow.DictionaryArray.from_arrays(numbers, pyarrow.array([*names, None]))


def read_json_records(
    path: pathlib.Path,
) -> tuple[dict[str, list[Any]], list[int]]:
    """The columns of JSON lines, or of a JSON list of objects, and their lines.

    A name that a line lacks is missing there.
    """
    with opened(path) as file:
        start = file.read(2**12).lstrip(b"\xef\xbb\xbf \t\r\n")
    records = [*(_listed(path) if start.startswith(b"[") else json_lines(path))]
    if not records:
        raise InputError(f"{path} holds no objects.")
    names = dict.fromkeys(name for _, record in records for name in record)
    for line, record in records:
        for name, value in record.items():
            if isinstance(value, list | dict):
                raise InputError(
                    f"{path}, line {line}: {name!r} holds more than one value: give "
                    "each value a name of its own."
                )
    cells = {name: [record.get(name) for _, record in records] for name in names}
    return cells, [line for line, _ in records]


def _listed(path: pathlib.Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list, which is a whole file, by their number."""
    with opened(path) as file:
        try:
            records = parse_json(file.read().decode("utf-8-sig"))
        except ValueError as error:
            raise InputError(f"{path}: {error}.") from error
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            shown = json.dumps(record)[:60]
            raise InputError(
                f"{path}, number {number}, must be an object in braces, got {shown}."
            )
        yield number, record
