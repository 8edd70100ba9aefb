"""Base classes of the losses: shapes, precision, ln o and ln(1 − o)."""

import re
from typing import Any

import keras
from keras import ops

from custom.arguments import boolean, probability
from custom.precision import at_least_float32
from custom.types import Tensor


class FormulaLoss(keras.losses.Loss):
    """Base class whose subclasses give only the formula for one example."""

    def __init__(self, *, reduction: str | None, name: str | None, dtype: Any) -> None:
        dtype = keras.dtype_policies.get(dtype or keras.config.floatx()).compute_dtype
        super().__init__(
            name=name or _snake_case(type(self).__name__),
            reduction=reduction,
            dtype=at_least_float32(dtype),
        )

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self.per_example(*same_shape(y_true, y_pred))

    def per_example(self, target: Tensor, output: Tensor) -> Tensor:
        """Return the error of each example, reduced over the last axis."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dtype": self.dtype}


class LogLoss(FormulaLoss):
    """Base class of losses with ln o and ln(1 − o), from probabilities or logits."""

    def __init__(
        self,
        *,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.from_logits = boolean("from_logits", from_logits)
        self.label_smoothing = probability("label_smoothing", label_smoothing)

    def cross_entropy(self, target: Tensor, output: Tensor) -> Tensor:
        """Return −(t ln o + (1−t) ln(1−o)) for each output."""
        if len(output.shape) > 1 and output.shape[-1] != 1:
            # Keras remembers the logits of an output, and takes those of a softmax
            # for those of a sigmoid. A new tensor has none.
            output = output + 0
        return ops.binary_crossentropy(target, output, from_logits=self.from_logits)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
        }


def same_shape(target: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
    """Give both a last axis of outputs; raise a `ValueError` if they do not fit."""
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


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
