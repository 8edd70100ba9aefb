"""Checks of arguments.

Each function takes the argument's name and value, returns the value as a plain Python
object (so that configurations survive a round trip exactly) and raises a `ValueError`
that names the argument, what is allowed and what was received. NumPy's numbers are
accepted as Python's.
"""

import math
import numbers
import os
import pathlib
from collections.abc import Collection, Hashable
from typing import Any, TypeVar

Value = TypeVar("Value")
LONGEST = 80  # characters of a value in a message


def shown(value: Any) -> str:
    """The value in a message: its `repr` in one line, shortened.

    >>> shown([1, 2]), len(shown("x" * 1000))
    ('[1, 2]', 80)
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # Any class can have a `repr` that fails; so do huge integers.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def finite(name: str, value: Any) -> float:
    """Check for a finite real number."""
    number = _real(value)
    if not math.isfinite(number):
        raise ValueError(f"`{name}` must be a finite number, got {shown(value)}.")
    return number


def non_negative(name: str, value: Any) -> float:
    """Check for a finite number that is at least 0."""
    number = _real(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"`{name}` must be finite and at least 0, got {shown(value)}.")
    return number


def positive(name: str, value: Any) -> float:
    """Check for a finite number above 0."""
    number = _real(value)
    if not 0 < number < math.inf:
        raise ValueError(f"`{name}` must be finite and above 0, got {shown(value)}.")
    return number


def probability(name: str, value: Any) -> float:
    """Check for a number in [0, 1]."""
    number = _real(value)
    if not 0 <= number <= 1:
        raise ValueError(f"`{name}` must be in [0, 1], got {shown(value)}.")
    return number


def decay_rate(name: str, value: Any) -> float:
    """Check for a number in [0, 1): the share of a moving average kept each step."""
    number = _real(value)
    if not 0 <= number < 1:
        raise ValueError(f"`{name}` must be in [0, 1), got {shown(value)}.")
    return number


def integer(name: str, value: Any, lowest: int, highest: int | None = None) -> int:
    """Check for an integer that is at least `lowest`, and at most `highest`."""
    number = _plain(value)
    is_integer = isinstance(number, numbers.Integral) and not isinstance(number, bool)
    if is_integer and lowest <= number and (highest is None or number <= highest):
        return int(number)
    noun = "a positive integer" if lowest == 1 else f"an integer of at least {lowest}"
    limit = "" if highest is None else f", at most {highest:,}"
    raise ValueError(f"`{name}` must be {noun}{limit}, got {shown(value)}.")


def positive_integer(name: str, value: Any) -> int:
    """Check for an integer that is at least 1."""
    return integer(name, value, 1)


def positive_integers(name: str, values: Any) -> tuple[int, ...]:
    """Check for a non-empty tuple of positive integers; one integer becomes a tuple."""
    if isinstance(_plain(values), numbers.Integral):
        values = (values,)
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(
            f"`{name}` must be a positive integer or a tuple of them, got "
            f"{shown(values)}."
        )
    return tuple(positive_integer(name, value) for value in values)


def boolean(name: str, value: Any) -> bool:
    """Check for `True` or `False`; 0 and 1 are refused."""
    if not isinstance(_plain(value), bool):
        raise ValueError(f"`{name}` must be True or False, got {shown(value)}.")
    return bool(value)


def one_of(name: str, value: Value, allowed: Collection[Any]) -> Value:
    """Check for one of the `allowed` values."""
    if not isinstance(value, Hashable) or value not in allowed:
        raise ValueError(
            f"`{name}` must be one of {list(allowed)}, got {shown(value)}."
        )
    return value


def names(name: str, values: Any) -> tuple[str, ...]:
    """Check for a list, a tuple or an array of names, which become strings."""
    items = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(items, list | tuple) or any(
        isinstance(item, Collection) and not isinstance(item, str | bytes)
        for item in items
    ):
        raise ValueError(f"`{name}` must be a list of names, got {shown(values)}.")
    return tuple(str(item) for item in items)


def path(name: str, value: Any) -> pathlib.Path:
    """Check for a path that the system can look up, given as a string or an object."""
    given = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"`{name}` must be a path, not empty, got {shown(value)}.")
    try:
        os.lstat(given)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # too long, not permitted, with a zero byte
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(
            f"`{name}` must be a path that can be looked up, got {shown(given)}: "
            f"{reason}."
        ) from error
    return pathlib.Path(given)


def _plain(value: Any) -> Any:
    """A number of NumPy, also as an array without axes, as Python's; else the value."""
    is_number = getattr(getattr(value, "dtype", None), "kind", "") in {*"biuf"}
    return value.item() if is_number and value.shape == () else value


def _real(value: Any) -> float:
    """The number as a float: NaN if it is not real, infinite if it is too large."""
    number = _plain(value)
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        return math.nan
    try:
        return float(number)
    except OverflowError:
        return math.inf if abs(number) == number else -math.inf
