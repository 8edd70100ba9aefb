"""Tables in the workbooks of Excel."""

import pathlib
from typing import Any

from zoo.errors import InputError


def read_workbook(
    path: pathlib.Path, sheet: str | None, notes: list[str]
) -> tuple[dict[str, list[Any]], list[int]]:
    """The columns of a sheet, and the number of each row; its first row is a header.

    Args:
        path: The file.
        sheet: The name of the sheet. Default: the first one.
        notes: List to which is added which sheet was read of several.

    Raises:
        InputError: If `openpyxl` is not installed, or the sheet has no rows.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(
            f"Reading {path} needs openpyxl: pip install zoo-keras[excel], or save the "
            "sheet as .csv."
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises what its parsers do.
        raise InputError(f"{path} is damaged, or not a workbook: {error!r}.") from error
    try:
        names = [each.title for each in book.worksheets]
        if sheet is not None and sheet not in names:
            raise InputError(
                f"{path} has no sheet {sheet!r}; it has {', '.join(names)}."
            )
        if sheet is None and len(names) > 1:
            notes.append(
                f"the sheet {names[0]!r} is read, not {', '.join(names[1:])} (--sheet "
                "names another)"
            )
        content = book[sheet or names[0]].iter_rows(values_only=True)
        rows = [(n, row) for n, row in enumerate(content, 1) if any(map(_holds, row))]
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path} is damaged, or not a workbook: {error!r}.") from error
    finally:
        book.close()
    if len(rows) < 2:
        raise InputError(f"{path} has no rows below its header.")
    (_, header), *below = rows
    cells: dict[str, list[Any]] = {}
    for column, name in enumerate(header):
        values = [row[column] if column < len(row) else None for _, row in below]
        called = "" if name is None else str(name).strip()
        if not called and not any(map(_holds, values)):
            continue
        if called in cells:
            raise InputError(f"{path} has several columns {called!r}.")
        cells[called] = values
    return cells, [number for number, _ in below]


def _holds(value: Any) -> bool:
    return value is not None and value != ""
