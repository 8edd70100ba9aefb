"""Types of the options of `recipes.load`, with their checks."""

import os
import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from custom.arguments import integer, non_negative, one_of, path, positive, shown
from recipes.data.options import dictionary, text, tuple_of
from recipes.sources.tables.table_format import encoding, separator

LARGEST = 2**31 - 1  # of a count; also of what TensorFlow and NumPy count in 32 bits
CALENDAR = ("hour", "weekday", "month")
LONGEST_SIDE = 2**14  # pixels of a side of an image


def size(name: str, value: Any) -> tuple[int, int]:
    """Height and width, in pixels."""
    try:
        height, width = value if isinstance(value, tuple | list) else ()
        height = integer(name, height, 1, LONGEST_SIDE)
        return height, integer(name, width, 1, LONGEST_SIDE)
    except ValueError:
        raise ValueError(
            f"`{name}` must be (height, width), two positive integers of at most "
            f"{LONGEST_SIDE:,}, got {shown(value)}."
        ) from None


def parsed_source(given: str) -> str:
    """A name or a path as it is given, if it can be one."""
    path("source", given)
    return given


def parsed_size(given: str) -> tuple[int, int]:
    """Height and width from `48x64`, or from one number for a square."""
    sides = re.fullmatch(r"([0-9]{1,9})(?:x([0-9]{1,9}))?", given.lower())
    if sides is None:
        raise ValueError(f"{shown(given)} is not a size such as 64 or 48x64.")
    return int(sides[1]), int(sides[2] or sides[1])


ROUNDING = 1e-6  # of the sum of proportions
# What a column can say of a row, see `Division`.
RULES = ("time", "column", "group")
PROPORTION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?|\.[0-9]{1,20}")


def split(name: str, value: Any) -> str:
    """How to divide examples, as text: proportions, or a rule and its column."""
    if isinstance(value, tuple | list):
        if any(isinstance(share, bool) for share in value):
            value = "booleans"
        value = "/".join(map(str, value))
    try:
        parsed_split(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"`{name}` {shown(value)} {error}") from None
    return value


def parsed_split(text: str) -> tuple[str, str | None, tuple[Fraction, ...]]:
    """A rule of `Division`, what decides, and proportions that add up to 1.

    >>> parsed_split("time:day")
    ('time', 'day', ())
    >>> parsed_split("80/20")
    ('group', None, (Fraction(4, 5), Fraction(1, 5)))
    """
    rule, colon, by = text.partition(":")
    if colon and rule in RULES and by:
        return rule, by, ()
    given = [part.strip() for part in text.split("/")]
    if len(given) not in (2, 3) or not all(map(PROPORTION.fullmatch, given)):
        raise ValueError(
            "must be the shares of training, validation and test, such as 70/15/15; "
            "of training and test, such as 80/20; or time:COLUMN, column:COLUMN or "
            "group:COLUMN."
        )
    shares = [Fraction(part) for part in given]
    total = float(sum(shares))
    if 0 in shares:
        raise ValueError(
            "has a share of 0: every part needs examples. To test on data of their "
            "own, give them as `test` (--test)."
        )
    if all(abs(total - whole) > ROUNDING for whole in (1, 100)):
        raise ValueError(
            f"has shares that add up to {total:g}; they must add up to 1 or to 100."
        )
    return "group", None, tuple(share / sum(shares) for share in shares)


def fold(name: str, value: Any) -> str:
    """The number of a fold, from 1, and how many there are: `"2/5"`."""
    try:
        number, count = parsed_fold(value if isinstance(value, str) else "")
    except ValueError:
        number = count = 0
    if not 1 <= number <= count or count < 2:
        raise ValueError(
            f"`{name}` must be the number of a fold and how many there are, such as "
            f"2/5, got {shown(value)}."
        )
    return f"{number}/{count}"


def parsed_fold(text: str) -> tuple[int, int]:
    """Both numbers of a fold.

    >>> parsed_fold("2/5")
    (2, 5)
    """
    number, _, count = text.partition("/")
    return int(number), int(count)


def count(name: str, value: Any) -> int:
    """A positive integer below 2³¹."""
    return integer(name, value, 1, LARGEST)


def seed(name: str, value: Any) -> int:
    """An integer in [0, 2⁶³)."""
    return integer(name, value, 0, 2**63 - 1)


def calendar_part(name: str, value: Any) -> str:
    """A part of the calendar."""
    return one_of(name, value, CALENDAR)


# Types of options; each brings the check of its values.
Text = Annotated[str, text]
Texts = Annotated[tuple[str, ...], tuple_of(text)]
Path = Annotated[str | os.PathLike, path]
CacheFolder = Annotated[str | os.PathLike, lambda name, value: str(path(name, value))]
Dictionaries = Annotated[
    list[dict], lambda name, value: [*tuple_of(dictionary)(name, value)]
]
Size = Annotated[tuple[int, int], size]
Fold = Annotated[str, fold]
Split = Annotated[str | tuple[float, ...], split]
Count = Annotated[int, count]
Amount = Annotated[float, positive]
Spread = Annotated[float, non_negative]
Seed = Annotated[int, seed]
Separator = Annotated[str, separator]
Encoding = Annotated[str, encoding]
DecimalMark = Literal[".", ","]
Decoding = Literal["once", "batch"]
Tokens = Literal["characters", "words"]
Calendar = Annotated[tuple[str, ...], tuple_of(calendar_part)]
TaskName = Literal[
    "classification",
    "multilabel",
    "regression",
    "forecasting",
    "sequence_labelling",
    "text_generation",
    "translation",
]
