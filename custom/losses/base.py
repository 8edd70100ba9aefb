"""What the losses share: shapes, precision, ln o and ln(1 − o)."""

import re

import keras
from keras import ops

from custom.arguments import probability
from custom.precision import at_least_float32


class FormulaLoss(keras.losses.Loss):
    """A loss that is only its formula for one example: `per_example`."""

    def __init__(self, *, reduction, name, dtype):
        dtype = keras.dtype_policies.get(dtype or keras.config.floatx()).compute_dtype
        super().__init__(
            name=name or _snake_case(type(self).__name__),
            reduction=reduction,
            dtype=at_least_float32(dtype),
        )

    def call(self, y_true, y_pred):
        return self.per_example(*same_shape(y_true, y_pred))

    def per_example(self, target, output):
        """The error of each example, the last axis reduced."""
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


class LogLoss(FormulaLoss):
    """A loss made of ln o and ln(1 − o), from probabilities or logits."""

    def __init__(self, *, from_logits, label_smoothing=0.0, **options):
        super().__init__(**options)
        if not isinstance(from_logits, bool):
            raise ValueError(
                f"`from_logits` must be True or False, got {from_logits!r}."
            )
        self.from_logits = from_logits
        self.label_smoothing = probability("label_smoothing", label_smoothing)

    def cross_entropy(self, target, output):
        """−(t ln o + (1−t) ln(1−o)) of each output."""
        return ops.binary_crossentropy(target, output, from_logits=self.from_logits)

    def get_config(self):
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
        }


def same_shape(target, output):
    """Both with a last axis of outputs, or a `ValueError` if they do not fit."""
    if len(target.shape) == len(output.shape) + 1 and target.shape[-1] == 1:
        output, target = same_shape(output, target)
    elif len(output.shape) == len(target.shape) + 1 and output.shape[-1] == 1:
        if len(target.shape) == 1:
            target = ops.expand_dims(target, axis=-1)
        else:
            output = ops.squeeze(output, axis=-1)
    elif len(target.shape) == len(output.shape) == 1:
        target = ops.expand_dims(target, axis=-1)
        output = ops.expand_dims(output, axis=-1)
    fits = len(target.shape) == len(output.shape) and all(
        a == b or a is None or b is None
        for a, b in zip(target.shape, output.shape, strict=True)
    )
    if not fits:
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape, up to a last axis of "
            f"size 1, got {tuple(target.shape)} and {tuple(output.shape)}."
        )
    return target, output


def _snake_case(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
