"""What a request may hold: checks inside the signatures, as TensorFlow operations.

A loaded SavedModel, and a server, compare nothing but types. An image of another size
would get an answer that means nothing, and one without its batch can end the process.
"""

import tensorflow as tf

# How a file of each kind begins, and what is somewhere in every whole one.
PICTURES = {
    b"\x89PNG": b"IEND",
    b"\xff\xd8\xff": b"\xff\xd9",  # JPEG
    b"BM": b"",
    b"GIF8": b"",
}


def checked(tensor, specification: tf.TensorSpec):
    """A tensor of a request, if its shape is the one asked for and it is finite."""
    name = specification.name
    tensor = tf.ensure_shape(tensor, specification.shape, name=name)
    if not tensor.dtype.is_floating:
        return tensor
    finite = tf.reduce_all(tf.math.is_finite(tensor))
    return _if(finite, tensor, f"`{name}` must be finite: there is NaN or infinity.")


def not_infinite(tensor, specification: tf.TensorSpec):
    """A tensor of numbers, NaN among them perhaps, if none is infinite."""
    holds = ~tf.reduce_any(tf.math.is_inf(tensor))
    return _if(holds, tensor, f"`{specification.name}` must not be infinite.")


def in_range(tensor, specification: tf.TensorSpec, least: int, greatest: int):
    """A `checked` tensor, if its whole numbers are from `least` to `greatest`."""
    tensor = checked(tensor, specification)
    numbers = tf.reshape(tensor, [-1])
    outside = (numbers < least) | (numbers > greatest)
    message = f"`{specification.name}` must be from {least} to {greatest}, got"
    wrong = tf.boolean_mask(numbers, outside)
    return _if(~tf.reduce_any(outside), tensor, message, wrong)


def positive_or_zero(tensor, specification: tf.TensorSpec):
    """A `checked` tensor, if none of its numbers is negative."""
    tensor = checked(tensor, specification)
    message = f"`{specification.name}` must not be negative, got"
    return _if(tf.reduce_all(tensor >= 0), tensor, message, tensor)


def pictures(encoded, specification: tf.TensorSpec):
    """A `checked` vector of files, if they are pictures and none is cut off.

    The decoders refuse what is damaged inside, but do not say which file it is.
    """
    encoded = checked(encoded, specification)
    whole = tf.zeros_like(encoded, tf.bool)
    for start, end in PICTURES.items():
        fits = tf.strings.substr(encoded, 0, len(start)) == start
        if end:
            fits &= tf.strings.split(encoded, end).row_lengths() > 1
        whole |= fits
    message = (
        f"`{specification.name}` must be whole PNG, JPEG, BMP or GIF files; those at "
        "these positions are not:"
    )
    return _if(tf.reduce_all(whole), encoded, message, tf.where(~whole)[:, 0])


def _if(holds, tensor, *message):
    """The tensor, which comes only after the check."""
    with tf.control_dependencies([tf.debugging.Assert(holds, message)]):
        return tf.identity(tensor)
