"""Dates as numbers: days since 1970, and their places in year, week and day.

The arithmetic is that of the Gregorian calendar on whole numbers. It works on NumPy
arrays and on TensorFlow's tensors alike, so that a served model computes the same.
"""

import datetime
from typing import Any

import numpy as np

from zoo.errors import InputError

EPOCH = datetime.datetime(1970, 1, 1)
MILLISECONDS = 86_400_000  # of a day
DAYS_TO_1970 = 719_468  # from March 1 of the year 0
FIRST, LAST = -719_162, 2_932_897  # days of the year 1, and after the year 9999
PARTS = ("year", "month", "weekday", "hour")


def days_since_1970(moment: datetime.date) -> float:
    """The days from 1970-01-01 to a date, or to a moment in UTC."""
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return (moment - EPOCH) / datetime.timedelta(days=1)


def days_of(name: str, values: Any) -> np.ndarray:
    """float64 days since 1970 `(n,)` of dates, NaN for missing ones.

    Args:
        name: Name of the column, for messages.
        values: NumPy's or Python's dates, texts in ISO 8601, or days since 1970.

    >>> days_of("day", ["1970-01-02T12:00", "", None, 2.25]).tolist()
    [1.5, nan, nan, 2.25]
    """
    cells = np.asarray(values)
    if cells.dtype.kind not in "iufbM":
        cells = np.asarray(values, object)
    if cells.dtype.kind == "M":
        milliseconds = cells.astype("datetime64[ms]").astype("int64")
        days = np.where(np.isnat(cells), np.nan, milliseconds / MILLISECONDS)
    elif cells.dtype.kind != "O":
        days = cells.astype("float64")
    else:
        days = np.array([_days(name, cell) for cell in cells.tolist()], "float64")
    outside = (days < FIRST) | (days >= LAST)
    if outside.any():
        raise InputError(
            f"The column {name!r} has the date {days[outside][0]:g}, in days since "
            "1970, which is not in the years 1 to 9999; correct it, or leave it empty."
        )
    return days


def moments_of(days: np.ndarray) -> np.ndarray:
    """datetime64 in milliseconds for days since 1970, NaT for NaN."""
    missing = np.isnan(days)
    milliseconds = np.rint(np.where(missing, 0, days) * MILLISECONDS).astype("int64")
    moments = milliseconds.astype("datetime64[ms]")
    moments[missing] = np.datetime64("NaT")
    return moments


def places(milliseconds: Any) -> dict[str, Any]:
    """Where moments are in the calendar.

    Args:
        milliseconds: int64 milliseconds since 1970.

    Returns:
        float64 by part: `"year"` is the year and the part of it that is over; the
        others are turns in [0, 1), of twelve whole months, of seven whole days from
        Monday, and of 24 hours.

    >>> noon = np.datetime64("2024-07-01T12:00", "ms").astype("int64")
    >>> {part: round(float(place), 3) for part, place in places(noon).items()}
    {'year': 2024.497, 'month': 0.5, 'weekday': 0.0, 'hour': 0.5}
    """
    day = milliseconds // MILLISECONDS
    year, month = _year_and_month(day)
    first, following = day_number(year, 1, 1), day_number(year + 1, 1, 1)
    length = following - first
    return {
        "year": (year * length + day - first) / length,
        "month": (month - 1) / 12,
        "weekday": (day + 3) % 7 / 7,
        "hour": milliseconds % MILLISECONDS / MILLISECONDS,
    }


def day_number(year: Any, month: Any, day: Any) -> Any:
    """The days from 1970-01-01 to a date, whole numbers."""
    shift = (14 - month) // 12  # January and February belong to the year before.
    years = year - shift
    leaps = years // 4 - years // 100 + years // 400
    days = (153 * (month + 12 * shift - 3) + 2) // 5 + day - 1
    return 365 * years + leaps + days - DAYS_TO_1970


def _year_and_month(day: Any) -> tuple[Any, Any]:
    """The year and the month 1…12 of days since 1970, whole numbers."""
    days = day + DAYS_TO_1970
    era, day_of_era = days // 146_097, days % 146_097
    year = day_of_era - day_of_era // 1460 + day_of_era // 36_524
    year = (year - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    month = (5 * day_of_year + 2) // 153  # from March
    return year + 400 * era + month // 10, month + 3 - 12 * (month // 10)


def _days(name: str, cell: Any) -> float:
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    cell = cell.strip() if isinstance(cell, str) else cell
    if cell is None or cell == "" or cell != cell:
        return float("nan")
    try:
        if isinstance(cell, str):
            cell = datetime.datetime.fromisoformat(cell)
        is_date = isinstance(cell, datetime.date)
        return days_since_1970(cell) if is_date else float(cell)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The column {name!r} has {cell!r}, which is not a date; write it as "
            "2024-01-31 or 2024-01-31T13:45, or leave it empty."
        ) from error
