"""Types of the options of `recipes.load`, with their checks."""

import numbers
import os
from typing import Annotated, Any

from custom.arguments import non_negative, positive, positive_integer
from recipes.data.options import path, text, tuple_of


def size(name: str, value: Any) -> tuple[int, int]:
    """Height and width, in pixels."""
    sides = value if isinstance(value, tuple | list) else ()
    are_integers = all(isinstance(n, numbers.Integral) and int(n) >= 1 for n in sides)
    if len(sides) != 2 or not are_integers:
        raise ValueError(
            f"`{name}` must be (height, width), two positive integers, got {value!r}."
        )
    return int(sides[0]), int(sides[1])


def parsed_size(given: str) -> tuple[int, int]:
    """Height and width from `48x64`, or from one number for a square."""
    sides = given.lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(s.isdigit() and int(s) for s in sides):
        raise ValueError(f"{given!r} is not a size such as 64 or 48x64.")
    return int(sides[0]), int(sides[-1])


def seed(name: str, value: Any) -> int:
    """An integer of at least 0."""
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_integer or value < 0:
        raise ValueError(f"`{name}` must be an integer of at least 0, got {value!r}.")
    return int(value)


# Types of options; each brings the check of its values.
Text = Annotated[str, text]
Texts = Annotated[tuple[str, ...], tuple_of(text)]
Path = Annotated[str | os.PathLike, path]
CacheFolder = Annotated[str | os.PathLike, lambda name, value: str(path(name, value))]
Size = Annotated[tuple[int, int], size]
Count = Annotated[int, positive_integer]
Amount = Annotated[float, positive]
Spread = Annotated[float, non_negative]
Seed = Annotated[int, seed]
