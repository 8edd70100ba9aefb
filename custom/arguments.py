"""Checks of constructor arguments.

Each function takes the argument's name and value, returns the value as a plain Python
number (so that configurations survive a round trip exactly) and raises a `ValueError`
that names the argument, what is allowed and what was received.
"""

import math
import numbers
from collections.abc import Collection
from typing import Any, TypeVar

Value = TypeVar("Value")


def finite(name: str, value: Any) -> float:
    """Check for a finite real number."""
    if not _is_real(value) or not math.isfinite(value):
        raise ValueError(f"`{name}` must be a finite number, got {value!r}.")
    return float(value)


def non_negative(name: str, value: Any) -> float:
    """Check for a finite number that is at least 0."""
    if not _is_real(value) or not 0 <= value < math.inf:
        raise ValueError(f"`{name}` must be finite and at least 0, got {value!r}.")
    return float(value)


def positive(name: str, value: Any) -> float:
    """Check for a finite number above 0."""
    if not _is_real(value) or not 0 < value < math.inf:
        raise ValueError(f"`{name}` must be finite and above 0, got {value!r}.")
    return float(value)


def probability(name: str, value: Any) -> float:
    """Check for a number in [0, 1]."""
    if not _is_real(value) or not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be in [0, 1], got {value!r}.")
    return float(value)


def decay_rate(name: str, value: Any) -> float:
    """Check for a number in [0, 1): the share of a moving average kept each step."""
    if not _is_real(value) or not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1), got {value!r}.")
    return float(value)


def positive_integer(name: str, value: Any) -> int:
    """Check for an integer that is at least 1."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Integral)
        or int(value) < 1
    ):
        raise ValueError(f"`{name}` must be a positive integer, got {value!r}.")
    return int(value)


def positive_integers(name: str, values: Any) -> tuple[int, ...]:
    """Check for a non-empty tuple of positive integers; one integer becomes a tuple."""
    if isinstance(values, numbers.Integral):
        values = (values,)
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(
            f"`{name}` must be a positive integer or a tuple of them, got {values!r}."
        )
    return tuple(positive_integer(name, value) for value in values)


def boolean(name: str, value: Any) -> bool:
    """Check for `True` or `False`; 0 and 1 are refused."""
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` must be True or False, got {value!r}.")
    return value


def one_of(name: str, value: Value, allowed: Collection[Any]) -> Value:
    """Check for one of the `allowed` values."""
    if value not in allowed:
        raise ValueError(f"`{name}` must be one of {list(allowed)}, got {value!r}.")
    return value


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
