"""Codes of categories as numbers that a model can weigh."""

import keras
from keras import ops

from zoo.columns import Columns


@keras.saving.register_keras_serializable(package="zoo")
class OneHotColumns(keras.layers.Layer):
    """Rows whose codes become a 1 among zeros; measurements stay, and come first.

    The code $c$ of $K$ categories becomes $K$ numbers, the one in place $c - 1$ being
    1. Any other number, such as 0 for a category that is not known, becomes zeros, so
    that nothing untrained answers for it.

    Args:
        sizes: For each number of a row how many codes it may have; 0 of a measurement.

    Raises:
        ValueError: If a size is negative or no whole number.

    >>> import numpy as np
    >>> OneHotColumns((0, 2))(np.array([[0.5, 2.0], [-1.0, 0.0]])).numpy().tolist()
    [[0.5, 0.0, 1.0], [-1.0, 0.0, 0.0]]

    Compared with Keras: `CategoryEncoding` takes one column, and has a number of
    its own for what is not known.
    """

    def __init__(self, sizes, **options):
        super().__init__(**options)
        if not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise ValueError(
                f"`sizes` must be whole numbers of at least 0, got {sizes!r}."
            )
        self.sizes = [*sizes]

    def call(self, rows):
        rows = ops.convert_to_tensor(rows)
        measured = [place for place, size in enumerate(self.sizes) if size == 0]
        pieces = [ops.take(rows, measured, axis=1)] if measured else []
        for place, size in enumerate(self.sizes):
            if size:
                codes = ops.arange(1, size + 1, dtype=rows.dtype)
                pieces.append(ops.cast(rows[:, place, None] == codes, rows.dtype))
        return ops.concatenate(pieces, axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape[0], sum(size or 1 for size in self.sizes)

    def get_config(self):
        return {**super().get_config(), "sizes": self.sizes}


def checked_columns(columns, input_shape, input_scaling) -> Columns | None:
    """The `columns` argument of a model, agreeing with its others.

    Raises:
        ValueError: If it describes no columns, or rows of another length, or codes
            would be scaled.
    """
    if columns is None:
        return None
    columns = Columns.from_config(columns)
    if tuple(input_shape) != (len(columns.sizes),):
        raise ValueError(
            f"`input_shape` must be {(len(columns.sizes),)}, the numbers of a row of "
            f"`columns`, got {tuple(input_shape)}."
        )
    if input_scaling == "pixels":
        raise ValueError(
            "`input_scaling` must be 'standardize' or None with `columns`, whose codes "
            "are no pixels, got 'pixels'."
        )
    return columns
