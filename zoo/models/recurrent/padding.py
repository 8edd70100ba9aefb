"""Masks and mask-aware pooling for padded sequences.

Shorter sequences of a batch are padded with zeros at their end. The first step of a
sequence always counts as real: a sequence of padding only would have no answer, and
cuDNN does not accept one.
"""

from typing import Any

import keras
from keras import ops

from custom.arguments import one_of
from custom.precision import at_least_float32
from custom.types import Shape, Tensor

POOLING = ("last", "mean", "max")


def first_step(mask: Tensor) -> Tensor:
    """A mask of the same shape in which only the first step is true."""
    return ops.equal(ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1), 1)


def with_first_step(mask: Tensor) -> Tensor:
    """The mask, with the first step set in sequences that have no real step."""
    empty = ops.logical_not(ops.any(mask, axis=1, keepdims=True))
    return ops.logical_or(mask, ops.logical_and(empty, first_step(mask)))


def up_to_last(present: Tensor) -> Tensor:
    """A mask of all steps up to the last one that is `present`."""
    following = ops.cumsum(ops.flip(ops.cast(present, "int32"), axis=1), axis=1)
    return ops.greater(ops.flip(following, axis=1), 0)


@keras.saving.register_keras_serializable(package="zoo")
class PaddedSteps(keras.layers.Layer):
    """Masks the padding of sequences of numbers: the zeros after the last real step.

    A step of zeros that is followed by other steps is real.

    Args:
        force_first: Whether the first step is real even if all steps are zeros.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.
    """

    def __init__(self, force_first: bool = True, **kwargs: Any) -> None:
        # The mask is taken before rounding: a value that float16 rounds to zero is
        # not padding.
        super().__init__(autocast=False, **kwargs)
        self.force_first = force_first
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        return ops.cast(inputs, self.compute_dtype)

    def compute_mask(
        self, inputs: Tensor, previous_mask: Tensor | None = None
    ) -> Tensor:
        valid = up_to_last(ops.any(ops.not_equal(inputs, 0), axis=-1))
        return with_first_step(valid) if self.force_first else valid

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "force_first": self.force_first}


@keras.saving.register_keras_serializable(package="zoo")
class SequencePooling(keras.layers.Layer):
    """The mean or the maximum of each feature over the real steps.

    Compared with Keras: `GlobalMaxPooling1D` includes padding in the maximum.

    Args:
        pooling: `"mean"` or `"max"`.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.
    """

    def __init__(self, pooling: str = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pooling = one_of("pooling", pooling, ("mean", "max"))
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        x = ops.cast(inputs, at_least_float32(self.compute_dtype))
        if mask is None:
            pooled = (ops.mean if self.pooling == "mean" else ops.max)(x, axis=1)
        elif self.pooling == "mean":
            weights = ops.expand_dims(ops.cast(mask, x.dtype), -1)
            pooled = ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)
        else:
            pooled = ops.max(ops.where(ops.expand_dims(mask, -1), x, -1e30), axis=1)
        return ops.cast(pooled, self.compute_dtype)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], input_shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pooling": self.pooling}


# Registered under the name that files of version 0.1.0 hold.
@keras.saving.register_keras_serializable(package="zoo", name="LongestSequence")
class SequenceLengthLimit(keras.layers.Layer):
    """Refuses sequences without any step, and those longer than `max_length`.

    It raises a `ValueError` if the length is known before the graph runs. In a
    TensorFlow graph with an unknown length, the run fails with the same message.

    Args:
        max_length: The greatest length allowed, or `None`.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.
    """

    def __init__(self, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.max_length = max_length

    def call(self, inputs: Tensor) -> Tensor:
        length, limit = inputs.shape[1], self.max_length
        allowed = "at least one" if limit is None else f"between 1 and {limit}"
        message = f"The inputs must have {allowed} steps along their second axis"
        if isinstance(length, int):
            if length < 1 or (limit is not None and length > limit):
                raise ValueError(f"{message}, got {length}.")
        elif keras.backend.backend() == "tensorflow" and not isinstance(
            inputs, keras.KerasTensor
        ):
            return _asserted(inputs, limit, message)
        return ops.copy(inputs)

    def compute_output_spec(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        if isinstance(inputs.shape[1], int):
            self.call(inputs)
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_length": self.max_length}


def _asserted(inputs: Tensor, limit: int | None, message: str) -> Tensor:
    import tensorflow as tf

    length = tf.shape(inputs)[1]
    checks = [tf.debugging.assert_positive(length, message)]
    if limit is not None:
        checks.append(tf.debugging.assert_less_equal(length, limit, message))
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tf.identity(inputs)
