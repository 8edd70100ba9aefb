"""How the columns of a table are encoded, learnt from its training part."""

from collections.abc import Iterable, Mapping

import numpy as np

from recipes.data.roles import ColumnRole
from recipes.sources.tables.column_roles import iso
from zoo.calendar import PARTS, days_of, moments_of, places
from zoo.columns import Category, Column, Columns, Date, Number
from zoo.errors import InputError

LEAST = 2  # examples of a category; a single one could be chance
MOST_CATEGORIES = 1000  # in a column: the most frequent


def learned(
    table: Mapping[str, np.ndarray],
    learning: np.ndarray,
    categorical: tuple[str, ...],
    notes: list[str],
) -> tuple[Columns, dict[str, str]]:
    """The encoding of the columns of a table, and why others are left out.

    Args:
        table: The columns by name.
        learning: The rows of the training part, by their index.
        categorical: Columns that hold categories, whatever they look like.
        notes: List to which notes are added.
    """
    columns: list[Column] = []
    why: dict[str, str] = {}
    for name in table:
        values = table[name][learning]
        if values.dtype != object:
            missing = np.isnan(values)
            if missing.all():
                why[name] = "it is empty"
                continue
            if values.dtype.kind == "M":
                date = _learned_date(name, values[~missing], bool(missing.any()))
                if date.parts or date.marked:
                    columns.append(date)
                    notes.append(_note_on_date(date))
                else:
                    why[name] = "it has the same date in every row"
                continue
            fill = float(np.float32(np.median(values[~missing])))
            columns.append(Number(name, fill, bool(missing.any())))
            continue
        words, counts = np.unique(values.astype(str), return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
        known = np.sort(order[counts[order] >= LEAST])
        others = len(values) - int(counts[known].sum())
        if not len(known) or (name not in categorical and 2 * others > len(values)):
            why[name] = (
                "its words hardly repeat (--text-column learns from the text of one)"
            )
            continue
        columns.append(Category(name, tuple(words[known].tolist())))
        if others:
            notes.append(
                f"column {name!r}: {len(known):,} categories; {others:,} examples of "
                "rarer ones get code 0"
            )
    if not columns:
        raise InputError(
            f"No column is usable: {', '.join(table)} are empty, or hold words that "
            "hardly repeat. To learn from the text of one, name it as the text column."
        )
    return Columns(tuple(columns)), why


def _learned_date(name: str, moments: np.ndarray, marked: bool) -> Date:
    """The parts of the calendar that vary, and the date in the middle."""
    milliseconds = moments.astype("int64")
    found = places(milliseconds)
    parts = tuple(part for part in PARTS if np.ptp(found[part]))
    middle = np.partition(moments, (len(moments) - 1) // 2)[(len(moments) - 1) // 2]
    return Date(name, parts, float(days_of(name, [middle])[0]), marked)


def _note_on_date(date: Date) -> str:
    turns = [part for part in date.parts if part != "year"]
    listed = " and ".join([*[", ".join(turns[:-1])] * (len(turns) > 1), *turns[-1:]])
    read = ["the year with its fraction"] * ("year" in date.parts)
    read += [f"{listed} as sine and cosine"] * bool(turns)
    read = read or ["only whether it is missing"]
    return f"column {date.name!r} holds dates; the model reads {', and '.join(read)}"


def notes_on_missing(
    columns: Columns, roles: Iterable[ColumnRole], tables: Mapping[str, dict]
) -> list[str]:
    """What replaces missing numbers, dates and words."""
    total = sum(len(next(iter(table.values()))) for table in tables.values())
    missing = {role.name: role.missing for role in roles}
    notes = []
    for column in columns.columns:
        if not missing[column.name]:
            continue
        lacks = f"column {column.name!r} lacks {missing[column.name]:,} of {total:,} "
        if isinstance(column, Category):
            notes.append(f"{lacks}words; a missing word is a category of its own")
            continue
        noun, shown = "numbers", f"{column.fill:g}"
        if isinstance(column, Date):
            noun, shown = "dates", iso(moments_of(np.array([column.fill]))[0])
        notes.append(
            f"{lacks}{noun}; they are replaced by the median of the training part, "
            f"{shown}" + ", and marked" * column.marked
        )
    return notes
