"""Numbers, amounts, percentages, dates and times as people and programs write them."""

import dataclasses
import datetime
import re
from collections.abc import Callable, Sequence

import numpy as np

from recipes.sources.labels.missing import is_missing
from zoo.calendar import days_since_1970

SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"−": "-"})
CURRENCY = (
    r"(?:[A-Z]{0,2}[$€£¥₹₩₽₺₫฿₴₪]|Rs\.?|USD|EUR|GBP|JPY|CNY|INR|CHF|SEK|NOK|DKK|PLN|CZK|HUF"
    r"|RUB|BRL|MXN|CAD|AUD|NZD|SGD|HKD|KRW|TRY|ZAR|kr\.?|zł|Kč|Ft|Fr\.)"
)
UNIT = (
    r"%|‰|percent|pct|°C|°F|°|[kK][gG]|mg|µg|g|t|lbs?|oz|km|cm|mm|µm|m|ft|in|mi"
    r"|km/h|mph|m/s|ms|s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?"
    r"|months?|years?|yrs?|pcs|pieces?|items?|ha|km²|sq ?ft|sqm"
    r"|W|kW|kWh|V|A|mA|Hz|kHz|MHz|GHz|ml|l|L|m²|m2|m³|m3|KB|MB|GB"
    r"|TB|px|bps|bpm|mmHg|kcal|cal|kJ|J|Pa|hPa|bar|psi|K"
)
CELL = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+]?) ?(?P<before>{CURRENCY})? ?(?P<inner>[-+]?)"
    rf"(?P<digits>\d[\d.,' ]*?|[.,]\d+)(?P<power>[eE][-+]?\d+)? ?"
    rf"(?P<behind>-)?(?P<after>{CURRENCY}|(?:{UNIT})\.?)?(?P<close>\))?"
)
# How thousands are grouped, by the mark of decimals. No group begins with a zero.
DIGITS = {
    ".": r"(?:[1-9]\d{0,2}(?:(?:,\d{3})+|(?:'\d{3})+|(?: \d{3})+)"
    r"|[1-9]\d?(?:,\d\d)+,\d{3}|\d*)(?:\.\d*)?",
    ",": r"(?:[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:'\d{3})+|(?: \d{3})+)|\d*)(?:,\d*)?",
}
DAYS = "dates are days since 1970-01-01"
DIGIT = re.compile(r"\d")
PLAIN = ("pcs", "bps")  # units whose last letter is not a plural
SHARES = {"%": 0.01, "‰": 0.001}
OTHER_NAMES = {"percent": "%", "pct": "%", "kg": "kg"}
DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%Y/%m", "%d.%m.%Y", "%d.%m.%y"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%b %Y", "%d %B %Y"),
    *("%B %d, %Y", "%B %d %Y", "%d. %B %Y", "%B %Y", "%a, %d %b %Y"),
)
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")


@dataclasses.dataclass(frozen=True)
class Reading:
    """What the texts of a column say as numbers.

    Attributes:
        numbers: float64 `(n,)`, NaN for a text that is missing or not a number.
        how: How they were read, for a note; empty for plain numbers.
        problem: Why they cannot be read for certain, or empty.
    """

    numbers: np.ndarray
    how: str = ""
    problem: str = ""

    @property
    def has_dates(self) -> bool:
        """Whether the numbers are days since 1970."""
        return self.how.startswith(DAYS)


def read_numbers(texts: Sequence[str] | np.ndarray) -> Reading:
    """Reads a column of numbers; what it holds together says what a comma means.

    Most texts of a column decide how all are read: as plain numbers, with a decimal
    point or a decimal comma, with currency, percent sign or unit, or as dates.

    >>> read_numbers(["1.234,5", "12"]).numbers.tolist()
    [1234.5, 12.0]
    >>> read_numbers(["1,234", "NA"])
    Reading(numbers=array([1234.,   nan]), how="',' separates thousands", problem='')
    """
    distinct, codes = np.unique(np.array(texts, object), return_inverse=True)
    cells = [cell.translate(SPACES).strip() for cell in distinct.tolist()]
    present = [cell for cell in cells if not is_missing(cell)]
    plain = _applied(_plain, present)
    readings = [Reading(plain)]
    # Trying all forms of dates takes a tenth of a second.
    if np.isnan(plain).any() and any(map(DIGIT.search, present)):
        readings += [_amounts(present, mark) for mark in DIGITS] + _moments(present)
    best = min(readings, key=lambda reading: int(np.isnan(reading.numbers).sum()))
    known = dict(zip(present, best.numbers.tolist(), strict=True))
    numbers = np.array([known.get(cell, np.nan) for cell in cells])[codes]
    return dataclasses.replace(best, numbers=numbers)


