"""Data sets from columns of numbers and words, encoded as rows of numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.sources.duplicates import digests_of_rows, notes_on_duplicates
from recipes.sources.labels import class_numbers
from recipes.sources.splitting import complete
from zoo.columns import Category, Columns, Number
from zoo.errors import InputError
from zoo.kinds import Kind

LEAST = 2  # examples of a category; a single one could be chance
MOST_CATEGORIES = 1000  # in a column: the most frequent
# Cells that stand for a missing number.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})


def from_columns(
    tables: dict,
    labels: dict,
    *,
    class_names: Iterable[str] | None = None,
    columns: Columns | None = None,
    categorical: tuple[str, ...] = (),
    groups: np.ndarray | None = None,
    test_groups: tuple[str, ...] = (),
    keep_duplicates_together: bool = False,
    name: str,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """A table whose columns hold words, or numbers of which some are missing.

    The values for missing numbers and the known words are learnt from the training
    part only.
    """
    told = list(notes)
    tables = {
        part: _checked(part, table, len(labels[part]), categorical)
        for part, table in tables.items()
    }
    for part, table in tables.items():
        missing = [name for name in tables["train"] if name not in table]
        if missing:
            raise InputError(f"The {part} part has no column {missing[0]!r}.")
    labels, class_names = class_numbers(labels, class_names)
    rows = {part: Part(np.arange(len(labels[part])), labels[part]) for part in tables}
    contents = {part: digests_of_rows(table) for part, table in tables.items()}
    # The rows are split by index, so that only training is used for learning.
    train, validation, test, split_notes = complete(
        rows["train"],
        rows.get("validation"),
        rows.get("test"),
        class_names,
        groups,
        tuple(test_groups),
        contents["train"] if keep_duplicates_together else None,
    )
    if columns is None:
        seen = {key: column[train.inputs] for key, column in tables["train"].items()}
        columns = learned(seen, categorical, told)

    split = {"train": train, "validation": validation, "test": test}
    contents = {
        part: [contents.get(part, contents["train"])[row] for row in numbered.inputs]
        for part, numbered in split.items()
    }

    def as_rows(part, numbered):
        table = tables[part if part in tables else "train"]
        table = {key: table[key][numbered.inputs] for key in columns.names}
        return Part(columns.rows(table), numbered.labels, columns=columns)

    return Dataset(
        name=name,
        kind=Kind.TABLE,
        train=as_rows("train", train),
        validation=as_rows("validation", validation),
        test=as_rows("test", test),
        class_names=class_names,
        feature_names=columns.row_names,
        notes=(*told, *split_notes, *notes_on_duplicates(contents, tables)),
    )


def learned(table: dict, categorical: tuple[str, ...], notes: list[str]) -> Columns:
    """The encoding of the columns of a training part; notes say what it leaves out."""
    columns: list[Number | Category] = []
    empty, unlike = [], []
    for name, values in table.items():
        if values.dtype != object:
            missing = np.isnan(values)
            if missing.all():
                empty.append(name)
                continue
            fill = float(np.float32(np.median(values[~missing])))
            columns.append(Number(name, fill, bool(missing.any())))
            if missing.any():
                notes.append(
                    f"column {name!r} lacks {missing.sum():,} of {len(values):,} "
                    f"numbers; they are replaced by the median, {fill:g}, and marked"
                )
            continue
        words, counts = np.unique(values.astype(str), return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
        known = np.sort(order[counts[order] >= LEAST])
        others = len(values) - int(counts[known].sum())
        if not len(known) or (name not in categorical and 2 * others > len(values)):
            unlike.append(name)
            continue
        columns.append(Category(name, tuple(words[known].tolist())))
        if others:
            notes.append(
                f"column {name!r}: {len(known):,} categories; {others:,} examples of "
                "rarer ones get code 0"
            )
    if empty:
        notes.append(f"columns not used because they are empty: {', '.join(empty)}")
    if unlike:
        notes.append(
            "columns not used because their words hardly repeat: "
            f"{', '.join(unlike)} (--text-column learns from the text of one of them)"
        )
    if not columns:
        raise InputError(
            f"No column is usable: {', '.join(table)} are empty, or hold words that "
            "hardly repeat. To learn from the text of one, name it as the text column."
        )
    return Columns(tuple(columns))


def _checked(part, table, length, categorical) -> dict[str, np.ndarray]:
    """Columns as float64 with NaN, or as strings of dtype object."""
    columns = {}
    for name in table:
        values = as_column(name, table[name], str(name) in categorical)
        if len(values) != length:
            raise InputError(
                f"The column {name!r} of the {part} part has {len(values):,} values "
                f"for {length:,} labels."
            )
        columns[str(name)] = values
    return columns


def as_column(name: str, values: Any, is_category: bool = False) -> np.ndarray:
    """A column `(n,)` of float64, with NaN for missing numbers, or of strings."""
    values = np.asarray(values)
    if values.ndim != 1:
        raise InputError(
            f"The column {name!r} must have the shape (n,), got {values.shape}."
        )
    if values.dtype.kind in "iufb":
        if is_category:
            return np.array([_as_word(value) for value in values.tolist()], object)
        return values.astype("float64")
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind == "U":
        return values.astype(object)
    if values.dtype.kind != "O":
        raise InputError(
            f"The column {name!r} holds {values.dtype.name}; give numbers or words."
        )
    values = [None if _is_missing(value) else value for value in values]
    if any(isinstance(value, str | bytes) for value in values) or is_category:
        return np.array([_as_word(value) for value in values], object)
    try:
        # NumPy reads None as NaN.
        return np.array(values, "float64")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The column {name!r} holds neither numbers nor words: {error}."
        ) from error


def _is_missing(value) -> bool:
    """Whether it is None, NaN, or `NA` or `NaT` of pandas, which equal nothing."""
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and value != value)
    )


def _as_word(value) -> str:
    if _is_missing(value):
        return ""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
