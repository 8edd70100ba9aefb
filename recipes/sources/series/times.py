"""The time column of a table of series: read, checked, and counted in steps."""

import datetime
from typing import TYPE_CHECKING

import numpy as np

from recipes.data.time_axis import MONTHS_OF_YEAR, TimeAxis, moment_of
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.number_formats import read_numbers
from zoo.calendar import days_since_1970
from zoo.errors import InputError

if TYPE_CHECKING:
    from recipes.sources.tables.tables import Table

SLACK = 0.01  # of a step that a time may be off


def read_times(table: "Table", name: str | None) -> tuple[np.ndarray, bool]:
    """The time of each row, float64 `(n,)`, and whether the times are dates.

    Dates are days since 1970. Without a column, rows are counted.
    """
    if name is None:
        return np.arange(len(table.lines), dtype="float64"), False
    cells = np.asarray(table.as_written(name))
    if cells.dtype.kind == "M":
        microseconds = cells.astype("datetime64[us]").astype("int64")
        times = np.where(np.isnat(cells), np.nan, microseconds / 86_400e6)
        return _complete(table, name, times), True
    if cells.dtype.kind in "iuf":
        return _complete(table, name, cells.astype("float64")), False
    values = ["" if is_missing(cell) else cell for cell in cells.tolist()]
    if any(isinstance(value, datetime.date) for value in values):
        days = [
            days_since_1970(value) if isinstance(value, datetime.date) else np.nan
            for value in values
        ]
        return _complete(table, name, np.array(days)), True
    reading = read_numbers([str(value).strip() for value in values])
    times = _complete(table, name, reading.numbers)
    if reading.problem:
        raise InputError(
            f"{table.source}: the times {name!r} are ambiguous: {reading.problem}; "
            "write dates as 2024-01-31 13:00."
        )
    return times, reading.has_dates


def _complete(table: "Table", name: str, times: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~np.isfinite(times))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{table.source}, {table.where(row)}: {str(table.cells[name][row])!r} is "
            f"not a time of the column {name!r}; write a number, or a date such as "
            "2024-01-31 13:00."
        )
    return times


def count_steps(
    table: "Table",
    name: str | None,
    times: np.ndarray,
    has_dates: bool,
    series: np.ndarray,
) -> tuple[TimeAxis, np.ndarray]:
    """How the times are spaced, and the number of each row's step, int64 `(n,)`.

    The step is the most frequent distance. Numbers of steps are the same for the same
    time in all series.

    Raises:
        InputError: If the times of a series do not rise, or are not evenly spaced.
    """
    if name is None:  # Each series is counted from 0.
        steps = np.zeros(len(times), "int64")
        for each in np.unique(series):
            rows = np.flatnonzero(series == each)
            steps[rows] = np.arange(len(rows))
        return TimeAxis("row", 1), steps
    before, after = _neighbours(series)
    _check_order(table, name, times, before, after)
    counts, unit = times, "day" if has_dates else "number"
    distances = times[after] - times[before]
    if has_dates and len(distances) and np.median(distances) > 27:
        months = _months(times)
        if months is not None:
            counts, unit = months, "month"
            distances = counts[after] - counts[before]
    if not len(distances):
        raise InputError(
            f"{table.source} has one row for each series; a forecast needs many: check "
            "`group`, and the column of times."
        )
    step = _most_frequent(distances)
    ratios = distances / step
    wrong = np.flatnonzero(
        (np.abs(ratios - np.rint(ratios)) > SLACK) | (np.rint(ratios) < 1)
    )
    axis = TimeAxis(unit, step)  # type: ignore[arg-type]
    if len(wrong):
        row = int(after[wrong[0]])
        raise InputError(
            f"{table.source}, {table.where(row)}: the times {name!r} are not evenly "
            f"spaced: most are {axis.describe()} apart, and {axis.label(times[row])} "
            f"comes {ratios[wrong[0]]:.3g} times as far after the time before it; "
            "resample them, or leave out `time` (--time) to count rows."
        )
    return axis, np.rint((counts - counts.min()) / step).astype("int64")


def _neighbours(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have a next row in their series, and these next rows."""
    order = np.argsort(series, kind="stable")
    same = series[order[1:]] == series[order[:-1]]
    return order[:-1][same], order[1:][same]


def _check_order(
    table: "Table", name: str, times: np.ndarray, before: np.ndarray, after: np.ndarray
) -> None:
    wrong = np.flatnonzero(times[after] <= times[before])
    if not len(wrong):
        return
    row, previous = int(after[wrong[0]]), int(before[wrong[0]])
    shown = str(table.cells[name][row])
    if times[row] == times[previous]:
        raise InputError(
            f"{table.source}, {table.where(row)}: the time {shown!r} of {name!r} is "
            f"doubled, it is in {table.where(previous)} too; keep one of the rows, "
            "name the column that tells several series apart (`group`, --group), or "
            "write times in UTC if clocks were changed."
        )
    raise InputError(
        f"{table.source}, {table.where(row)}: the times are not sorted: {shown!r} "
        f"comes after {str(table.cells[name][previous])!r}; sort the rows by {name!r}, "
        "or name the column that tells several series apart (`group`, --group)."
    )


def _months(times: np.ndarray) -> np.ndarray | None:
    """Months since year 0, if all times are at the same point of their month."""
    moments = [moment_of(time) for time in times.tolist()]
    next_days = [moment_of(time + 1) for time in times.tolist()]
    starts = {(m.day, m.time()) for m in moments}
    are_last = all(m.month != n.month for m, n in zip(moments, next_days, strict=True))
    if len(starts) > 1 and not are_last:
        return None
    return np.array([m.year * MONTHS_OF_YEAR + m.month for m in moments], "float64")


def _most_frequent(distances: np.ndarray) -> float:
    """The most frequent distance, as the mean of those that differ by rounding."""
    rounded = np.array([float(f"{each:.6g}") for each in distances.tolist()])
    values, counts = np.unique(rounded, return_counts=True)
    best = values[counts.argmax()]
    return float(np.median(distances[rounded == best]))
