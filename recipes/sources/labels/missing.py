"""What stands for a missing value, in labels, inputs and categories of every reader."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recipes.sources.tables.words import Words

# In lower case and without the space around them: how spreadsheets, databases,
# statistics programs and pandas write it.
SPELLINGS = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "#n/a n/a", "#na", "<na>", "nan", "-nan", "+nan"}
    | {"nat", "null", "#null!", "(null)", "none", "nil", "missing", r"\n", ".", "?"}
    | {"-", "--", "---", "–", "—", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"}
    | {"#div/0!", "#value!", "#ref!", "#name?", "#num!"}
)


def is_missing(value: Any) -> bool:
    """Whether a value is missing: a spelling of it, `None`, NaN, `NA` or `NaT`.

    >>> [is_missing(value) for value in (" NA ", None, float("nan"), b"null", 0, "no")]
    [True, True, True, True, False, False]
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.strip().lower() in SPELLINGS
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def missing_rows(values: Iterable[Any]) -> np.ndarray:
    """The indices of the values that are missing."""
    if isinstance(values, Words):
        gone = np.array([is_missing(word) for word in values.distinct], bool)
        return np.flatnonzero(gone[values.codes]) if gone.any() else np.arange(0)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        return np.flatnonzero(np.isnan(values))
    return np.flatnonzero([is_missing(value) for value in values])


def told_left_out(count: int, total: int, noun: str, first: str) -> str:
    """The note on examples without a label or an input.

    >>> told_left_out(2, 100, "label", "line 7")
    '2 of 100 examples are left out because their label is missing, the first: line 7'
    """
    return (
        f"{count:,} of {total:,} examples are left out because their {noun} is "
        f"missing, the first: {first}"
    )
