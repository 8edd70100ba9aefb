"""Checks of a request inside the signatures, as TensorFlow operations.

A loaded SavedModel, and a server, only compare types. An image of another size would
get a meaningless answer, and an image without the batch axis can crash the process.
"""

import tensorflow as tf

# The first bytes of a file of each format, and bytes that every complete file holds.
PICTURES = {
    b"\x89PNG": b"IEND",
    b"\xff\xd8\xff": b"\xff\xd9",  # JPEG
    b"BM": b"",
    b"GIF8": b"",
}


def checked(tensor: tf.Tensor, specification: tf.TensorSpec) -> tf.Tensor:
    """A tensor of a request, if it has the required shape and is finite."""
    name = specification.name
    tensor = tf.ensure_shape(tensor, specification.shape, name=name)
    if not tensor.dtype.is_floating:
        return tensor
    finite = tf.reduce_all(tf.math.is_finite(tensor))
    return _if(finite, tensor, f"`{name}` must be finite: there is NaN or infinity.")


def not_infinite(tensor: tf.Tensor, specification: tf.TensorSpec) -> tf.Tensor:
    """A tensor of numbers that may hold NaN, if none is infinite."""
    holds = ~tf.reduce_any(tf.math.is_inf(tensor))
    return _if(holds, tensor, f"`{specification.name}` must not be infinite.")


def checked_dates(
    texts: tf.Tensor, specification: tf.TensorSpec, fits: tf.Tensor
) -> tf.Tensor:
    """Texts that all are dates."""
    message = (
        f"`{specification.name}` must be dates such as 2024-01-31 or "
        "2024-01-31T13:45:00, or empty; those at these positions are not:"
    )
    return _if(tf.reduce_all(fits), texts, message, tf.where(~fits)[:, 0])


def in_range(
    tensor: tf.Tensor, specification: tf.TensorSpec, least: int, greatest: int
) -> tf.Tensor:
    """A `checked` tensor, if its integers are from `least` to `greatest`."""
    tensor = checked(tensor, specification)
    numbers = tf.reshape(tensor, [-1])
    outside = (numbers < least) | (numbers > greatest)
    message = f"`{specification.name}` must be from {least} to {greatest}, got"
    wrong = tf.boolean_mask(numbers, outside)
    return _if(~tf.reduce_any(outside), tensor, message, wrong)


def positive_or_zero(tensor: tf.Tensor, specification: tf.TensorSpec) -> tf.Tensor:
    """A `checked` tensor, if none of its numbers is negative."""
    tensor = checked(tensor, specification)
    message = f"`{specification.name}` must not be negative, got"
    return _if(tf.reduce_all(tensor >= 0), tensor, message, tensor)


def pictures(encoded: tf.Tensor, specification: tf.TensorSpec) -> tf.Tensor:
    """A `checked` vector of files, if all are image files and none is truncated.

    The decoders refuse a file that is damaged inside, but do not say which file it is.
    """
    encoded = checked(encoded, specification)
    whole = tf.zeros_like(encoded, tf.bool)
    for start, end in PICTURES.items():
        fits = tf.strings.substr(encoded, 0, len(start)) == start
        if end:
            fits &= tf.strings.split(encoded, end).row_lengths() > 1
        whole |= fits
    message = (
        f"`{specification.name}` must be complete PNG, JPEG, BMP or GIF files; those "
        "at these positions are not:"
    )
    return _if(tf.reduce_all(whole), encoded, message, tf.where(~whole)[:, 0])


def _if(holds, tensor, *message):
    """The tensor, which is computed only after the check."""
    with tf.control_dependencies([tf.debugging.Assert(holds, message)]):
        return tf.identity(tensor)
