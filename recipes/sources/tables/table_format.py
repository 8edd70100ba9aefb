"""Which files hold tables, and how the text of one is written."""

import codecs
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from custom.arguments import shown
from recipes.sources.files.file_listing import entries
from recipes.sources.parts.parts import part_inside
from recipes.sources.tables.compressed import plain_name
from zoo.errors import InputError

# What separates the cells, by the end of a file's name.
SEPARATED = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
EXCEL = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
ARROW = (*PARQUET, ".feather", ".arrow", ".ipc")
TABLE_SUFFIXES = (*SEPARATED, *JSON_LINES, *ARROW, *EXCEL)
FORMAT = ("separator", "encoding", "decimal", "sheet")


@dataclasses.dataclass(frozen=True)
class TableFormat:
    """How the text of a table is written; `None` stands for what is found out.

    Attributes:
        separator: The character between two cells.
        encoding: The encoding of the text, such as `"cp1252"`.
        decimal: The decimal mark, `"."` or `","`.
        sheet: The sheet of a workbook.
    """

    separator: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.separator is not None and self.separator == self.decimal:
            raise InputError(
                f"`separator` and `decimal` are both {self.separator!r}: leave one out."
            )

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "TableFormat":
        """The format in the arguments of `recipes.load`."""
        return cls(**{name: options[name] for name in FORMAT if name in options})


AS_FOUND = TableFormat()


def separator(name: str, value: Any) -> str:
    """A single character between two cells; `"tab"` and `"\\t"` are a tab."""
    if isinstance(value, str):
        value = {"tab": "\t", r"\t": "\t"}.get(value, value)
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n\0':
        raise ValueError(
            f"`{name}` must be one character, such as ';', or 'tab', got "
            f"{shown(value)}."
        )
    return value


def encoding(name: str, value: Any) -> str:
    """The name of an encoding of texts that Python knows."""
    try:
        if codecs.lookup(value)._is_text_encoding:
            return value
    except (LookupError, TypeError, ValueError):
        pass
    raise ValueError(
        f"`{name}` must be an encoding such as 'utf-8' or 'cp1252', got {shown(value)}."
    )


def suffix(path: pathlib.Path) -> str:
    """The end of a file's name in lower case, without that of the compression.

    >>> suffix(pathlib.Path("sales.CSV.gz"))
    '.csv'
    """
    return pathlib.PurePath(plain_name(path)).suffix.lower()


def is_table(path: pathlib.Path) -> bool:
    """Whether the name of a file, or of the files of a folder, says it is a table."""
    if path.is_dir():
        return bool(table_files(path))
    return suffix(path) in TABLE_SUFFIXES


def table_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of one table in a folder without folders; empty for other folders."""
    inside = [each for each in entries(folder) if not each.name.startswith(("_", "."))]
    if not inside or any(each.is_dir() for each in inside):
        return []
    suffixes = {suffix(each) for each in inside}
    is_one = len(suffixes) == 1 and suffixes <= {*TABLE_SUFFIXES}
    return sorted(inside) if is_one else []


def files_of(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of the table in a folder.

    Raises:
        InputError: If it has none, or names say that they are parts of a data set.
    """
    files = table_files(folder)
    if not files:
        raise InputError(f"{folder} does not hold the files of one table.")
    named = [file.name for file in files if part_inside(file.name) is not None]
    if named and len(files) > 1:
        raise InputError(
            f"{folder} has files of one table, but {named[0]} is named like a part of "
            "a data set: give that file, or rename it."
        )
    return files


def notes_on_unused(path: pathlib.Path, form: TableFormat) -> list[str]:
    """Notes on what is said about a table that is written otherwise."""
    ending = suffix(path)
    used = {"sheet"} if ending in EXCEL else {*FORMAT} - {"sheet"}
    used = used if ending in (*SEPARATED, *EXCEL) else set()
    return [
        f"`{name}` {value!r} (--{name}) is not used: {path.name} has none"
        for name in FORMAT
        if (value := getattr(form, name)) is not None and name not in used
    ]
