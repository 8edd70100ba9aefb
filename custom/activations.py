r"""The activation functions of the notes.

`sign` and `softsign` are written here. The others are Keras's own functions, because
Keras computes the textbook formula, with correct values and gradients for every
finite input, in float16 too. `docs/formulas.md` shows all the formulas.
"""

import keras
from keras import ops

from custom.formula import Section, formula
from custom.precision import at_least_float32
from custom.types import Activation, Tensor

__all__ = ["relu", "sigmoid", "sign", "softmax", "softplus", "softsign", "tanh"]

_register = keras.saving.register_keras_serializable(package="custom")


@formula("The threshold of the perceptron", Section.INTRODUCTION)
def sign(x: Tensor) -> Tensor:
    r"""The threshold of the perceptron, trained as if it were the identity.

    $$\operatorname{sign}(x) = \begin{cases} 1 & x > 0 \\ -1 & \text{otherwise}
    \end{cases} \qquad \frac{\partial \operatorname{sign}(x)}{\partial x} := 1$$

    $x$ is the argument `x`, the net input of the neuron. The value at 0 is −1.
    The true slope is 0 wherever it exists, and a neuron could not learn from it.
    With the slope of the identity, half the sum of squared errors and gradient
    descent give exactly the perceptron's rule $\Delta w = \eta\,(t - o)\,x$.

    The result has the shape and floating dtype of `x`. It is exactly 1 or −1, at
    infinity too (where the slope is 0). NaN stays NaN.

    Args:
        x: Tensor of any shape. Integers become Keras's default float type.

    Compared with Keras: Keras has no such activation. `keras.ops.sign` gives 0 at
    0, and its gradient is 0 everywhere; use it for the sign of a number.

    Raises:
        ValueError: If `x` cannot be converted to a tensor of numbers.

    >>> import keras
    >>> print(keras.ops.convert_to_numpy(sign([-0.5, 0.0, 2.0])))
    [-1. -1.  1.]

    Source: notes, "The single-layer perceptron". The slope: Bengio, Léonard and
    Courville 2013, "Estimating or propagating gradients through stochastic
    neurons for conditional computation".
    """
    x = ops.convert_to_tensor(x)
    x = ops.cast(x, _floating(x.dtype))
    value = ops.where(x > 0, ops.ones_like(x), -ops.ones_like(x))
    # This term is zero and has the slope of x. It is added to the value itself,
    # because x + (value - x) would be rounded and lose the value beside a large x.
    slope = ops.where(ops.isinf(x), ops.zeros_like(x), x - ops.stop_gradient(x))
    return ops.stop_gradient(value) + slope


@formula("Softsign", Section.ACTIVATIONS)
def softsign(x: Tensor) -> Tensor:
    r"""A sigmoid that saturates slowly.

    $$\operatorname{softsign}(x) = \frac{x}{1 + |x|}$$

    $x$ is the argument `x`. The slope is $1 / (1 + |x|)^2$. It falls as a power
    of $x$, while those of sigmoid and tanh fall exponentially, so the gradient
    vanishes later. The result has the shape and floating dtype of `x`.

    Args:
        x: Tensor of any shape. Integers become Keras's default float type.

    Compared with Keras: `keras.activations.softsign`, computed in at least
    float32. On JAX, Keras's slope in float16 is wrong where $|x| > 255$, because
    $(1 + |x|)^2$ overflows: it is 0.0033 instead of 0.000011 at 300.

    Raises:
        ValueError: If `x` cannot be converted to a tensor of numbers.

    >>> import keras
    >>> print(keras.ops.convert_to_numpy(softsign([-1.0, 0.0, 3.0])))
    [-0.5   0.    0.75]

    Source: notes, "Activation functions: Softsign"; Bergstra et al. 2009,
    "Quadratic polynomials learn better image features".
    """
    x = ops.convert_to_tensor(x)
    dtype = _floating(x.dtype)
    wide = ops.cast(x, at_least_float32(dtype))
    return ops.cast(keras.activations.softsign(wide), dtype)


# As decorators, Keras's untyped functions would hide the signatures.
_register(sign)
_register(softsign)

relu: Activation = keras.activations.relu
sigmoid: Activation = keras.activations.sigmoid
softmax: Activation = keras.activations.softmax
softplus: Activation = keras.activations.softplus
tanh: Activation = keras.activations.tanh


def _floating(dtype: str) -> str:
    """The dtype itself, or Keras's default float type in place of an integer."""
    dtype = keras.backend.standardize_dtype(dtype)
    if dtype == "string":
        raise ValueError("`x` must hold numbers, got text.")
    return dtype if "float" in dtype else keras.config.floatx()
