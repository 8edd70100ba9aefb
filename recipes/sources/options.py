"""Types of the options of `recipes.load`, with their checks."""

import os
import re
from typing import Annotated, Any, Literal

from custom.arguments import integer, non_negative, one_of, path, positive, shown
from recipes.data.options import dictionary, text, tuple_of

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


def parsed_size(given: str) -> tuple[int, int]:
    """Height and width from `48x64`, or from one number for a square."""
    sides = re.fullmatch(r"([0-9]{1,9})(?:x([0-9]{1,9}))?", given.lower())
    if sides is None:
        raise ValueError(f"{shown(given)} is not a size such as 64 or 48x64.")
    return int(sides[1]), int(sides[2] or sides[1])


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
Count = Annotated[int, count]
Amount = Annotated[float, positive]
Spread = Annotated[float, non_negative]
Seed = Annotated[int, seed]
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
