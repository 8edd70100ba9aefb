"""Data sets from columns of numbers, words and dates, encoded as rows of numbers."""

import contextlib
import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.roles import ColumnRole, Role, notes_on_left_out
from recipes.data.zero_copy import aligned
from recipes.sources.column_encoding import learned, notes_on_missing
from recipes.sources.column_roles import column_role
from recipes.sources.division import USUAL, Division
from recipes.sources.duplicates import digests, digests_of_rows, notes_on_duplicates
from recipes.sources.identifiers import identifying
from recipes.sources.missing import is_missing
from recipes.sources.number_formats import DAYS, read_numbers
from recipes.sources.splitting import complete
from recipes.sources.targets import Task, read_labels
from recipes.sources.words import Words, word_of
from zoo.calendar import days_of, days_since_1970, moments_of
from zoo.columns import Category, Columns, Date, Number
from zoo.errors import InputError
from zoo.kinds import Kind

ROLES: dict[type, Role] = {Number: "number", Category: "category", Date: "date"}


def from_columns(
    tables: dict,
    labels: dict,
    *,
    class_names: Iterable[str] | None = None,
    task: Task | None = None,
    value_names: Sequence[str] = (),
    columns: Columns | None = None,
    categorical: tuple[str, ...] = (),
    groups: np.ndarray | None = None,
    name: str,
    notes: tuple[str, ...] = (),
    split: Division = USUAL,
    is_read: bool = False,
    are_plain: bool = False,
) -> Dataset:
    """A table whose columns hold words or dates, or numbers of which some are missing.

    The values for missing numbers and dates, the known words and the parts of dates are
    learnt from the training part only. Columns are used one by one, so that a mapping
    may read them when it is asked for them.

    Args:
        tables: The columns of each part, by name.
        labels: The labels of each part.
        class_names: As in `from_arrays`.
        task: The same.
        value_names: The same.
        columns: The encoding of the columns; learnt if `None`.
        categorical: Columns that hold categories, whatever they look like.
        groups: As in `from_arrays`.
        name: The same.
        notes: The same.
        split: The same.
        is_read: Whether the columns are as `read_column` gives them, and none numbers
            the rows.
        are_plain: Whether the columns hold numbers, and none is missing. The rows then
            are the numbers as they are.
    """
    told = list(notes)
    tables, whole = dict(tables), tables["train"]
    why: dict[str, str] = {}
    if not is_read:
        kinds: dict[str, bool | None] = dict.fromkeys(categorical, True)
        whole = _checked("train", whole, labels, kinds, told)
        kinds = {name: c.dtype == object for name, c in whole.items()}
        dates = [name for name, c in whole.items() if c.dtype.kind == "M"]
        for part in tables.keys() - {"train"}:
            tables[part] = _checked(part, tables[part], labels, kinds)
            for name in tables[part].keys() & {*dates}:
                tables[part][name] = moments_of(tables[part][name])
        why = {} if columns else identifying_columns(whole, categorical)
        tables["train"] = {name: c for name, c in whole.items() if name not in why}
    for part, table in tables.items():
        missing = [name for name in tables["train"] if name not in table]
        if missing:
            raise InputError(f"The {part} part has no column {missing[0]!r}.")
    read = read_labels(
        labels, class_names, task=task, value_names=value_names, covering=split.split
    )
    rows = {
        part: Part(np.arange(len(numbers)), numbers)
        for part, numbers in read.numbers.items()
    }
    contents = {}
    if not are_plain or split.keeps_duplicates:
        contents = {part: digests_of_rows(table) for part, table in tables.items()}
    # The rows are split by index, so that only training is used for learning.
    train, validation, test, split_notes = complete(
        rows["train"],
        rows.get("validation"),
        rows.get("test"),
        read.names,
        split,
        groups,
        contents["train"] if split.keeps_duplicates else None,
    )
    if are_plain:
        columns = Columns(tuple(Number(name, 0.0, False) for name in whole))
    elif columns is None:
        learning = train.inputs if len(train) else test.inputs
        columns, unused = learned(tables["train"], learning, categorical, told)
        why |= unused
    roles = _roles(whole, tables, columns, why)
    told += [*notes_on_left_out(roles), *notes_on_missing(columns, roles, tables)]

    pieces = {"train": train, "validation": validation, "test": test}
    parts: dict[str, Any] = _encoded(tables, columns, pieces, are_plain)
    contents = {
        part: contents.get(part, contents["train"])[numbered.inputs]
        if contents
        else digests(parts[part])
        for part, numbered in pieces.items()
    }
    return Dataset(
        name=name,
        kind=Kind.TABLE,
        **parts,
        class_names=read.names,
        names_given=read.names_given,
        value_names=read.value_names,
        label_names=read.label_names,
        feature_names=columns.row_names,
        roles=roles,
        notes=(
            *told,
            *read.notes,
            *split_notes,
            *notes_on_duplicates(contents, tables),
        ),
    )


