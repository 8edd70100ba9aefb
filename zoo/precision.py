"""Whether a model computes in float16, and an optimizer that scales its loss then."""

from typing import Any

import keras


def computes_in_float16(model: keras.Model) -> bool:
    """Whether any layer with weights computes in float16, at any depth.

    Keras asks the policy of the model alone, which is float32 in a model whose layers
    got policies of their own.

    >>> inputs = keras.Input((2,))
    >>> outputs = keras.layers.Dense(1, dtype="mixed_float16")(inputs)
    >>> computes_in_float16(keras.Model(inputs, outputs))
    True
    """
    return any(
        layer.compute_dtype == "float16" and layer.weights
        for layer in model._flatten_layers(include_self=False)
    )


def scaling_losses_of(model: keras.Model, optimizer: Any) -> Any:
    """The optimizer; if the model computes in float16, inside one that scales losses.

    Small gradients would be 0 in float16.
    """
    scaler = keras.optimizers.LossScaleOptimizer
    if isinstance(optimizer, scaler) or not computes_in_float16(model):
        return optimizer
    return scaler(optimizer, name="loss_scale_optimizer")  # as Keras names it
