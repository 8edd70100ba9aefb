"""Pooling by the p-norm of each window."""

import math
import numbers
from typing import Any, Unpack

import keras
from keras import ops

from custom.formula import Section, declare
from custom.layers.fusion import pulled_back
from custom.layers.windows import WindowPooling
from custom.types import LayerOptions, Tensor


class LpPooling(WindowPooling):
    r"""The p-norm of each window, between sum pooling and max pooling.

    $$\|A\|_p = \Bigl(\sum_{i=1}^m \sum_{j=1}^n |a_{ij}|^p\Bigr)^{1/p},
    \qquad \|A\|_\infty = \max_{ij} |a_{ij}|$$

    $A$ is the window of `pool_size` cells, $p$ is `p`. The norm is a sum, not a mean:
    $p = 1$ gives the sum of the absolute values. Padded cells add nothing. The
    gradient is $\operatorname{sign}(a)\,(|a| / \|A\|_p)^{p-1}$, and 0 in a window of
    zeros. Value and gradient overflow only if the norm itself does: a window whose
    powers leave the range of the arithmetic is first divided by its greatest cell.

    `LpPooling1D` takes (batch, steps, channels), `LpPooling2D` (batch, height,
    width, channels), `LpPooling3D` one more axis. The layer computes in at least
    float32 and returns its compute dtype.

    Args:
        p: The order of the norm, at least 1. `math.inf` gives the greatest absolute
            value. Defaults to 2, the Euclidean norm.
        pool_size: Cells of the window along each axis: a positive integer, or one
            per axis. Defaults to 2, as in Keras.
        strides: Steps from one window to the next: a positive integer, or one per
            axis. Defaults to `None`: `pool_size`, so windows do not overlap.
        padding: `"valid"`, the default, uses only whole windows. `"same"` pads the
            borders, so that each stride in the input starts a window.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to `None`:
            Keras's setting.
        **kwargs: Options of every Keras layer, such as `name` and `dtype`.

    Compared with Keras: Keras has only the two extremes, the maximum (of the values,
    not of their magnitudes) and the mean. Prefer those if they fit: they are cheaper.

    Raises:
        ValueError: If `p` is below 1 or NaN, if a size or stride is not a positive
            integer, if `padding` or `data_format` is unknown, or if the input has
            the wrong rank or is smaller than a window.

    >>> x = [[[3.0], [4.0], [0.0], [2.0]]]
    >>> LpPooling1D(p=2, pool_size=2)(keras.ops.array(x)).numpy().ravel().tolist()
    [5.0, 2.0]

    Source: notes, "Stochastic pooling (convolutional networks): the meaning of
    pooling"; Sermanet, Chintala and LeCun 2012, "Convolutional neural networks
    applied to house numbers digit classification".
    """

    def __init__(
        self,
        p: float = 2,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        if isinstance(p, bool) or not isinstance(p, numbers.Real) or not p >= 1:
            raise ValueError(
                f"`p` must be at least 1, got {p!r}. For max pooling use p=math.inf."
            )
        self.p: float = float(p)

    def pool(self, x: Tensor) -> Tensor:
        if math.isinf(self.p):
            return self.window_max(ops.abs(x), 0)
        if self.p == 1:
            return math.prod(self.pool_size) * self.window_mean(ops.abs(x))
        return self._norm(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "p": self.p}

    def _norm(self, x: Tensor) -> Tensor:
        """The norm with its gradient, |a|ᵖ⁻¹ times the sum of g / yᵖ⁻¹ over windows.

        This explicit gradient reads and writes the cells half as often as the separate
        gradients of power, mean and root.
        """
        p, cells = self.p, math.prod(self.pool_size)

        @ops.custom_gradient
        def norm(x: Tensor) -> tuple[Tensor, Any]:
            powers = cells * self.window_mean(_power(x, p))
            in_range = self._in_range(x, powers)
            all_in_range = ops.all(in_range)

            def direct() -> Tensor:
                return _root(powers, p)

            value = ops.cond(
                all_in_range,
                direct,
                lambda: ops.where(in_range, direct(), self._scaled(x)),
            )

            def gradient(*args: Tensor, upstream: Tensor = None) -> Tensor:
                upstream = args[0] if upstream is None else upstream
                none = ops.zeros_like(upstream)

                def direct_spread(upstream: Tensor) -> Tensor:
                    # The divisor is zero only in a window of zeros.
                    divisor = _signed_power(value, p - 1)
                    slope = cells * ops.divide_no_nan(upstream, divisor)
                    return pulled_back(self.window_mean, x, slope)

                def for_each_window() -> Tensor:
                    spread = direct_spread(ops.where(in_range, upstream, none))
                    direct = _signed_power(x, p - 1) * spread
                    # A power that overflowed, times 0, is NaN.
                    direct = ops.where(spread == 0, ops.zeros_like(x), direct)
                    rest = ops.where(in_range, none, upstream)
                    return direct + pulled_back(self._scaled, x, rest)

                return ops.cond(
                    all_in_range,
                    lambda: _signed_power(x, p - 1) * direct_spread(upstream),
                    for_each_window,
                )

            return value, gradient

        return norm(x)

    def _in_range(self, x: Tensor, powers: Tensor) -> Tensor:
        """Whether the powers of each window neither overflowed nor lost digits.

        It depends on the window alone, so that the answer to an example does not
        depend on the other examples of its batch.
        """
        sound = ops.logical_and(powers > 1e-30, powers < 1e37)

        def or_zeros() -> Tensor:
            return ops.logical_or(sound, self.window_max(ops.abs(x), 0) == 0)

        return ops.cond(ops.all(sound), lambda: sound, or_zeros)

    def _scaled(self, x: Tensor) -> Tensor:
        """The norm as m‖A / m‖, where m is the greatest cell, so nothing overflows."""

        @ops.custom_gradient
        def norm(cells: Tensor) -> tuple[Tensor, Any]:
            greatest = ops.max(ops.abs(cells), axis=0, initial=0)
            # A window of zeros is divided by 1.
            scale = ops.where(greatest > 0, greatest, ops.ones_like(greatest))
            powers = ops.sum(_power(cells / scale, self.p), axis=0)
            value = scale * _root(powers, self.p)
            safe = ops.where(value > 0, value, ops.ones_like(value))

            def gradient(*args: Tensor, upstream: Tensor = None) -> Tensor:
                upstream = args[0] if upstream is None else upstream
                share = _power(cells / safe, self.p - 1)
                return upstream * ops.sign(cells) * share

            return value, gradient

        return norm(self.windows(x, 0))


def _power(x: Tensor, p: float) -> Tensor:
    """`|x|` to the power `p`; common orders avoid `pow`, which is far slower."""
    if p == 2:
        return ops.square(x)
    if p == 3:
        return ops.abs(x) * ops.square(x)
    if p == 4:
        return ops.square(ops.square(x))
    return ops.power(ops.abs(x), p)


def _signed_power(x: Tensor, p: float) -> Tensor:
    """`|x|` to the power `p`, with the sign of `x`."""
    return x if p == 1 else ops.sign(x) * _power(x, p)


def _root(powers: Tensor, p: float) -> Tensor:
    return ops.sqrt(powers) if p == 2 else ops.power(powers, 1 / p)


@keras.saving.register_keras_serializable(package="custom")
class LpPooling1D(LpPooling):
    rank = 1


@keras.saving.register_keras_serializable(package="custom")
class LpPooling2D(LpPooling):
    rank = 2


@keras.saving.register_keras_serializable(package="custom")
class LpPooling3D(LpPooling):
    rank = 3


declare(
    "Pooling by a norm",
    Section.REGULARIZATION,
    LpPooling1D,
    LpPooling2D,
    LpPooling3D,
)
