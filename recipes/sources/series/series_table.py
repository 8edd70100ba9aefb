"""The columns of a table of series, as numbers in the order of series and time."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recipes.data.time_axis import TimeAxis
from recipes.sources.labels.missing import missing_rows
from recipes.sources.options import CALENDAR
from recipes.sources.series.times import count_steps, read_times
from recipes.sources.series.window_options import WindowOptions
from recipes.sources.tables.identifiers import identifying
from zoo.errors import InputError
from zoo.names import nearest

if TYPE_CHECKING:
    from recipes.sources.tables.tables import Table


@dataclasses.dataclass(frozen=True)
class Series:
    """Series, one after another, each in the order of time.

    Attributes:
        source: What a message calls the data.
        where: What a message calls each row.
        values: float32 `(rows, features)`: columns to predict, other columns, columns
            known in advance. Rows of the future have NaN to predict.
        columns: A name for each column.
        targets: Number of columns to predict.
        known: Number of columns known in advance.
        series: Number of the series of each row, int64 `(rows,)`, rising.
        names: A name for each series; one empty name without `group`.
        steps: Number of the step of each row, int64 `(rows,)`.
        times: The time of each row, float64 `(rows,)`.
        axis: How the times are spaced.
    """

    source: str
    where: list[str]
    values: np.ndarray
    columns: tuple[str, ...]
    targets: int
    known: int
    series: np.ndarray
    names: tuple[str, ...]
    steps: np.ndarray
    times: np.ndarray
    axis: TimeAxis

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_future(self) -> np.ndarray:
        """Whether a row is one to predict, `(rows,)`."""
        return np.isnan(self.values[:, : self.targets]).any(axis=1)

    def taken(self, rows: np.ndarray) -> "Series":
        """Some of the rows, by their index."""
        per_row = ("values", "series", "steps", "times")
        return dataclasses.replace(
            self,
            where=[self.where[row] for row in rows.tolist()],
            **{name: getattr(self, name)[rows] for name in per_row},
        )

    def segment_ends(self) -> np.ndarray:
        """For each row, the row after the last one that follows it without a gap."""
        is_next = (np.diff(self.series) == 0) & (np.diff(self.steps) == 1)
        ends = np.append(np.flatnonzero(~is_next) + 1, len(self))
        return ends[np.searchsorted(ends, np.arange(len(self)), side="right")]


def read_series(
    table: "Table",
    target: tuple[str, ...],
    options: WindowOptions,
    *,
    group: str | None,
    drop_columns: tuple[str, ...],
    feature_names: tuple[str, ...] | None,
    notes: list[str],
) -> Series:
    """Reads the columns of a table of series; notes say what is left out.

    Args:
        table: The table.
        target: Columns to predict.
        options: Which columns are times, and known in advance.
        group: The column that tells several series apart, or `None`.
        drop_columns: Columns to leave out.
        feature_names: The columns that a model reads, or `None` for all that can be.
        notes: List to which sentences are added.
    """
    named = {
        "target": target,
        "time": () if options.time is None else (options.time,),
        "known": options.known,
        "group": () if group is None else (group,),
    }
    _check_names(table, named, drop_columns)
    axis, steps, times, series, names = _timed(table, options.time, group)
    columns = {name: _target_values(table, name) for name in target}
    known = {name: _known_values(table, name) for name in options.known}
    taken = {*drop_columns, *(name for group in named.values() for name in group)}
    others = [name for name in table.cells if name not in taken]
    if feature_names is not None:
        others = [name for name in others if name in feature_names]
    present = ~np.isnan(np.stack([*columns.values()])).any(axis=0)
    columns |= _past_values(table, others, present, feature_names is not None, notes)
    known |= _calendar_values(table, axis, times, options.calendar)
    columns |= known
    if feature_names is not None and tuple(columns) != tuple(feature_names):
        lacking = [name for name in feature_names if name not in columns]
        raise InputError(
            f"The model reads the columns {', '.join(feature_names)}; {table.source} "
            + (f"has no {lacking[0]!r}." if lacking else f"has {', '.join(columns)}.")
        )
    values = np.stack([*columns.values()], axis=1)
    with np.errstate(over="ignore"):
        values = values.astype("float32")
    _check_float32(table, values, tuple(columns))
    order = np.lexsort((steps, series))
    read = Series(
        source=str(table.source),
        where=[table.where(row) for row in range(len(table.lines))],
        values=values,
        columns=tuple(columns),
        targets=len(target),
        known=len(known),
        series=series,
        names=names,
        steps=steps,
        times=times,
        axis=axis,
    )
    read = read if (np.diff(order) == 1).all() else read.taken(order)
    _check_future(read)
    return read


def _check_future(read: Series) -> None:
    """Refuses rows without a value to predict, but for the last ones of a series."""
    is_future = read.is_future
    same = read.series[1:] == read.series[:-1]
    wrong = np.flatnonzero(is_future[:-1] & ~is_future[1:] & same)
    if len(wrong):
        columns = np.flatnonzero(np.isnan(read.values[wrong[0], : read.targets]))
        raise InputError(
            f"{read.source}, {read.where[wrong[0]]}: the {read.columns[columns[0]]!r} "
            "to predict is missing; fill it in, or leave the row out: no window "
            "crosses a missing step."
        )


def _check_names(
    table: "Table", named: dict[str, tuple[str, ...]], dropped: tuple[str, ...]
) -> None:
    seen: dict[str, str] = {}
    for option, names in (*named.items(), ("drop_columns", dropped)):
        for name in names:
            if name not in table.cells:
                flag = "--" + option.removesuffix("s").replace("_", "-")
                hint = nearest(name, table.cells)
                raise InputError(
                    f"{table.source} has no column {name!r} for `{option}` ({flag}); "
                    f"it has {', '.join(table.cells)}; {hint}"
                )
            if name in seen:
                raise InputError(
                    f"The column {name!r} is both `{seen[name]}` and `{option}`: name "
                    "it once."
                )
            seen[name] = option


def _timed(
    table: "Table", time: str | None, group: str | None
) -> tuple[TimeAxis, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    names, series = ("",), np.zeros(len(table.lines), "int64")
    if group is not None:
        cells = table.column(group, True)
        gone = missing_rows(cells)
        if len(gone):
            raise InputError(
                f"{table.source}, {table.where(int(gone[0]))}: the name of the series "
                f"in {group!r} is missing; fill it in, or leave the row out."
            )
        found, series = np.unique(cells.astype(str), return_inverse=True)
        names, series = tuple(found.tolist()), series.astype("int64")
    times, has_dates = read_times(table, time)
    axis, steps = count_steps(table, time, times, has_dates, series)
    return axis, steps, times if time else steps.astype("float64"), series, names


def _target_values(table: "Table", name: str) -> np.ndarray:
    """A column to predict; NaN in rows of the future."""
    try:
        return table.column(name, False)
    except InputError as error:
        found, _, _ = str(error).partition("; ")
        raise InputError(f"{found}; correct it, or leave the row out.") from error


def _known_values(table: "Table", name: str) -> np.ndarray:
    values = table.column(name, False)
    gone = np.flatnonzero(np.isnan(values))
    if len(gone):
        raise InputError(
            f"{table.source}, {table.where(int(gone[0]))}: {name!r} is missing, which "
            "is to be known in advance (`known`, --known); fill it in."
        )
    return values


def _past_values(
    table: "Table",
    names: list[str],
    present: np.ndarray,
    needed: bool,
    notes: list[str],
) -> dict[str, np.ndarray]:
    """Other columns of numbers, whose past a forecast may read; 0 in future rows."""
    read, unused = {}, {}
    for name in names:
        read[name] = table.column(name, False if needed else None)
        if not needed and (why := _why_unused(name, read[name])):
            unused[name] = why
    kept = {name: values for name, values in read.items() if name not in unused}
    if not needed:
        unused |= {n: f"{w} (--known keeps it)" for n, w in identifying(kept).items()}
    for name, values in kept.items():
        gone = np.flatnonzero(np.isnan(values) & present)
        if len(gone) and name not in unused:
            unused[name] = (
                f"{len(gone):,} of its values are missing, the first in "
                f"{table.where(int(gone[0]))}; fill them in"
            )
    if needed and unused:
        name, why = next(iter(unused.items()))
        raise InputError(
            f"{table.source}, column {name!r}, which the model reads: {why}."
        )
    notes += [f"column {name!r} is left out: {why}" for name, why in unused.items()]
    kept = {
        name: np.where(present, v, 0) for name, v in kept.items() if name not in unused
    }
    if kept and not needed:
        shown = ", ".join(map(repr, kept))
        notes.append(
            f"read beside the target, up to the last step of a window: {shown} "
            "(--drop-column leaves one out, --known also reads its next steps)"
        )
    return kept


def _why_unused(name: str, values: np.ndarray) -> str:
    """Why a column is not read beside the target; empty if it may be."""
    if values.dtype == object:
        return "it holds words"
    if values.dtype.kind == "M":
        return f"it holds dates (--time {name} orders the rows by it)"
    return ""


def known_in(feature_names: Sequence[str], count: int) -> dict[str, tuple[str, ...]]:
    """The options `known` and `calendar` that gave a model its last columns.

    >>> known_in(["load", "price", "hour (sine)", "hour (cosine)"], 3)
    {'known': ('price',), 'calendar': ('hour',)}
    """
    names = feature_names[len(feature_names) - count :]
    parts = {p for p in CALENDAR if f"{p} (sine)" in names}
    turns = {f"{p} ({turn})" for p in parts for turn in ("sine", "cosine")}
    return {
        "known": tuple(name for name in names if name not in turns),
        "calendar": tuple(p for n in names for p in parts if n == f"{p} (sine)"),
    }


def _calendar_values(
    table: "Table", axis: TimeAxis, times: np.ndarray, parts: tuple[str, ...]
) -> dict[str, np.ndarray]:
    if parts and not axis.has_dates:
        raise InputError(
            f"`calendar` {parts[0]!r} needs dates: name their column with `time` "
            f"(--time); {table.source} has none there."
        )
    read: dict[str, np.ndarray] = {}
    for part in dict.fromkeys(parts):
        turns = axis.calendar(times, part)
        read |= {f"{part} (sine)": turns[:, 0], f"{part} (cosine)": turns[:, 1]}
    return read


def _check_float32(table: "Table", values: np.ndarray, columns: tuple) -> None:
    wrong = np.argwhere(np.isinf(values))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise InputError(
            f"{table.source}, {table.where(row)}: {columns[column]!r} is infinite, or "
            "too large for float32; correct it, or leave the row out."
        )
