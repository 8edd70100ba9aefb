"""Checks of constructor arguments.

Each takes the argument's name and value, returns the value as a plain Python
number (so that configurations survive a round trip exactly) and raises a
`ValueError` that names the argument, what is allowed and what was received.
"""

import math
import numbers


def finite(name, value):
    """A finite real number, as `float`."""
    if not _is_real(value) or not math.isfinite(value):
        raise ValueError(f"`{name}` must be a finite number, got {value!r}.")
    return float(value)


def non_negative(name, value):
    """A finite number, at least 0."""
    if not _is_real(value) or not 0 <= value < math.inf:
        raise ValueError(f"`{name}` must be finite and at least 0, got {value!r}.")
    return float(value)


def positive(name, value):
    """A finite number above 0."""
    if not _is_real(value) or not 0 < value < math.inf:
        raise ValueError(f"`{name}` must be finite and above 0, got {value!r}.")
    return float(value)


def probability(name, value):
    """A number in [0, 1]."""
    if not _is_real(value) or not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be in [0, 1], got {value!r}.")
    return float(value)


def decay_rate(name, value):
    """A number in [0, 1): how much of a running average is kept each step."""
    if not _is_real(value) or not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1), got {value!r}.")
    return float(value)


def positive_integer(name, value):
    """An integer, at least 1."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Integral)
        or not value >= 1
    ):
        raise ValueError(f"`{name}` must be a positive integer, got {value!r}.")
    return int(value)


def positive_integers(name, values):
    """A non-empty tuple of positive integers; one integer stands for itself."""
    if isinstance(values, numbers.Integral):
        values = (values,)
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(
            f"`{name}` must be a positive integer or a tuple of them, got {values!r}."
        )
    return tuple(positive_integer(name, value) for value in values)


def boolean(name, value):
    """`True` or `False`, and no number that stands for one."""
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` must be True or False, got {value!r}.")
    return value


def one_of(name, value, allowed):
    """One of the `allowed` strings."""
    if value not in allowed:
        raise ValueError(f"`{name}` must be one of {list(allowed)}, got {value!r}.")
    return value


def _is_real(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
