"""One-hot encoding of the category codes in a table's rows."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from custom.arguments import integer
from custom.types import Shape, Tensor
from zoo.columns import Columns


@keras.saving.register_keras_serializable(package="zoo")
class OneHotColumns(keras.layers.Layer):
    """One-hot encoding of codes in rows; measurements stay as they are, and come first.

    The code $c$ of $K$ categories becomes $K$ numbers, all zero except for a 1 at index
    $c - 1$. Any other number, such as 0 for an unknown category, becomes zeros, so that
    no untrained weight contributes to the output.

    Args:
        sizes: The number of codes of each number in a row; 0 for a measurement.

    Raises:
        ValueError: If a size is negative or not an integer.

    >>> import numpy as np
    >>> OneHotColumns((0, 2))(np.array([[0.5, 2.0], [-1.0, 0.0]])).numpy().tolist()
    [[0.5, 0.0, 1.0], [-1.0, 0.0, 0.0]]

    Compared with Keras: `CategoryEncoding` takes one column, and reserves a number for
    unknown categories.
    """

    def __init__(self, sizes: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.sizes = [integer("sizes", size, 0) for size in sizes]

    def call(self, rows: Tensor) -> Tensor:
        rows = ops.convert_to_tensor(rows)
        measured = [index for index, size in enumerate(self.sizes) if size == 0]
        pieces = [ops.take(rows, measured, axis=1)] if measured else []
        for index, size in enumerate(self.sizes):
            if size:
                codes = ops.arange(1, size + 1, dtype=rows.dtype)
                pieces.append(ops.cast(rows[:, index, None] == codes, rows.dtype))
        return ops.concatenate(pieces, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape[0], sum(size or 1 for size in self.sizes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes}


def checked_columns(
    columns: dict | None, input_shape: Sequence[int], input_scaling: str | None
) -> Columns | None:
    """The `columns` argument of a model, if it fits the other arguments."""
    if columns is None:
        return None
    parsed = Columns.from_config(columns)
    if tuple(input_shape) != (len(parsed.sizes),):
        raise ValueError(
            f"`input_shape` must be {(len(parsed.sizes),)}, the shape of a row of "
            f"`columns`, got {tuple(input_shape)}."
        )
    if input_scaling == "pixels":
        raise ValueError(
            "`input_scaling` must be 'standardize' or None with `columns`, whose codes "
            "are not pixels, got 'pixels'."
        )
    return parsed
