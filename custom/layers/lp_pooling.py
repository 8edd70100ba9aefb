"""Pooling by the p-norm of each window."""

import math
import numbers

import keras
from keras import ops

from custom.layers.fusion import pulled_back
from custom.layers.windows import WindowPooling


class LpPooling(WindowPooling):
    r"""The p-norm of each window, which lies between sum and max pooling.

    $$\|A\|_p = \Bigl(\sum_{i=1}^m \sum_{j=1}^n |a_{ij}|^p\Bigr)^{1/p},
    \qquad \|A\|_\infty = \max_{ij} |a_{ij}|$$

    $A$ is the window of `pool_size` cells, $p$ is `p`. It is a sum, not a mean:
    $p = 1$ gives the sum of the absolute values. Padded cells add nothing. The
    gradient is $\operatorname{sign}(a)\,(|a| / \|A\|_p)^{p-1}$, and 0 in a window
    of zeros. Neither overflows where the norm itself does not: windows whose
    powers leave the range of the arithmetic are scaled by their greatest cell. A
    window is taken for zeros when all its powers underflow and no other window
    of the input is in danger.

    `LpPooling1D` takes (batch, steps, channels), `LpPooling2D` (batch, height,
    width, channels), `LpPooling3D` one axis more. Computed in float32 or wider,
    returned in the layer's compute dtype.

    Args:
        p: The order of the norm, at least 1; `math.inf` takes the greatest
            absolute value. Defaults to 2, the Euclidean norm.
        pool_size: Cells of the window along each axis: a positive integer, or one
            for each axis. Defaults to 2, as in Keras.
        strides: Steps from window to window, likewise. Defaults to `None`:
            `pool_size`, windows side by side.
        padding: `"valid"`, only whole windows, the default; or `"same"`, as many
            windows as strides fit into the input, cut off at its borders.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to `None`:
            Keras's setting.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.

    Raises:
        ValueError: If `p` is below 1 or NaN, if a size or stride is not a positive
            integer, if `padding` or `data_format` is unknown, or if the input has
            the wrong rank or is smaller than a window.

    >>> x = [[[3.0], [4.0], [0.0], [2.0]]]
    >>> LpPooling1D(p=2, pool_size=2)(keras.ops.array(x)).numpy().ravel().tolist()
    [5.0, 2.0]

    Against Keras: Keras has only the two ends, maximum (of the values, not of
    their magnitudes) and mean. Prefer those where they fit: they are cheaper.

    Source: notes, "Stochastic pooling (convolutional networks): the meaning of
    pooling"; Sermanet, Chintala and LeCun 2012, "Convolutional neural networks
    applied to house numbers digit classification".
    """

    def __init__(
        self,
        p=2,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        if isinstance(p, bool) or not isinstance(p, numbers.Real) or not p >= 1:
            raise ValueError(
                f"`p` must be at least 1, got {p!r}. For max pooling use p=math.inf."
            )
        self.p = float(p)

    def pool(self, x):
        if math.isinf(self.p):
            return self.window_max(ops.abs(x), 0)
        if self.p == 1:
            return math.prod(self.pool_size) * self.window_mean(ops.abs(x))
        return self._norm(x)

    def get_config(self):
        return {**super().get_config(), "p": self.p}

    def _norm(self, x):
        """The norm with its gradient, |a|ᵖ⁻¹ times the sum of g / yᵖ⁻¹ over windows.

        Written out, it reads and writes the cells half as often as the gradient of
        power, mean and root one by one.
        """
        p, cells = self.p, math.prod(self.pool_size)

        @ops.custom_gradient
        def norm(x):
            powers = cells * self.window_mean(_power(x, p))
            in_range = _in_range(powers)
            value = ops.cond(
                in_range, lambda: _root(powers, p), lambda: self._scaled(x)
            )

            def gradient(*args, upstream=None):
                upstream = args[0] if upstream is None else upstream

                def direct():
                    # Zero only where all cells of the window are.
                    divisor = _signed_power(value, p - 1)
                    slope = cells * ops.divide_no_nan(upstream, divisor)
                    spread = pulled_back(self.window_mean, x, slope)
                    return _signed_power(x, p - 1) * spread

                return ops.cond(
                    in_range, direct, lambda: pulled_back(self._scaled, x, upstream)
                )

            return value, gradient

        return norm(x)

    def _scaled(self, x):
        """The norm as m‖A / m‖, with m the greatest cell: nothing overflows."""

        @ops.custom_gradient
        def norm(cells):
            greatest = ops.max(ops.abs(cells), axis=0)
            # A window of zeros is divided by 1.
            scale = ops.where(greatest > 0, greatest, ops.ones_like(greatest))
            powers = ops.sum(_power(cells / scale, self.p), axis=0)
            value = scale * _root(powers, self.p)
            safe = ops.where(value > 0, value, ops.ones_like(value))

            def gradient(*args, upstream=None):
                upstream = args[0] if upstream is None else upstream
                share = _power(cells / safe, self.p - 1)
                return upstream * ops.sign(cells) * share

            return value, gradient

        return norm(self.windows(x, 0))


def _power(x, p):
    """`|x|` to the `p`; the usual orders without `pow`, which costs far more."""
    if p == 2:
        return ops.square(x)
    if p == 3:
        return ops.abs(x) * ops.square(x)
    if p == 4:
        return ops.square(ops.square(x))
    return ops.power(ops.abs(x), p)


def _signed_power(x, p):
    """`|x|` to the `p`, with the sign of `x`."""
    return x if p == 1 else ops.sign(x) * _power(x, p)


def _root(powers, p):
    return ops.sqrt(powers) if p == 2 else ops.power(powers, 1 / p)


def _in_range(powers):
    """Whether no sum overflowed or lost digits to underflow."""
    greatest = ops.max(powers)
    least = ops.min(ops.where(powers > 0, powers, 1.0))
    return ops.logical_and(
        ops.logical_and(greatest < 1e37, greatest > 0), least > 1e-30
    )


@keras.saving.register_keras_serializable(package="custom")
class LpPooling1D(LpPooling):
    rank = 1


@keras.saving.register_keras_serializable(package="custom")
class LpPooling2D(LpPooling):
    rank = 2


@keras.saving.register_keras_serializable(package="custom")
class LpPooling3D(LpPooling):
    rank = 3
