"""Reading a column: numbers, dates, or words that may spell them."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.data.objects import as_objects
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.booleans import in_one_spelling
from recipes.sources.tables.identifiers import names_codes
from recipes.sources.tables.number_formats import DAYS, read_numbers
from recipes.sources.tables.words import Words, word_of, words_of
from zoo.calendar import days_of, days_since_1970, moments_of
from zoo.errors import InputError

ZERO_PADDED = re.compile(r"0\d+")  # such as a postal code; an amount is not


def read_column(
    name: str,
    values: Any,
    is_category: bool | None = None,
    *,
    where: Callable[[int], str] | None = None,
    notes: list[str] | None = None,
) -> np.ndarray:
    """A column `(n,)` of float64 with NaN, of datetime64 with NaT, or of strings.

    A missing word is an empty string.

    Args:
        name: Name of the column, for messages.
        values: Numbers, booleans, dates, or text, which may spell numbers or dates.
        is_category: Whether to read words; if not, dates become days since 1970.
            `None` reads words unless most values are numbers or dates.
        where: What a message calls a row. Default: its number, counted from 0.
        notes: List to which a sentence on how the values were read is added.

    Raises:
        InputError: If the values are neither numbers nor words, or a word is among
            numbers.
    """
    if is_category is None and names_codes(name):
        is_category = _holds_codes(values) or None
        if is_category and notes is not None:
            notes.append(f"column {name!r} holds codes, as its name says: categories")
    if not isinstance(values, Words):
        if isinstance(values, list | tuple):
            # One long text makes an array of str huge.
            is_text = isinstance(next(iter(values), 0), str)
            values = np.array(values, object) if is_text else np.asarray(values)
        values = np.asarray(values)
        if values.ndim != 1:
            raise InputError(
                f"The column {name!r} must have the shape (n,), got {values.shape}."
            )
        read = _plain(name, values, is_category, notes)
        if read is not None:
            return read
        if values.dtype.kind == "M":
            values = values.astype("datetime64[us]").astype(object)
        try:
            values = words_of(values)
        except TypeError as error:
            raise InputError(
                f"The column {name!r} holds neither numbers nor words: {error}."
            ) from error
    return _from_words(name, values, is_category, where, notes)


def _holds_codes(values: Any) -> bool:
    """Whether all values are whole numbers or words."""
    values = values if isinstance(values, Words) else np.asarray(values)
    if isinstance(values, Words) or values.dtype.kind not in "f":
        return True
    present = values[np.isfinite(values)]
    return bool((present % 1 == 0).all())


def _plain(
    name: str, values: np.ndarray, is_category: bool | None, notes: list[str] | None
) -> np.ndarray | None:
    """Numbers and dates that are not written as text; `None` for words."""
    if values.dtype.kind not in "OSUiufbmM":
        raise InputError(
            f"The column {name!r} holds {values.dtype.name}; give numbers or words."
        )
    if is_category:
        return None
    if values.dtype.kind == "M":
        days = days_of(name, values)
        return days if is_category is not None else moments_of(days)
    if values.dtype.kind == "m":
        values = values / np.timedelta64(1, "D")
    if values.dtype == np.float32:
        return values
    if values.dtype.kind in "iufb":
        return values.astype("float64", copy=False)
    if values.dtype.kind == "O" and not any(
        isinstance(value, str | bytes) for value in values
    ):
        return _from_objects(name, values.tolist(), is_category is None, notes)
    return None


def _from_words(
    name: str,
    values: Words,
    is_category: bool | None,
    where: Callable[[int], str] | None,
    notes: list[str] | None,
) -> np.ndarray:
    """Words, or the numbers or dates that they spell, each different one read once."""
    if is_category is None:
        is_category = values.is_category or None
    words = ["" if is_missing(v) else word_of(v) for v in values.distinct.tolist()]
    if names_codes(name):  # pandas writes whole numbers so, if some are missing.
        words = [re.sub(r"(?<=\d)\.0$", "", word) for word in words]
    texts = as_objects(words)
    notes = [] if notes is None else notes
    code = next((word for word in words if ZERO_PADDED.fullmatch(word)), None)
    if is_category is None and code is not None:
        notes.append(
            f"column {name!r} holds codes, such as {code!r} with its zero in front: "
            "categories"
        )
        is_category = True
    if is_category:
        return texts[values.codes]
    reading = read_numbers(texts)
    is_wrong = (texts != "") & np.isnan(reading.numbers)
    counts = np.bincount(values.codes, minlength=len(texts))
    if is_category is None and 2 * counts[is_wrong].sum() > counts[texts != ""].sum():
        folded = in_one_spelling(words)
        if folded is not None:
            texts[:] = folded
            notes.append(f"column {name!r}: upper and lower case are the same word")
        return texts[values.codes]
    remedy = (
        f"; if the column holds categories, say so with --categorical-column {name}, "
        f"or leave it out with --drop-column {name}."
    )
    wrong = is_wrong | np.isinf(as_float32(reading.numbers))
    if wrong.any():
        row = int(np.argmax(wrong[values.codes]))
        called, text = where or "row {}".format, texts[values.codes[row]]
        raise InputError(
            f"The column {name!r}, {called(row)}: {text!r} is not a finite number; "
            f"write it as a number, or leave it empty{remedy}"
        )
    if reading.problem:
        raise InputError(
            f"The column {name!r} is ambiguous: {reading.problem}. Write plain numbers "
            f"such as 1234.5, and dates as 2024-01-31{remedy}"
        )
    if reading.has_dates and is_category is None:
        form = reading.how.removeprefix(DAYS)
        if form:
            notes.append(f"column {name!r} is read as dates{form}")
        return moments_of(reading.numbers)[values.codes]
    if reading.how:
        notes.append(f"column {name!r} is read as numbers: {reading.how}")
    return reading.numbers[values.codes]


def _from_objects(
    name: str, values: list, as_dates: bool, notes: list[str] | None
) -> np.ndarray:
    """Numbers or dates of Python objects."""
    cells = [None if is_missing(value) else value for value in values]
    has_dates = any(isinstance(cell, datetime.date) for cell in cells)
    if has_dates:
        cells = [None if cell is None else days_since_1970(cell) for cell in cells]
        if notes is not None and not as_dates:
            notes.append(f"column {name!r} is read as numbers: {DAYS}")
    try:
        # NumPy reads None as NaN.
        numbers = np.array(cells, "float64")
        return moments_of(numbers) if has_dates and as_dates else numbers
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"The column {name!r} holds neither numbers nor words: {error}."
        ) from error


def as_float32(numbers: np.ndarray) -> np.ndarray:
    """float32 numbers; infinite ones where float32 cannot hold them."""
    with np.errstate(over="ignore"):  # It becomes infinite.
        return numbers.astype("float32")
