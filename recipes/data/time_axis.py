"""The times of a series: how far apart they are, and how they are written."""

import calendar
import dataclasses
import datetime
from typing import Literal

import numpy as np

EPOCH = datetime.datetime(1970, 1, 1)
MONTHS_OF_YEAR = 12


@dataclasses.dataclass(frozen=True)
class TimeAxis:
    """Evenly spaced times.

    Attributes:
        unit: What the times count: `"day"`s since 1970; calendar `"month"`s, whose
            times are days since 1970 too; `"number"`s of a column; or `"row"`s.
        step: Distance between two times, in the unit.

    >>> axis = TimeAxis("month", 1)
    >>> axis.label(axis.later(0.0, 2))
    '1970-03-01'
    >>> TimeAxis("day", 1 / 24).label(1 / 24)
    '1970-01-01 01:00'
    """

    unit: Literal["day", "month", "number", "row"]
    step: float

    @property
    def has_dates(self) -> bool:
        return self.unit in ("day", "month")

    def later(self, time: float, steps: int) -> float:
        """The time a number of steps after another one."""
        if self.unit != "month":
            return time + steps * self.step
        moment = moment_of(time)
        is_last = moment.day == _days(moment.year, moment.month)
        months = moment.year * MONTHS_OF_YEAR + moment.month - 1
        year, month = divmod(months + round(steps * self.step), MONTHS_OF_YEAR)
        days = _days(year, month + 1)
        day = days if is_last else min(moment.day, days)
        moved = moment.replace(year=year, month=month + 1, day=day)
        return (moved - EPOCH) / datetime.timedelta(days=1)

    def label(self, time: float) -> str:
        """A time as a person writes it."""
        if not self.has_dates:
            return f"{time:.10g}"
        moment = moment_of(time)
        has_times = self.unit == "day" and self.step % 1 > 0
        if moment.time() == datetime.time() and not has_times:
            return moment.date().isoformat()
        return moment.isoformat(" ", "seconds" if moment.second else "minutes")

    def describe(self) -> str:
        """The distance between two times in words."""
        if self.unit == "row":
            return "1 row"
        if self.unit == "number":
            return f"{self.step:.6g}"
        if self.unit == "month":
            return _counted(round(self.step), "month")
        seconds = round(self.step * 86400)
        for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
            if seconds >= length and seconds % length == 0:
                return _counted(seconds // length, name)
        return _counted(seconds, "second") if seconds else f"{self.step:.3g} days"

    def calendar(self, times: np.ndarray, part: str) -> np.ndarray:
        """Sine and cosine `(n, 2)` of a part of the calendar, from days since 1970."""
        moments = [moment_of(time) for time in times.tolist()]
        if part == "hour":
            turns = [(m.hour + m.minute / 60 + m.second / 3600) / 24 for m in moments]
        elif part == "weekday":
            turns = [m.weekday() / 7 for m in moments]
        else:
            turns = [(m.month - 1) / MONTHS_OF_YEAR for m in moments]
        angles = 2 * np.pi * np.array(turns)
        return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(-1, 2)


def moment_of(days: float) -> datetime.datetime:
    """The moment that is this many days after 1970, to the nearest millisecond."""
    return EPOCH + datetime.timedelta(milliseconds=round(days * 86_400_000))


def _days(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
