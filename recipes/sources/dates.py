"""Synthetic pairs of texts with a known answer: dates in words, and as ISO 8601."""

import datetime

import numpy as np

from custom.arguments import integer
from recipes.data.dataset import Dataset
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.texts.pairs import from_pairs
from zoo.errors import checked

NUM_EXAMPLES = 10_000
FEWEST, MOST = 40, 500_000
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
    *("fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    "twentieth",
    *(f"twenty-{n}" for n in ("first", "second", "third", "fourth", "fifth", "sixth")),
    *(f"twenty-{n}" for n in ("seventh", "eighth", "ninth")),
    *("thirtieth", "thirty-first"),
)
FORMS = (
    "the {ordinal} of {month} {year}",
    "{month} the {ordinal}, {year}",
    "{weekday}, the {ordinal} of {month} {year}",
    "{day} {month} {year}",
    "{month} {number}, {year}",
    "{weekday}, {month} {day}, {year}",
    "{number} of {month} {year}",
    "{day} {abbreviated} {year}",
)


def load_dates(
    name: str,
    *,
    num_examples: int | None = None,
    data_seed: int = 0,
    division: Division = USUAL,
) -> Dataset:
    """Dates from 1900 to 2099, written in eight ways, and as year-month-day.

    >>> data = load_dates("dates", num_examples=40)
    >>> print(data.train.inputs[0], "→", data.train.labels[0])
    Friday, January 6, 1939 → 1939-01-06
    """
    number = NUM_EXAMPLES if num_examples is None else num_examples
    checked(lambda n, v: integer(n, v, FEWEST, MOST), "num_examples", number)
    rng = np.random.default_rng(data_seed)
    count = LAST.toordinal() - FIRST.toordinal() + 1
    # Each text is drawn once at most, so that no test example was trained on.
    drawn = rng.choice(count * len(FORMS), number, replace=False).tolist()
    dates = [datetime.date.fromordinal(FIRST.toordinal() + n % count) for n in drawn]
    forms = [FORMS[n // count] for n in drawn]
    return from_pairs(
        {"train": [*map(in_words, dates, forms)]},
        {"train": [date.isoformat() for date in dates]},
        name=name,
        notes=(f"synthetic: {number:,} dates in words, seed {data_seed}",),
        split=division,
    )


def in_words(date: datetime.date, form: str) -> str:
    """A date as a person may write it.

    >>> in_words(datetime.date(2021, 3, 1), "the {ordinal} of {month} {year}")
    'the first of March 2021'
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    return form.format(
        ordinal=ORDINALS[date.day - 1],
        number=f"{date.day}{'th' if date.day in (11, 12, 13) else ending}",
        day=date.day,
        month=MONTHS[date.month - 1],
        abbreviated=MONTHS[date.month - 1][:3],
        weekday=WEEKDAYS[date.weekday()],
        year=date.year,
    )
