"""The inputs of a signature that takes the columns of a table, one input each."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from custom.types import Tensor
from zoo.columns import Category, Columns, input_names
from zoo.exporting.requests import not_infinite


class TableInputs:
    """The inputs of a table's signature, and the graph that makes rows of them.

    Attributes:
        columns: The columns of the table.
        specifications: string `[n]` for a column of words; float32 `[n]` for a column
            of numbers, with NaN for a missing one.
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
                continue
            values = not_infinite(values, specification)
            missing = tf.math.is_nan(values)
            fill = tf.constant(column.fill, tf.float32)
            pieces.append(tf.where(missing, fill, values))
            if column.marked:
                pieces.append(tf.cast(missing, tf.float32))
        return tf.stack(pieces, axis=1)

    def request(self, rows: ArrayLike) -> dict[str, np.ndarray]:
        """The inputs of the signature for these rows; words in UTF-8."""
        return {
            self.names[name]: np.array([word.encode() for word in values])
            if values.dtype == object
            else values.astype("float32")
            for name, values in self.columns.raw(rows).items()
        }

    def synthetic(self, number: int) -> np.ndarray:
        """Seeded random rows."""
        rng = np.random.default_rng(0)
        rows = [
            rng.integers(size + 1, size=number) if size else rng.normal(size=number)
            for size in self.columns.sizes
        ]
        return np.stack(rows, axis=1).astype("float32")


def _dtype(column):
    return tf.string if isinstance(column, Category) else tf.float32
