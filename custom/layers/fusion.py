"""Fused computations for operations that are limited by memory traffic."""

import sys
from collections.abc import Callable

import keras

from custom.types import Tensor


def fused(function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """Call `function(*tensors)`, compiled by XLA where possible.

    The median or the random choice in a window takes dozens of small operations, each
    of which reads and writes whole arrays. XLA turns them into one loop, forward and
    backward, which is two to four times faster on two cores (`benchmarks.pooling`).
    Use it in training only: XLA compiles again for each new shape, and an exported
    graph must not depend on it. The function is called directly when run eagerly,
    with unknown sizes, and on the other backends, whose compilers fuse themselves.
    """
    if keras.backend.backend() != "tensorflow" or sys.platform != "linux":
        return function(*tensors)
    import tensorflow as tf

    known = all(None not in tensor.shape[1:] for tensor in tensors)
    if not known or not tf.inside_function():
        return function(*tensors)
    return tf.function(function, jit_compile=True, autograph=False)(*tensors)


def pulled_back(
    function: Callable[[Tensor], Tensor], x: Tensor, upstream: Tensor
) -> Tensor:
    """The gradient of `function` at `x`, where `upstream` is that of its value."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x, upstream)
    if keras.backend.backend() == "jax":
        import jax

        return jax.vjp(function, x)[1](upstream)[0]
    import torch

    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(function(x), x, upstream)[0]