def _encoded(
    tables: dict, columns: Columns, pieces: dict[str, Part], are_plain: bool
) -> dict[str, Part]:
    """The rows of each part, filled column by column."""
    single = np.dtype("float32")
    width = len(columns.row_names)
    rows = {part: aligned((len(each), width), single) for part, each in pieces.items()}
    place = 0
    for column in columns.columns:
        found = {part: table[column.name] for part, table in tables.items()}
        for part, numbered in pieces.items():
            values = found.get(part, found["train"])[numbered.inputs]
            if are_plain and np.isfinite(_as_float32(values)).all():
                rows[part][:, place] = values
                continue
            for number, encoded in enumerate(column.encoded(values), place):
                rows[part][:, number] = encoded
        place += len(column.layout)
    encoding = None if are_plain else columns
    return {
        part: Part(rows[part], numbered.labels, columns=encoding)
        for part, numbered in pieces.items()
    }


def identifying_columns(
    table: Mapping[str, np.ndarray], keep: Collection[str]
) -> dict[str, str]:
    """Why columns that number or name the rows are left out, unless all do."""
    found: dict[str, str] = {}
    for name in table:
        if name not in keep:
            found |= identifying({name: table[name]})
    if len(found) == len(table):
        return {}
    return {n: f"{why} (--categorical-column keeps it)" for n, why in found.items()}


def usable(
    table: dict[str, np.ndarray], keep: Collection[str]
) -> dict[str, np.ndarray]:
    """The columns without those that number or name the rows, unless all do."""
    why = identifying_columns(table, keep)
    return {name: column for name, column in table.items() if name not in why}


def _roles(whole, tables, columns: Columns, why) -> tuple[ColumnRole, ...]:
    """The roles of the columns in all parts."""
    kinds = {c.name: ROLES[type(c)] for c in columns.columns}
    others = [table for part, table in tables.items() if part != "train"]
    roles = []
    for name, values in whole.items():
        pieces = [values, *(table[name] for table in others if name in table)]
        values = np.concatenate(pieces) if others else values
        role: Role = kinds.get(
            name, "id" if name not in tables["train"] else "left out"
        )
        roles.append(column_role(name, role, values, why.get(name, "")))
    return tuple(roles)


def _checked(part, table, labels, kinds, notes=None) -> dict[str, np.ndarray]:
    """Columns as numbers with NaN, as dates with NaT, or as strings."""
    columns = {}
    for key in table:
        name = str(key)
        values = read_column(name, table[key], kinds.get(name), notes=notes)
        if len(values) != len(labels[part]):
            raise InputError(
                f"The column {name!r} of the {part} part has {len(values):,} values "
                f"for {len(labels[part]):,} labels."
            )
        columns[name] = values
    return columns


