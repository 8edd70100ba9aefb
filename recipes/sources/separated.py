"""Reading tables whose cells are separated by commas or, in `.tsv` files, by tabs."""

import csv
import itertools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, cast

from zoo.errors import InputError

Numbered = list[tuple[int, list[str]]]  # the number of a line, and its cells
# Names of the columns of a file without a header.
UNNAMED = ("source", "target")


def read_cells(
    path: pathlib.Path,
    has_header: Callable[[Sequence[str]], bool] | None = None,
    notes: list[str] | None = None,
) -> tuple[list[str], Numbered]:
    """The header of a table and its rows, all of the same length.

    Args:
        path: The file; tabs separate its cells if it is a `.tsv` file.
        has_header: Whether the first line is a header; by default it is.
        notes: List to which is added how the file was read.

    Raises:
        InputError: If it is not such a file, or has no rows.
    """
    notes = [] if notes is None else notes
    is_tabbed = path.suffix.lower() == ".tsv"
    try:
        numbered = _rows(path, is_tabbed)
    except csv.Error as error:
        if not is_tabbed:
            raise InputError(f"{path}, {error}") from error
        numbered = []
    if is_tabbed:
        notes.append("the cells are separated by tabs, as .tsv says")
        plain = _rows(path, is_tabbed, csv.QUOTE_NONE)
        # Sentences may begin with a quotation mark that does not quote a cell.
        same = len({len(row) for _, row in plain}) == 1
        if not numbered or (same and len(plain) != len(numbered)):
            numbered = plain
            notes.append("quotation marks are part of the texts")
    if has_header is not None and numbered and not has_header(numbered[0][1]):
        number = len(numbered[0][1])
        header = [*UNNAMED, *(f"column_{n + 1}" for n in range(2, number))][:number]
        notes.append(
            f"line {numbered[0][0]} is a pair, not a header (--text-column with a name "
            "in it says that it is a header)"
        )
    else:
        header = [name.strip() for name in numbered[0][1]] if numbered else []
        numbered = numbered[1:]
    if not numbered:
        raise InputError(f"{path} has no rows below its header.")
    for name, following in itertools.pairwise(sorted(header)):
        if name == following:
            raise InputError(f"{path} has several columns {name!r}.")
    for line, row in numbered:
        if len(row) != len(header):
            raise InputError(
                f"{path}, line {line}: {len(row)} values for {len(header)} columns."
            )
    return header, numbered


def _rows(
    path: pathlib.Path, is_tabbed: bool, quoting: int = csv.QUOTE_MINIMAL
) -> Numbered:
    """The rows that are not empty."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(
                file,
                delimiter="\t" if is_tabbed else ",",
                quoting=cast(Any, quoting),
                strict=True,
            )
            try:
                return [(reader.line_num, row) for row in reader if row]
            except csv.Error as error:
                place = f"line {reader.line_num}: not a table: {error}."
                raise csv.Error(place) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8."
        ) from error
