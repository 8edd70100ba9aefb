"""Boxes in images, one for each."""

import tensorflow as tf


def bounds(centre, length, side):
    """Where boxes of a `length` about a `centre` begin and end, cut at the border.

    Args:
        centre: Integers in 0…side − 1.
        length: Integers, at least 0.
        side: Of the images.

    Returns:
        First place inside, and first behind.

    >>> first, end = bounds(tf.constant([0, 4]), 4, 8)
    >>> first.numpy().tolist(), end.numpy().tolist()
    ([0, 2], [2, 6])
    """
    first = centre - length // 2
    end = tf.minimum(first + length, side)
    return tf.maximum(first, 0), end


def inside(rows, columns, height, width):
    """Whether each pixel is in its image's box: `(batch, height, width, 1)`."""
    in_rows = _covered(rows, height)[:, :, tf.newaxis, tf.newaxis]
    return in_rows & _covered(columns, width)[:, tf.newaxis, :, tf.newaxis]


def _covered(between, side):
    first, end = between
    places = tf.range(side)
    return (places >= first[:, tf.newaxis]) & (places < end[:, tf.newaxis])


def place(draws, side):
    """Numbers drawn from [0, 1) as places 0…side − 1."""
    # The product of a number just below 1 may round up to `side`.
    return tf.minimum(tf.cast(draws * tf.cast(side, tf.float32), tf.int32), side - 1)
