"""Computations that cost mostly memory traffic, in fewer passes over memory."""

import sys

import keras


def fused(function, *tensors):
    """`function(*tensors)`, as one computation of XLA where that can be had.

    Median and choice in a window are dozens of small operations, each of which
    reads and writes whole arrays; XLA makes one loop of them, forward and
    backward, two to four times faster on two cores (`benchmarks.pooling`). For
    training only: XLA compiles again for each new shape, and an exported graph
    must not depend on it. Eagerly, with unknown sizes, and on the other backends,
    whose compilers fuse by themselves, the function is called as it is.
    """
    if keras.backend.backend() != "tensorflow" or sys.platform != "linux":
        return function(*tensors)
    import tensorflow as tf

    known = all(None not in tensor.shape[1:] for tensor in tensors)
    if not known or not tf.inside_function():
        return function(*tensors)
    return tf.function(function, jit_compile=True, autograph=False)(*tensors)


def pulled_back(function, x, upstream):
    """The gradient of `function` at `x`, with `upstream` as that of its value."""
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
