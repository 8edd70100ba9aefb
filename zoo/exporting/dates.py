"""Dates as texts in ISO 8601, read inside the signatures."""

import tensorflow as tf

from zoo.calendar import MILLISECONDS, day_number
from zoo.exporting.requests import checked_dates

PATTERN = (
    r"^(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?:[Zz]|([+-])(\d{2}:?\d{2}))?)?$"
)
DAYS_OF_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def milliseconds_of(
    texts: tf.Tensor, specification: tf.TensorSpec, fill: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """int64 milliseconds since 1970, and which texts are empty.

    Args:
        texts: Dates such as `2024-01-31`, `2024-01-31T13:45` and
            `2024-01-31 13:45:07.5+02:00`; without an offset they are in UTC.
        specification: The input, for messages.
        fill: The milliseconds for an empty text.
    """
    texts = tf.strings.strip(texts)
    missing = texts == ""
    fits = tf.strings.regex_full_match(texts, PATTERN)
    safe = tf.where(fits, texts, "1970-01-01")

    def field(number: int) -> tf.Tensor:
        # A part that is left out is 0.
        digits = tf.strings.regex_replace(safe, PATTERN, rf"0\{number}")
        return tf.strings.to_number(digits, tf.float64)

    numbers = [tf.cast(field(n), tf.int64) for n in range(1, 7)]
    year, month, day, hour, minute, second = numbers
    longest = tf.gather(DAYS_OF_MONTHS, tf.clip_by_value(month - 1, 0, 11))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = tf.cast(longest, tf.int64) - tf.cast((month == 2) & ~leap, tf.int64)
    fits &= (year > 0) & (month > 0) & (month <= 12) & (day > 0) & (day <= longest)
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    offset = tf.strings.regex_replace(safe, PATTERN, r"0\9")
    offset = tf.strings.to_number(tf.strings.regex_replace(offset, ":", ""), tf.int64)
    fits &= (offset < 2400) & (offset % 100 < 60)
    safe = checked_dates(safe, specification, fits | missing)
    is_west = tf.strings.regex_replace(safe, PATTERN, r"\8") == "-"
    offset = offset // 100 * 60 + offset % 100
    minutes = 60 * hour + minute + tf.where(is_west, offset, -offset)
    fraction = tf.cast(tf.round(1000 * field(7)), tf.int64)
    found = day_number(year, month, day) * MILLISECONDS
    found += 60_000 * minutes + 1000 * second + fraction
    return tf.where(missing, tf.constant(fill, tf.int64), found), missing
