"""Pooling by the median of each window."""

import math
from typing import Any

import keras
from keras import ops

from custom.formula import Section, declare
from custom.layers.fusion import fused
from custom.layers.windows import WindowPooling
from custom.types import Tensor

# Compare-exchange steps (i, j), which move the smaller value to i. After them the
# middle cells hold the values that a sort would put there. Nine cells: Paeth 1990,
# "Median finding on a 3×3 grid", Graphics Gems, in the form with 19 steps.
_NETWORKS: dict[int, tuple[tuple[int, int], ...]] = {
    1: (),
    2: ((0, 1),),
    3: ((0, 1), (1, 2), (0, 1)),
    4: ((0, 1), (2, 3), (0, 2), (1, 3)),
    9: (
        *((1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8)),
        *((0, 3), (5, 8), (4, 7), (3, 6), (1, 4), (2, 5), (4, 7), (4, 2), (6, 4)),
        (4, 2),
    ),
}


class MedianPooling(WindowPooling):
    r"""The median of each window, which is robust to single outliers.

    $$y = \tfrac{1}{2}\bigl(a_{(\lceil n/2 \rceil)} + a_{(\lfloor n/2 \rfloor + 1)}
    \bigr)$$

    $a_{(1)} \le \dots \le a_{(n)}$ are the sorted cells of a window of `pool_size`.
    If $n$ is odd, both terms are the same cell; if $n$ is even, the result is the mean
    of the two middle cells. Padded cells are left out, so $n$ is smaller at the
    borders. The gradient goes to the one or two middle cells; cells of equal value
    share it equally.

    `MedianPooling1D` takes (batch, steps, channels), `MedianPooling2D` (batch, height,
    width, channels), `MedianPooling3D` one more axis. The layer computes in at least
    float32 and returns its compute dtype.

    Args:
        pool_size: Cells of the window along each axis: a positive integer, or one
            per axis. Defaults to 2, as in Keras.
        strides: Steps from one window to the next: a positive integer, or one per
            axis. Defaults to `None`: `pool_size`, so windows do not overlap.
        padding: `"valid"`, the default, uses only whole windows. `"same"` pads the
            borders, so that each stride in the input starts a window.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to `None`:
            Keras's setting.
        **kwargs: Options of every Keras layer, such as `name` and `dtype`.

    Compared with Keras: Keras has no such layer. Prefer it if single pixels are wrong,
    as with salt-and-pepper noise: average pooling smears them, max pooling selects
    them.

    Raises:
        ValueError: If a size or stride is not a positive integer, if `padding` or
            `data_format` is unknown, or if the input has the wrong rank or is
            smaller than a window.

    >>> x = keras.ops.array([[[1.0], [90.0], [3.0], [5.0]]])
    >>> MedianPooling1D(pool_size=4)(x).numpy().ravel().tolist()
    [4.0]

    Source: notes, "Stochastic pooling (convolutional networks): the meaning of
    pooling", which lists it among the usual poolings.
    """

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if training:
            return self._in_float32(lambda x: fused(self.pool, x), inputs)
        return self._in_float32(self.pool, inputs)

    def pool(self, x: Tensor) -> Tensor:
        counts = self.cell_counts(x)

        @ops.custom_gradient
        def middle(cells: Tensor) -> tuple[Tensor, Any]:
            low, high = _middle_two(cells, counts)

            def gradient(*args: Tensor, upstream: Tensor = None) -> Tensor:
                half = 0.5 * (args[0] if upstream is None else upstream)
                shares = _shared(cells, low, half)
                return shares + (shares if high is low else _shared(cells, high, half))

            return 0.5 * low + 0.5 * high, gradient

        return middle(self.windows(x, math.inf))


def _middle_two(cells: Tensor, counts: Tensor | None) -> tuple[Tensor, Tensor]:
    """The two middle cells of each window; one tensor twice if their number is odd."""
    number = cells.shape[0]
    if counts is None and number in _NETWORKS:
        cells = list(ops.unstack(cells, axis=0))
        for i, j in _NETWORKS[number]:
            cells[i], cells[j] = (
                ops.minimum(cells[i], cells[j]),
                ops.maximum(cells[i], cells[j]),
            )
        low, high = cells[(number - 1) // 2], cells[number // 2]
        return (low, low) if number % 2 else (low, high)
    ordered = ops.sort(cells, axis=0)
    if counts is None:
        low, high = ordered[(number - 1) // 2], ordered[number // 2]
        return (low, low) if number % 2 else (low, high)
    counts = ops.cast(counts, "int32")
    return _ranked(ordered, (counts - 1) // 2), _ranked(ordered, counts // 2)


def _ranked(ordered: Tensor, ranks: Tensor) -> Tensor:
    """The cell of each window at its own rank; padded cells are sorted last."""
    numbers = ops.reshape(ops.arange(ordered.shape[0]), (-1,) + (1,) * len(ranks.shape))
    return ops.sum(
        ops.where(ops.equal(numbers, ranks), ordered, ops.zeros_like(ordered)), axis=0
    )


def _shared(cells: Tensor, value: Tensor, gradient: Tensor) -> Tensor:
    """The gradient, divided equally among the cells that equal `value`."""
    equal = ops.equal(cells, value)
    share = gradient / ops.sum(ops.cast(equal, gradient.dtype), axis=0)
    return ops.where(equal, share, ops.zeros_like(cells))


@keras.saving.register_keras_serializable(package="custom")
class MedianPooling1D(MedianPooling):
    rank = 1


@keras.saving.register_keras_serializable(package="custom")
class MedianPooling2D(MedianPooling):
    rank = 2


@keras.saving.register_keras_serializable(package="custom")
class MedianPooling3D(MedianPooling):
    rank = 3


declare(
    "Median pooling",
    Section.REGULARIZATION,
    MedianPooling1D,
    MedianPooling2D,
    MedianPooling3D,
)
