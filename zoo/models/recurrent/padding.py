"""What of a sequence is real and what is padding, and pooling that knows it.

Padding is what a batch adds behind its shorter sequences. The first step of a
sequence always counts as real: a sequence of padding alone would have no answer, and
cuDNN takes none such.
"""

import keras
from keras import ops

from custom.arguments import one_of
from custom.precision import at_least_float32

POOLING = ("last", "mean", "max")


def first_step(mask):
    """A mask of the first step alone, of the shape of another."""
    return ops.equal(ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1), 1)


def at_least_the_first(mask):
    """A mask in which every sequence has a real step."""
    nothing = ops.logical_not(ops.any(mask, axis=1, keepdims=True))
    return ops.logical_or(mask, ops.logical_and(nothing, first_step(mask)))


def up_to_the_last(present):
    """A mask of the steps up to the last one that is `present`."""
    behind = ops.cumsum(ops.flip(ops.cast(present, "int32"), axis=1), axis=1)
    return ops.greater(ops.flip(behind, axis=1), 0)


@keras.saving.register_keras_serializable(package="zoo")
class PaddedSteps(keras.layers.Layer):
    """Masks the steps behind a sequence of numbers, in which every feature is zero.

    A step of zeros with others behind it is real.

    Args:
        force_first: Whether the first step is real even where all are zeros.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.
    """

    def __init__(self, force_first=True, **kwargs):
        # Before rounding: what float16 rounds to zero is not padding.
        super().__init__(autocast=False, **kwargs)
        self.force_first = force_first
        self.supports_masking = True

    def call(self, inputs):
        return ops.cast(inputs, self.compute_dtype)

    def compute_mask(self, inputs, previous_mask=None):
        valid = up_to_the_last(ops.any(ops.not_equal(inputs, 0), axis=-1))
        return at_least_the_first(valid) if self.force_first else valid

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "force_first": self.force_first}


@keras.saving.register_keras_serializable(package="zoo")
class SequencePooling(keras.layers.Layer):
    """The mean or the greatest value of each feature over the real steps.

    Against Keras: `GlobalMaxPooling1D` takes padding into the maximum.

    Args:
        pooling: `"mean"` or `"max"`.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.
    """

    def __init__(self, pooling="mean", **kwargs):
        super().__init__(**kwargs)
        self.pooling = one_of("pooling", pooling, ("mean", "max"))
        self.supports_masking = True

    def call(self, inputs, mask=None):
        x = ops.cast(inputs, at_least_float32(self.compute_dtype))
        if mask is None:
            pooled = (ops.mean if self.pooling == "mean" else ops.max)(x, axis=1)
        elif self.pooling == "mean":
            weights = ops.expand_dims(ops.cast(mask, x.dtype), -1)
            pooled = ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)
        else:
            pooled = ops.max(ops.where(ops.expand_dims(mask, -1), x, -1e30), axis=1)
        return ops.cast(pooled, self.compute_dtype)

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])

    def get_config(self):
        return {**super().get_config(), "pooling": self.pooling}


@keras.saving.register_keras_serializable(package="zoo")
class LongestSequence(keras.layers.Layer):
    """Refuses sequences without a step, or longer than `max_length`.

    With a `ValueError` where the length is known before the graph runs; in a
    TensorFlow graph of unknown length the run fails with the same sentence.

    Args:
        max_length: The greatest length, or `None`.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.
    """

    def __init__(self, max_length=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.max_length = max_length

    def call(self, inputs):
        length = inputs.shape[1]
        longest = self.max_length
        allowed = "at least one" if longest is None else f"between 1 and {longest}"
        message = f"The inputs must have {allowed} steps along their second axis"
        if isinstance(length, int):
            if length < 1 or (longest is not None and length > longest):
                raise ValueError(f"{message}, got {length}.")
        elif keras.backend.backend() == "tensorflow" and not _symbolic(inputs):
            return _asserted(inputs, longest, message)
        return ops.copy(inputs)

    def compute_output_spec(self, inputs):
        if isinstance(inputs.shape[1], int):
            self.call(inputs)
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length}


def _symbolic(inputs):
    return isinstance(inputs, keras.KerasTensor)


def _asserted(inputs, longest, message):
    import tensorflow as tf

    length = tf.shape(inputs)[1]
    checks = [tf.debugging.assert_positive(length, message)]
    if longest is not None:
        checks.append(tf.debugging.assert_less_equal(length, longest, message))
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tf.identity(inputs)