def read_column(
    name: str,
    values: Any,
    is_category: bool | None = None,
    *,
    where: Callable[[int], str] | None = None,
    notes: list[str] | None = None,
) -> np.ndarray:
    """A column `(n,)` of float64 with NaN, of datetime64 with NaT, or of strings.

    A missing word is an empty string.

    Args:
        name: Name of the column, for messages.
        values: Numbers, booleans, dates, or text, which may spell numbers or dates.
        is_category: Whether to read words; if not, dates become days since 1970.
            `None` reads words unless most values are numbers or dates.
        where: What a message calls a row. Default: its number, counted from 0.
        notes: List to which a sentence on how the values were read is added.

    Raises:
        InputError: If the values are neither numbers nor words, or a word is among
            numbers.
    """
    if isinstance(values, Words) and is_category is None:
        is_category = values.is_category or None
    if isinstance(values, list | tuple) and isinstance(next(iter(values), 0), str):
        values = np.array(values, object)  # One long text makes an array of str huge.
    values = np.asarray(values)
    if values.ndim != 1:
        raise InputError(
            f"The column {name!r} must have the shape (n,), got {values.shape}."
        )
    if values.dtype.kind == "M" and not is_category:
        days = days_of(name, values)
        return days if is_category is not None else moments_of(days)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(object)
    elif values.dtype.kind == "m":
        values = values / np.timedelta64(1, "D")
    if values.dtype == np.float32 and not is_category:
        return values
    if values.dtype.kind in "iufb" and not is_category:
        return values.astype("float64", copy=False)
    if values.dtype.kind not in "OSUiufb":
        raise InputError(
            f"The column {name!r} holds {values.dtype.name}; give numbers or words."
        )
    if values.dtype.kind == "O" and not any(
        isinstance(value, str | bytes) for value in values
    ):
        if not is_category:
            return _from_objects(name, values.tolist(), is_category is None, notes)
    elif not is_category:
        with contextlib.suppress(ValueError, TypeError):
            plain = values.astype("float64")
            if not np.isinf(_as_float32(plain)).any():
                return plain
    texts = _words(values)
    if is_category:
        return texts
    reading = read_numbers(texts)
    is_wrong = (texts != "") & np.isnan(reading.numbers)
    if is_category is None and 2 * is_wrong.sum() > (texts != "").sum():
        return texts
    remedy = (
        f"; if the column holds categories, say so with --categorical-column {name}, "
        f"or leave it out with --drop-column {name}."
    )
    wrong = np.flatnonzero(is_wrong | np.isinf(_as_float32(reading.numbers)))
    if len(wrong):
        called = where or "row {}".format
        raise InputError(
            f"The column {name!r}, {called(int(wrong[0]))}: {texts[wrong[0]]!r} is not "
            f"a finite number; write it as a number, or leave it empty{remedy}"
        )
    if reading.problem:
        raise InputError(
            f"The column {name!r} is ambiguous: {reading.problem}. Write plain numbers "
            f"such as 1234.5, and dates as 2024-01-31{remedy}"
        )
    if reading.has_dates and is_category is None:
        form = reading.how.removeprefix(DAYS)
        if form and notes is not None:
            notes.append(f"column {name!r} is read as dates{form}")
        return moments_of(reading.numbers)
    if reading.how and notes is not None:
        notes.append(f"column {name!r} is read as numbers: {reading.how}")
    return reading.numbers


def _from_objects(
    name: str, values: list, as_dates: bool, notes: list[str] | None
) -> np.ndarray:
    """Numbers or dates of Python objects."""
    cells = [None if is_missing(value) else value for value in values]
    has_dates = any(isinstance(cell, datetime.date) for cell in cells)
    if has_dates:
        cells = [None if cell is None else days_since_1970(cell) for cell in cells]
        if notes is not None and not as_dates:
            notes.append(f"column {name!r} is read as numbers: {DAYS}")
    try:
        # NumPy reads None as NaN.
        numbers = np.array(cells, "float64")
        return moments_of(numbers) if has_dates and as_dates else numbers
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"The column {name!r} holds neither numbers nor words: {error}."
        ) from error


def _words(values: np.ndarray) -> np.ndarray:
    """Words without space around them; an empty one where a value is missing."""
    if values.dtype.kind != "O":
        distinct, codes = np.unique(values, return_inverse=True)
        return _words(distinct.astype(object))[codes]
    words = np.empty(len(values), object)
    words[:] = ["" if is_missing(v) else word_of(v) for v in values.tolist()]
    return words


def _as_float32(numbers: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # It becomes infinite.
        return numbers.astype("float32")
