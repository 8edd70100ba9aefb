r"""The activation functions of the notes.

`sign` and `softsign` are written here. The others are Keras's own objects, since
Keras computes the textbook formula, with right values and gradients for every
finite input in float16 too:

sigmoid:
    $$\sigma(x) = \frac{1}{1 + e^{-x}}$$

    Against Keras: the same object. Its slope is at most 1/4, at 0: the cause of
    vanishing gradients in deep nets.

    Source: notes, "Activation functions: Sigmoid".

tanh:
    $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$

    Against Keras: the same object.

    Source: notes, "Activation functions: tanh".

relu:
    $$\operatorname{relu}(x) = \max(0, x)$$

    Against Keras: the same object, whose slope at 0 is 0.

    Source: notes, "Activation functions: ReLU".

softplus:
    $$\operatorname{softplus}(x) = \ln(1 + e^x)$$

    Against Keras: the same object.

    Source: notes, "Activation functions: Softplus".

softmax:
    $$\operatorname{softmax}(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

    Against Keras: the same object, over the last axis unless told otherwise.

    Source: notes, "Activation functions: Softmax".
"""

import keras
from keras import ops

from custom.precision import at_least_float32

__all__ = ["relu", "sigmoid", "sign", "softmax", "softplus", "softsign", "tanh"]

relu = keras.activations.relu
sigmoid = keras.activations.sigmoid
softmax = keras.activations.softmax
softplus = keras.activations.softplus
tanh = keras.activations.tanh


@keras.saving.register_keras_serializable(package="custom")
def sign(x):
    r"""The threshold of the perceptron, trained as if it were the identity.

    $$\operatorname{sign}(x) = \begin{cases} 1 & x > 0 \\ -1 & \text{otherwise}
    \end{cases} \qquad \frac{\partial \operatorname{sign}(x)}{\partial x} := 1$$

    $x$ is the argument `x`, the net input of the neuron. The value at 0 is −1.
    The true slope is 0 wherever there is one, and nothing could be learned from
    it; with the slope of the identity, half the sum of squared errors and
    gradient descent give exactly the perceptron's rule
    $\Delta w = \eta\,(t - o)\,x$.

    The result has the shape and floating dtype of `x`, and is exactly 1 or −1:
    also at infinity (where the slope is 0). NaN stays NaN.

    Args:
        x: Tensor of any shape. Integers become Keras's default float.

    Raises:
        ValueError: If `x` cannot be made a tensor of numbers.

    >>> import keras
    >>> print(keras.ops.convert_to_numpy(sign([-0.5, 0.0, 2.0])))
    [-1. -1.  1.]

    Against Keras: Keras has no such activation. `keras.ops.sign` gives 0 at 0,
    and its gradient is 0 everywhere: use that one for the sign of a number.

    Source: notes, "The single-layer perceptron". The slope: Bengio, Léonard and
    Courville 2013, "Estimating or propagating gradients through stochastic
    neurons for conditional computation".
    """
    x = ops.convert_to_tensor(x)
    x = ops.cast(x, _floating(x.dtype))
    value = ops.where(x > 0, ops.ones_like(x), -ops.ones_like(x))
    # Zero, with the slope of x. Added to the value as it is: x + (value - x)
    # would round, and lose the value altogether beside a large x.
    slope = ops.where(ops.isinf(x), ops.zeros_like(x), x - ops.stop_gradient(x))
    return ops.stop_gradient(value) + slope


@keras.saving.register_keras_serializable(package="custom")
def softsign(x):
    r"""A sigmoid that saturates slowly.

    $$\operatorname{softsign}(x) = \frac{x}{1 + |x|}$$

    $x$ is the argument `x`. The slope is $1 / (1 + |x|)^2$: it falls as a power
    of $x$, where those of sigmoid and tanh fall exponentially, so that the
    gradient vanishes later. The result has the shape and floating dtype of `x`.

    Args:
        x: Tensor of any shape. Integers become Keras's default float.

    Raises:
        ValueError: If `x` cannot be made a tensor of numbers.

    >>> import keras
    >>> print(keras.ops.convert_to_numpy(softsign([-1.0, 0.0, 3.0])))
    [-0.5   0.    0.75]

    Against Keras: `keras.activations.softsign`, computed in at least float32. On
    JAX, Keras's slope in float16 is wrong where $|x| > 255$, because
    $(1 + |x|)^2$ overflows: 0.0033 instead of 0.000011 at 300.

    Source: notes, "Activation functions: Softsign"; Bergstra et al. 2009,
    "Quadratic polynomials learn better image features".
    """
    x = ops.convert_to_tensor(x)
    dtype = _floating(x.dtype)
    wide = ops.cast(x, at_least_float32(dtype))
    return ops.cast(keras.activations.softsign(wide), dtype)


def _floating(dtype):
    """The dtype itself, or Keras's default float in place of an integer."""
    dtype = keras.backend.standardize_dtype(dtype)
    if dtype == "string":
        raise ValueError("`x` must hold numbers, got text.")
    return dtype if "float" in dtype else keras.config.floatx()
