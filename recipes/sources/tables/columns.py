"""Data sets from columns of numbers, words and dates, encoded as rows of numbers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.roles import ColumnRole, Role, notes_on_left_out
from recipes.data.zero_copy import aligned
from recipes.sources.labels.targets import Task, read_labels
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.duplicates import (
    digests,
    digests_of_rows,
    notes_on_duplicates,
)
from recipes.sources.parts.splitting import complete
from recipes.sources.tables.column_encoding import learned, notes_on_missing
from recipes.sources.tables.column_reading import as_float32, read_column
from recipes.sources.tables.column_roles import column_role
from recipes.sources.tables.deciding import spread, with_decisions
from recipes.sources.tables.identifiers import identifying
from zoo.calendar import moments_of
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
            for date in tables[part].keys() & {*dates}:
                tables[part][date] = moments_of(tables[part][date])
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
    if len(train):
        some = spread(len(train))
        used = ((n, tables["train"][n][train.inputs[some]]) for n in columns.names)
        roles, decisions = with_decisions(roles, used, train.labels[some])
        told += decisions
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
            if are_plain and np.isfinite(as_float32(values)).all():
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
