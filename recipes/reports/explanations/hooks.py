"""Looking into a model while it computes, as forward hooks of PyTorch do."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from custom.types import Tensor


@contextlib.contextmanager
def passed_through(
    layer: keras.layers.Layer, function: Callable[[Tensor], Tensor]
) -> Iterator[None]:
    """While the block runs, what the layer computes goes through a function.

    It serves every model, however its layers are nested, and keeps the masks, which
    Keras adds afterwards. The model must not be used by another thread meanwhile.

    >>> import numpy as np
    >>> dense = keras.layers.Dense(1, kernel_initializer="ones")
    >>> with passed_through(dense, lambda x: 10 * x):
    ...     float(dense(np.ones((1, 3)))[0, 0])
    30.0
    >>> float(dense(np.ones((1, 3)))[0, 0])
    3.0
    """
    call, earlier = layer.call, vars(layer).get("call")

    def changed(*arguments: Any, **options: Any) -> Tensor:
        return function(call(*arguments, **options))

    layer.call = changed
    try:
        yield
    finally:
        del layer.call
        if earlier is not None:  # of another block around this one
            layer.call = earlier


@contextlib.contextmanager
def without_activation(layer: keras.layers.Layer) -> Iterator[None]:
    """While the block runs, the layer has no activation."""
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        yield
    finally:
        layer.activation = activation


def inner_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a model and of the models in it, without the models."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if not isinstance(layer, keras.Model)]
