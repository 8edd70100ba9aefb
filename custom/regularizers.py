"""Penalties on the weights, and the priors that they correspond to."""

from typing import Any, Self

import keras
from keras import ops

from custom.arguments import non_negative, positive
from custom.formula import Section, formula
from custom.precision import at_least_float32
from custom.types import Tensor

__all__ = ["L1", "L1L2", "L2"]


@formula("L1 regularization", Section.REGULARIZATION)
@keras.saving.register_keras_serializable(package="custom")
class L1(keras.regularizers.Regularizer):
    r"""The sum of the absolute weights: a Laplace prior.

    $$\Omega(w) = \alpha \sum_i |w_i|$$

    $\alpha$ is `alpha`. The gradient is $\alpha \operatorname{sign}(w)$, and 0
    at 0. At the minimum, every weight whose loss gradient at 0 is at most $\alpha$
    is exactly 0, which selects features. Gradient descent comes within one step of
    that 0 and then crosses it back and forth.

    Returns a scalar for weights of any shape, in float32 or wider.

    Args:
        alpha: Strength, finite and `>= 0`; `0` switches it off. Defaults to
            0.01, as in Keras.

    Compared with Keras: the same value as `keras.regularizers.L1`, except that
    float16 weights are summed in float32. On JAX, Keras's gradient at 0 is α, not
    0. The configuration keeps the number as given, not rounded to float32.

    Raises:
        ValueError: If `alpha` is negative, infinite, NaN or not a number.

    >>> float(L1(alpha=0.5)([3.0, -4.0]))
    3.5

    Source: notes, "L1 and L2 regularization: L1"; Tibshirani 1996, "Regression
    shrinkage and selection via the lasso", §2.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = non_negative("alpha", alpha)

    @classmethod
    @formula("L1 as a Laplace prior", Section.REGULARIZATION)
    def from_laplace_prior(cls, scale: float) -> Self:
        r"""The penalty whose minimum is the maximum a posteriori estimate.

        $$p(w) \propto \prod_i e^{-|w_i| / b}, \qquad \alpha = \frac{1}{b}$$

        $b$ is `scale`, finite and above 0. Add the penalty to a loss that is the
        negative log-likelihood of the whole data set. If the loss is a mean over
        $n$ examples, divide `alpha` by $n$.

        >>> L1.from_laplace_prior(scale=0.5).alpha
        2.0

        Compared with Keras: Keras has no such constructor.

        Source: notes, "L1 vs L2"; Tibshirani 1996, "Regression shrinkage and
        selection via the lasso", §5.
        """
        return cls(1 / positive("scale", scale))

    def __call__(self, w: Tensor) -> Tensor:
        w = _wide(w)
        # |w|, with the slope 0 at 0; that of JAX's own absolute value is 1 there.
        return self.alpha * ops.sum(w * ops.stop_gradient(ops.sign(w)))

    def get_config(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


@formula("L2 regularization", Section.REGULARIZATION)
@keras.saving.register_keras_serializable(package="custom")
class L2(keras.regularizers.Regularizer):
    r"""Half the squared norm of the weights: a Gaussian prior.

    $$\Omega(w) = \tfrac{1}{2}\,\alpha \sum_i w_i^2$$

    $\alpha$ is `alpha`. With the ½ the gradient is $\alpha w$, so that one step
    of gradient descent with learning rate $\varepsilon$ multiplies each weight
    by $1 - \varepsilon\alpha$:
    $w \leftarrow (1 - \varepsilon\alpha)\,w - \varepsilon \nabla J(w)$.

    Returns a scalar for weights of any shape, in float32 or wider.

    Args:
        alpha: Strength, finite and `>= 0`; `0` switches it off. Defaults to
            0.01, as in Keras.

    Compared with Keras: `keras.regularizers.L2` has no ½, so `L2(a)` is the same
    as `keras.regularizers.L2(a / 2)`. Prefer this class if the strength comes from
    a formula or a prior. Float16 weights are squared in float32.

    Raises:
        ValueError: If `alpha` is negative, infinite, NaN or not a number.

    >>> float(L2(alpha=0.5)([3.0, 4.0]))
    6.25

    Source: notes, "L1 and L2 regularization: L2"; Krogh and Hertz 1991, "A
    simple weight decay can improve generalization".
    """

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = non_negative("alpha", alpha)

    @classmethod
    @formula("L2 as a Gaussian prior", Section.REGULARIZATION)
    def from_gaussian_prior(cls, stddev: float) -> Self:
        r"""The penalty whose minimum is the maximum a posteriori estimate.

        $$p(w) \propto \prod_i e^{-w_i^2 / 2\sigma^2}, \qquad
        \alpha = \frac{1}{\sigma^2}$$

        $\sigma$ is `stddev`, finite and above 0. Add the penalty to a loss that is
        the negative log-likelihood of the whole data set. If the loss is a mean
        over $n$ examples, divide `alpha` by $n$.

        >>> L2.from_gaussian_prior(stddev=0.5).alpha
        4.0

        Compared with Keras: Keras has no such constructor.

        Source: notes, "L1 vs L2"; Bishop 2006, "Pattern Recognition and Machine
        Learning", equation 1.67.
        """
        precision = 1 / positive("stddev", stddev)
        return cls(precision * precision)

    def __call__(self, w: Tensor) -> Tensor:
        return 0.5 * self.alpha * ops.sum(ops.square(_wide(w)))

    def get_config(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


@formula("L1 and L2 together", Section.REGULARIZATION)
@keras.saving.register_keras_serializable(package="custom")
class L1L2(keras.regularizers.Regularizer):
    r"""Both penalties at once: the elastic net.

    $$\Omega(w) = \alpha_1 \sum_i |w_i| + \tfrac{1}{2}\,\alpha_2 \sum_i w_i^2$$

    $\alpha_1$ is `l1`, $\alpha_2$ is `l2`.

    Returns a scalar for weights of any shape, in float32 or wider.

    Args:
        l1: Strength of the absolute values, finite and `>= 0`. Defaults to 0, as
            in Keras: no penalty unless it is asked for.
        l2: Strength of the squares, finite and `>= 0`. Defaults to 0, as `l1`.

    Compared with Keras: `keras.regularizers.L1L2` has no ½, so `L1L2(a, b)` is the
    same as `keras.regularizers.L1L2(a, b / 2)`.

    Raises:
        ValueError: If `l1` or `l2` is negative, infinite, NaN or not a number.

    >>> float(L1L2(l1=0.5, l2=0.5)([3.0, -4.0]))
    9.75

    Source: notes, "L1 and L2 regularization"; Zou and Hastie 2005,
    "Regularization and variable selection via the elastic net", §2.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = non_negative("l1", l1)
        self.l2 = non_negative("l2", l2)

    def __call__(self, w: Tensor) -> Tensor:
        return L1(self.l1)(w) + L2(self.l2)(w)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


def _wide(w: Tensor) -> Tensor:
    """`w` in at least float32: a float16 weight of 256 overflows when squared."""
    w = ops.convert_to_tensor(w)
    return ops.cast(w, at_least_float32(w.dtype))
