"""Checks for the arguments of augmentations, such as ranges to draw from.

Like the checks in `custom.arguments` they take a name and a value, return plain Python
values and raise a `ValueError` that says what is allowed.
"""

import numbers
from collections.abc import Callable
from typing import Any

from custom.arguments import finite, one_of, shown

Check = Callable[[str, Any], Any]
Range = float | tuple[float, float]  # which the checks normalise to a pair


def amount(limit: float) -> Check:
    """Makes a check for `n`, meaning −n…n, or a pair `(low, high)`, within ±`limit`.

    >>> amount(180)("rotation", 15)
    (-15.0, 15.0)
    >>> amount(180)("rotation", (0, 90))
    (0.0, 90.0)
    """

    def check(name, value):
        if isinstance(value, numbers.Real) and not 0 <= value <= limit:
            raise ValueError(
                f"`{name}` must be a number in [0, {limit}] or a pair (low, high), "
                f"got {shown(value)}."
            )
        low, high = _pair(name, value, lambda number: (0.0 - number, number))
        if not -limit <= low <= high <= limit:
            raise ValueError(
                f"`{name}` must be a range (low, high) with -{limit} <= low <= high "
                f"<= {limit}, got {shown(value)}."
            )
        return low, high

    return check


def factor(name: str, value: Any) -> tuple[float, float]:
    """Checks `n`, meaning 1 − n…1 + n, or a pair `(low, high)` of positive factors.

    >>> factor("zoom", 0.25)
    (0.75, 1.25)
    """
    if isinstance(value, numbers.Real) and not 0 <= finite(name, value) < 1:
        raise ValueError(
            f"`{name}` must be a number in [0, 1) or a pair (low, high) of factors, "
            f"got {shown(value)}."
        )
    low, high = _pair(name, value, lambda number: (1 - number, 1 + number))
    if not 0 < low <= high:
        raise ValueError(
            f"`{name}` must be a range (low, high) with 0 < low <= high, got "
            f"{shown(value)}."
        )
    return low, high


def between(lowest: float, highest: float) -> Check:
    """Makes a check for a number, or a pair `(low, high)`, within the limits.

    >>> between(-100, 100)("snr", 20), between(-100, 100)("snr", (5, 30))
    ((20.0, 20.0), (5.0, 30.0))
    """

    def check(name, value):
        low, high = _pair(name, value, lambda number: (number, number))
        if not lowest <= low <= high <= highest:
            raise ValueError(
                f"`{name}` must be a number or a range (low, high) with {lowest} <= "
                f"low <= high <= {highest}, got {shown(value)}."
            )
        return low, high

    return check


def columns(each: Check) -> Check:
    """Makes a check for one number per column, which applies `each` to all of them."""

    def check(name, value):
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(
                f"`{name}` must be a number for each column, got {shown(value)}."
            )
        return tuple(each(name, number) for number in value)

    return check


def words(name: str, value: Any) -> tuple[str, ...]:
    """Checks a sequence of words in lower case, and returns a tuple."""
    if not isinstance(value, list | tuple) or not all(
        isinstance(word, str) and word and word == word.lower() for word in value
    ):
        raise ValueError(
            f"`{name}` must be a tuple of words in lower case, got {shown(value)}."
        )
    return tuple(value)


def _pair(name, value, around):
    """Returns the pair `(low, high)`, or the pair that `around` makes of a number."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(
                f"`{name}` must be a number or a pair (low, high), got {shown(value)}."
            )
        return finite(name, value[0]), finite(name, value[1])
    return around(finite(name, value))


def odds(name: str, value: Any) -> float:
    """Checks a probability above 0; an operation that never happens is left out."""
    number = finite(name, value)
    if not 0 < number <= 1:
        raise ValueError(f"`{name}` must be in (0, 1], got {shown(value)}.")
    return number


def concentration(name: str, value: Any) -> float:
    """Checks α of a Beta distribution; below 0.001 logarithms overflow in float32."""
    number = finite(name, value)
    if number < 0.001:
        raise ValueError(f"`{name}` must be at least 0.001, got {shown(value)}.")
    return number


def pixel_value(name: str, value: Any) -> float:
    """Checks the value of a pixel, in 0…255."""
    number = finite(name, value)
    if not 0 <= number <= 255:
        raise ValueError(f"`{name}` must be in [0, 255], got {shown(value)}.")
    return number


def choice(*allowed: str) -> Check:
    """Makes a check for one of the `allowed` words."""
    return lambda name, value: one_of(name, value, allowed)