def _applied(read: Callable[[str], float], cells: Sequence[str]) -> np.ndarray:
    """What a function reads in each cell; NaN where it raises `ValueError`."""
    numbers = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            numbers[row] = read(cell)
        except (ValueError, OverflowError):
            continue
    return numbers


def _plain(cell: str) -> float:
    return float(cell) if "_" not in cell else float("nan")


def _amounts(cells: Sequence[str], mark: str) -> Reading:
    """Numbers with this mark of decimals, thousands, currency, percent or a unit."""
    units: set[str] = set()
    groups: set[str] = set()
    digits = re.compile(DIGITS[mark])

    def read(cell: str) -> float:
        found = CELL.fullmatch(cell)
        if not found or not digits.fullmatch(found["digits"]):
            raise ValueError(cell)
        if bool(found["open"]) != bool(found["close"]) or (
            found["open"] and sign(found)
        ):
            raise ValueError(cell)
        unit = _unit(found["before"] or found["after"] or "")
        units.add(unit)
        groups.update({*found["digits"]} & {*",.' "} - {mark})
        plain = re.sub(f"[^0-9{mark}]", "", found["digits"]).replace(mark, ".")
        number = float(plain + (found["power"] or "")) * SHARES.get(unit, 1)
        return -number if found["open"] or sign(found) == "-" else number

    def sign(found: re.Match) -> str:
        return found["sign"] or found["inner"] or found["behind"]

    numbers = _applied(read, cells)
    told = [f"{group!r} separates thousands" for group in sorted(groups)]
    told += ["',' is the decimal mark"] * (mark == "," and any("," in c for c in cells))
    shown = sorted(units - {""})
    told += [f"{unit!r} is a hundredth" for unit in shown if unit == "%"]
    told += [f"{unit!r} is left out" for unit in shown if unit not in SHARES]
    mixed = len(shown) > 1 or ("" in units and bool({*shown} & SHARES.keys()))
    problem = f"the units differ: {', '.join(sorted(units)) or 'none'}" if mixed else ""
    return Reading(numbers, ", ".join(told), problem.replace(": ,", ": none,"))


def _unit(unit: str) -> str:
    """A unit in one spelling: without a plural or a point."""
    unit = unit.rstrip(".")
    if len(unit) > 2 and unit not in PLAIN:
        unit = unit.removesuffix("s")
    return OTHER_NAMES.get(unit.lower(), unit)


def _moments(cells: Sequence[str]) -> list[Reading]:
    """Dates as days since 1970, and times of day as hours."""
    readings = [Reading(_applied(_iso, cells), DAYS)]
    dates = [*DATES, *(f"{date} {time}" for date in DATES for time in TIMES)]
    found: list[tuple[str, np.ndarray]] = []
    for form in (*dates, *TIMES):
        if np.isnan(_applied(_by(form), cells[:: max(1, len(cells) // 8)][:8])).all():
            continue
        found.append((form, _applied(_by(form), cells)))
    found.sort(key=lambda pair: int(np.isnan(pair[1]).sum()))
    for form, numbers in found[:1]:
        alike = [
            (f, n) for f, n in found if np.isnan(n).sum() == np.isnan(numbers).sum()
        ]
        problem = next(
            (
                f"dates that may be {form} or {other}"
                for other, same in alike
                if not np.array_equal(same, numbers, equal_nan=True)
            ),
            "",
        )
        how = "times are hours" if form in TIMES else DAYS
        readings.append(Reading(numbers, f"{how} ({form})", problem))
    return readings


def _iso(cell: str) -> float:
    if not re.match(r"\d{4}-?(\d\d|W)", cell):
        raise ValueError(cell)
    return days_since_1970(datetime.datetime.fromisoformat(cell))


def _by(form: str) -> Callable[[str], float]:
    """A function that reads dates or times of one format."""

    def read(cell: str) -> float:
        moment = datetime.datetime.strptime(cell, form)
        if form in TIMES:
            return (moment - datetime.datetime(1900, 1, 1)) / datetime.timedelta(
                hours=1
            )
        return days_since_1970(moment)

    return read
