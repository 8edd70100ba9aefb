"""Checks of the arguments of augmentations: amounts, and ranges to draw from.

Like those of `custom.arguments` they take a name and a value, return plain Python
values and raise a `ValueError` that names what is allowed.
"""

import numbers

from custom.arguments import finite


def amount(limit: float):
    """The check of `n`, for −n…n, or of a pair `(low, high)`, within ±`limit`.

    >>> amount(180)("rotation", 15)
    (-15.0, 15.0)
    >>> amount(180)("rotation", (0, 90))
    (0.0, 90.0)
    """

    def check(name, value):
        if isinstance(value, numbers.Real) and not 0 <= value <= limit:
            raise ValueError(
                f"`{name}` must be a number in [0, {limit}] or a pair (low, high), "
                f"got {value!r}."
            )
        low, high = _pair(name, value, lambda number: (0.0 - number, number))
        if not -limit <= low <= high <= limit:
            raise ValueError(
                f"`{name}` must be a range (low, high) with -{limit} <= low <= high "
                f"<= {limit}, got {value!r}."
            )
        return low, high

    return check


def factor(name, value):
    """`n`, for 1 − n…1 + n, or a pair `(low, high)` of positive factors.

    >>> factor("zoom", 0.25)
    (0.75, 1.25)
    """
    if isinstance(value, numbers.Real) and not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be a number in [0, 1) or a pair (low, high) of factors, "
            f"got {value!r}."
        )
    low, high = _pair(name, value, lambda number: (1 - number, 1 + number))
    if not 0 < low <= high:
        raise ValueError(
            f"`{name}` must be a range (low, high) with 0 < low <= high, got {value!r}."
        )
    return low, high


def _pair(name, value, around):
    """`(low, high)` of a pair, or of one number by `around`."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(
                f"`{name}` must be a number or a pair (low, high), got {value!r}."
            )
        return finite(name, value[0]), finite(name, value[1])
    return around(finite(name, value))


def odds(name, value):
    """A probability above 0: what never happens is left out instead."""
    number = finite(name, value)
    if not 0 < number <= 1:
        raise ValueError(f"`{name}` must be in (0, 1], got {value!r}.")
    return number


def concentration(name, value):
    """Of a Beta distribution; below 0.001 its logarithms leave float32's range."""
    number = finite(name, value)
    if number < 0.001:
        raise ValueError(f"`{name}` must be at least 0.001, got {value!r}.")
    return number


def switch(name, value):
    """`True` or `False`."""
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` must be True or False, got {value!r}.")
    return value


def pixel_value(name, value):
    """A brightness, in 0…255."""
    number = finite(name, value)
    if not 0 <= number <= 255:
        raise ValueError(f"`{name}` must be in [0, 255], got {value!r}.")
    return number


def choice(*allowed: str):
    """The check of one of the `allowed` words."""

    def check(name, value):
        if value not in allowed:
            raise ValueError(f"`{name}` must be one of {list(allowed)}, got {value!r}.")
        return value

    return check
