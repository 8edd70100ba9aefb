"""The last window of each series of a table, from which a model forecasts."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.sources.series.series_table import Series, read_series
from recipes.sources.series.window_options import OPTIONS, WindowOptions
from zoo.errors import InputError

if TYPE_CHECKING:
    from recipes.sources.tables.tables import Table


@dataclasses.dataclass(frozen=True)
class LastWindow:
    """The last window of a series.

    Attributes:
        name: Name of the series, empty if there is only one.
        inputs: float32 `(steps, features)`, as the model takes them.
        times: The time of each step to forecast, as a person writes it.
    """

    name: str
    inputs: np.ndarray
    times: list[str]


def last_windows(
    table: "Table",
    target: tuple[str, ...],
    window: int,
    horizon: int,
    feature_names: tuple[str, ...] | None,
    read_as: dict[str, Any],
) -> list[LastWindow]:
    """The windows that end with the last row of each series that has a value.

    Rows after it, whose columns to predict are empty, hold what is known in advance.

    Args:
        table: The table.
        target: Columns to predict.
        window: Steps to predict from.
        horizon: Steps to predict.
        feature_names: The columns that the model reads.
        read_as: The arguments of `recipes.load` for the data of the training.
    """
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in read_as.items()
        if value is not None
    }
    options = WindowOptions(**{n: given[n] for n in OPTIONS if n in given})
    read = read_series(
        table,
        target,
        options,
        group=given.get("group"),
        drop_columns=tuple(
            n for n in given.get("drop_columns", ()) if n in table.cells
        ),
        feature_names=feature_names,
        notes=[],
    )
    found = []
    for number, name in enumerate(read.names):
        one = read.taken(np.flatnonzero(read.series == number))
        found.append(_last_window(one, name, window, horizon, options))
    return found


def _last_window(
    series: Series, name: str, window: int, horizon: int, options: WindowOptions
) -> LastWindow:
    called = f" of the series {name!r}" if name else ""
    rows = int((~series.is_future).sum())
    end = int(series.segment_ends()[max(0, rows - window)])
    if rows < window or end < rows:
        have = rows if rows < window else rows - end
        raise InputError(
            f"{series.source} has {have:,} steps{called} at its end without a gap, and "
            f"the model reads {window:,}: add rows before them."
        )
    last = float(series.times[rows - 1])
    times = np.array([series.axis.later(last, n + 1) for n in range(horizon)])
    inputs = series.values[rows - window : rows]
    if series.known:
        inputs = np.concatenate([inputs, _future(series, rows, times, options, called)])
    return LastWindow(
        name, inputs, [series.axis.label(time) for time in times.tolist()]
    )


def _future(
    series: Series, rows: int, times: np.ndarray, options: WindowOptions, called: str
) -> np.ndarray:
    """The rows of the horizon, which hold the columns known in advance."""
    horizon = len(times)
    future = np.zeros((horizon, series.values.shape[1]), "float32")
    first = series.values.shape[1] - series.known
    count = len(options.known)
    if count:
        end = rows + horizon
        if (
            len(series) < end
            or series.steps[end - 1] != series.steps[rows - 1] + horizon
        ):
            raise InputError(
                f"The model reads {', '.join(options.known)} of the {horizon:,} steps "
                f"that follow: add rows{called} to {series.source} in which "
                f"{series.columns[0]!r} is empty and these are filled in."
            )
        future[:, first : first + count] = series.values[
            rows:end, first : first + count
        ]
    for part in dict.fromkeys(options.calendar):
        first_of_part = series.columns.index(f"{part} (sine)")
        turns = series.axis.calendar(times, part)
        future[:, first_of_part : first_of_part + 2] = turns
    return future
