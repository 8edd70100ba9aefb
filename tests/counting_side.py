"""Sides of a comparison for tests of the benchmarks; their processes start quickly."""


def counting(start):
    """Return a side of a comparison that counts its measurements."""
    numbers = iter(range(start, 100))
    return lambda: {"number": next(numbers)}


def failing():
    raise ValueError("no such peer")
