"""The inputs of a signature that takes the columns of a table, one input each."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from custom.types import Tensor
from zoo.calendar import MILLISECONDS
from zoo.columns import Category, Column, Columns, Date, Number, input_names
from zoo.exporting.dates import milliseconds_of
from zoo.exporting.requests import not_infinite

LONGEST = 20 * 366  # days before and after the filling date, in synthetic requests


class TableInputs:
    """The inputs of a table's signature, and the graph that makes rows of them.

    Attributes:
        columns: The columns of the table.
        specifications: string `[n]` for a column of words, or of dates in ISO 8601 with
            an empty text for a missing one; float32 `[n]` for a column of numbers, with
            NaN for a missing one.
        lookups: Keras's lookups of the words, which the SavedModel must track.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.names = input_names(columns)
        self.specifications = [
            tf.TensorSpec([None], _dtype(column), name=self.names[column.name])
            for column in columns.columns
        ]
        self.lookups = {
            column.name: keras.layers.StringLookup(
                vocabulary=list(column.categories),
                mask_token=None,
                oov_token=column.other,
            )
            for column in columns.columns
            if isinstance(column, Category)
        }
        for lookup in self.lookups.values():
            lookup.build((None,))

    def rows(self, *inputs: Tensor) -> Tensor:
        """float32 rows, as `Columns.rows` gives them."""
        pieces = []
        pairs = zip(self.columns.columns, self.specifications, inputs, strict=True)
        for column, specification, values in pairs:
            values = tf.ensure_shape(values, [None], name=specification.name)
            if isinstance(column, Category):
                pieces.append(tf.cast(self.lookups[column.name](values), tf.float32))
            elif isinstance(column, Date):
                pieces += _of_dates(column, values, specification)
            else:
                pieces += _of_numbers(column, values, specification)
        return tf.stack(pieces, axis=1)

    def request(self, rows: ArrayLike) -> dict[str, np.ndarray]:
        """The inputs of the signature for these rows; texts in UTF-8."""
        return {
            self.names[name]: _as_request(values)
            for name, values in self.columns.raw(rows).items()
        }

    def synthetic(self, number: int) -> np.ndarray:
        """Seeded random rows."""
        rng = np.random.default_rng(0)
        raw = {c.name: _random(c, rng, number) for c in self.columns.columns}
        return self.columns.rows(raw)


def _of_numbers(
    column: Number, values: tf.Tensor, specification: tf.TensorSpec
) -> list[tf.Tensor]:
    values = not_infinite(values, specification)
    missing = tf.math.is_nan(values)
    filled = tf.where(missing, tf.constant(column.fill, tf.float32), values)
    return [filled, *[tf.cast(missing, tf.float32)] * column.marked]


def _of_dates(
    column: Date, texts: tf.Tensor, specification: tf.TensorSpec
) -> list[tf.Tensor]:
    fill = round(column.fill * MILLISECONDS)
    milliseconds, missing = milliseconds_of(texts, specification, fill)
    numbers = [*column.numbers(milliseconds, tf.math), *[missing] * column.marked]
    return [tf.cast(each, tf.float32) for each in numbers]


def _as_request(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values, unit="s")
        return np.where(np.isnat(values), "", texts).astype("S")
    if values.dtype == object:
        return np.array([word.encode() for word in values])
    return values.astype("float32")


def _random(column: Column, rng: np.random.Generator, number: int) -> np.ndarray:
    if isinstance(column, Category):
        words = np.array([column.other, *column.categories], object)
        return rng.choice(words, number)
    if isinstance(column, Number):
        values = rng.normal(size=number)
    else:
        values = column.fill + rng.uniform(-LONGEST, LONGEST, number)
    return np.where(column.marked & (rng.random(number) < 0.5), np.nan, values)


def _dtype(column: Column) -> tf.DType:
    return tf.float32 if isinstance(column, Number) else tf.string
