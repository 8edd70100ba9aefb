"""Boxes in images, one box for each image."""

import tensorflow as tf

Bounds = tuple[tf.Tensor, tf.Tensor]  # first index inside, and first index after


def bounds(centre: tf.Tensor, length: tf.Tensor, side: tf.Tensor) -> Bounds:
    """Computes where boxes begin and end along one axis, cut at the border.

    Returns:
        The first index inside each box, and the first index after it.

    >>> first, end = bounds(tf.constant([0, 4]), 4, 8)
    >>> first.numpy().tolist(), end.numpy().tolist()
    ([0, 2], [2, 6])
    """
    first = centre - length // 2
    end = tf.minimum(first + length, side)
    return tf.maximum(first, 0), end


def inside(
    rows: Bounds, columns: Bounds, height: tf.Tensor, width: tf.Tensor
) -> tf.Tensor:
    """Whether each pixel is in the box of its image, `(batch, height, width, 1)`."""
    in_rows = _covered(rows, height)[:, :, tf.newaxis, tf.newaxis]
    return in_rows & _covered(columns, width)[:, tf.newaxis, :, tf.newaxis]


def _covered(within, side):
    first, end = within
    indices = tf.range(side)
    return (indices >= first[:, tf.newaxis]) & (indices < end[:, tf.newaxis])


def pixel_index(draws: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """Turns numbers drawn from [0, 1) into indices 0…side − 1."""
    # The product of a number just below 1 may round up to `side`.
    return tf.minimum(tf.cast(draws * tf.cast(side, tf.float32), tf.int32), side - 1)
