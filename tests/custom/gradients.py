"""Values and gradients of any function, on the backend that runs the tests."""

import keras
import numpy as np
from keras import ops


def value_and_gradient(function, x, *, compiled_by_jax=False):
    """Return the value of `function` at the array `x`, and the gradient of its sum.

    `compiled_by_jax` compiles on JAX, which is faster for a stateless function of many
    operations that is called once per shape.

    The value keeps its shape; it is summed only for the gradient. The sum is computed
    in at least float32, so that it adds no rounding of float16.
    """
    x = np.asarray(x)
    if compiled_by_jax and keras.backend.backend() == "jax":
        value, gradient = _with_jax(function, x, compiled=True)
    else:
        value, gradient = _BACKENDS[keras.backend.backend()](function, x)
    return _numpy(value), _numpy(gradient).astype(x.dtype)


def _total(value):
    wide = keras.backend.result_type(value.dtype, "float32")
    return ops.sum(ops.cast(value, wide))


def _with_tensorflow(function, x):
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.convert_to_tensor(function(x))
        total = _total(value)
    gradient = tape.gradient(
        total, x, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return value, gradient


def _with_jax(function, x, compiled=False):
    import jax

    def summed(x):
        value = ops.convert_to_tensor(function(x))
        return _total(value), value

    slope = jax.value_and_grad(summed, has_aux=True)
    if compiled:
        slope = jax.jit(slope)
    (_, value), gradient = slope(ops.convert_to_tensor(x))
    return value, gradient


def _with_torch(function, x):
    import torch

    x = torch.tensor(x, requires_grad=True)
    value = ops.convert_to_tensor(function(x))
    total = _total(value)
    if not total.requires_grad:  # `function` does not depend on `x`
        return value, torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(total, x, allow_unused=True)
    return value, torch.zeros_like(x) if gradient is None else gradient


_BACKENDS = {
    "tensorflow": _with_tensorflow,
    "jax": _with_jax,
    "torch": _with_torch,
}


def _numpy(tensor):
    array = ops.convert_to_numpy(tensor)
    # NumPy has no bfloat16; float32 can hold each of its values.
    return array if array.dtype.kind == "f" else array.astype("float32")
