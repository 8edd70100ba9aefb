"""The mask of a sequence as a tensor, which `predict` and other models can return."""

from typing import Any

import keras
from keras import ops

from custom.types import Tensor


@keras.saving.register_keras_serializable(package="zoo")
class RealSteps(keras.layers.Layer):
    """The mask of a sequence as a tensor `(batch, time)`; all true without a mask."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return ops.ones_like(inputs[..., 0], dtype="bool")
        return ops.cast(mask, "bool")

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        return None

    def compute_output_spec(
        self, inputs: keras.KerasTensor, mask: Any = None
    ) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape[:2], "bool")
