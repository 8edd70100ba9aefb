"""Columns that number the rows, or name them, and tell nothing about new ones."""

import re
from collections.abc import Mapping

import numpy as np

SAMPLED = 1000  # rows that show first whether values repeat
LEAST_ROWS = 10  # fewer numbers are consecutive by chance
UNNAMED = re.compile(
    r"(unnamed: ?\d+(\.\d+)*|\.\.\.\d+|_c0|__index_level_\d+__)?", re.I
)
IDENTIFIER = re.compile(
    r"(?:^|.*[\W_])(?:id|ids|idx|uuid|guid|pk)|index|key|row|row[\W_]?(?:id|num|name)s?"
    r"|(?:row|record|serial|line)[\W_]*(?:no|nr|num|number)?",
    re.IGNORECASE,
)
CODES = re.compile(  # whose numbers are not amounts
    r"(?:.*[\W_])?(?:(?:zip|post|postal)[\W_]?codes?|zips?|plz|postleitzahl|fax|tel"
    r"|(?:tele|mobile[\W_]?)?phone(?:[\W_]?(?:number|num|no|nr))?|telefon(?:nummer)?)",
    re.IGNORECASE,
)
CAMEL = re.compile(".*[a-z](?:I[dD]|U[uU][iI][dD]|G[uU][iI][dD])")  # not "paid"


def names_codes(name: str) -> bool:
    """Whether the name of a column says that its numbers are codes, not amounts.

    >>> [names_codes(name) for name in ("zip", "Post code", "phoneNumber", "zipped")]
    [True, True, True, False]
    """
    return CODES.fullmatch(name.strip()) is not None


def identifying(columns: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Why columns are to be left out, by their name, with how to keep them.

    Args:
        columns: The numbers, words or dates of each column, as `read_column` gives
            them.

    >>> counted = {"": np.arange(20.0), "age": np.arange(20.0) % 7}
    >>> identifying(counted)
    {'': 'it has no name'}
    """
    found = {name: _why(name, column) for name, column in columns.items()}
    return {name: why for name, why in found.items() if why}


def _why(name: str, column: np.ndarray) -> str:
    if UNNAMED.fullmatch(name.strip()):
        return "it has no name"
    if column.dtype.kind == "M":  # Its weekdays and months come again.
        return ""
    is_words = column.dtype == object
    is_whole = is_words or (np.isfinite(column) & (np.floor(column) == column)).all()
    if not is_whole:
        return ""
    is_named = IDENTIFIER.fullmatch(name.strip()) or CAMEL.fullmatch(name.strip())
    count = len(column)
    some = column[:: max(1, count // SAMPLED)]
    if not is_named and len({*some.tolist()}) < len(some):
        return ""
    distinct = len({*column.tolist()} if is_words else np.unique(column))
    if is_named and 2 * distinct > count:
        return "it names the rows"
    if distinct < count or count < LEAST_ROWS:
        return ""
    if name.lower().endswith("id"):
        return "it names the rows"
    if is_words:
        return ""
    steps = np.diff(column)
    is_range = column.max() - column.min() == count - 1
    if is_range or (steps > 0).all() or (steps < 0).all():
        return "it counts the rows"
    return ""
