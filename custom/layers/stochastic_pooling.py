"""Pooling by a random choice in proportion to the activations."""

import itertools
import math
from typing import Any, Unpack

import keras
from keras import ops

from custom.arguments import integer
from custom.formula import Section, declare
from custom.layers.fusion import fused
from custom.layers.windows import WindowPooling
from custom.types import LayerOptions, Tensor


class StochasticPooling(WindowPooling):
    r"""A random cell of each window in training, its expectation in inference.

    $$P(a_i) = \frac{a_i}{\sum_k a_k}, \qquad
    y_{\text{training}} = a_l,\; l \sim P, \qquad
    y_{\text{inference}} = \frac{\sum_i a_i^2}{\sum_i a_i}$$

    $a_i$ are the cells of a window of `pool_size`. They must not be negative: put the
    layer after a ReLU. A negative cell counts as 0, as if that ReLU were there,
    because a graph cannot refuse values. A window of zeros gives 0. In training one
    random number is drawn for each window, and the gradient goes only to the chosen
    cell. Padded cells have probability 0. Cells are clipped to the greatest float32
    divided by the number of cells, so that sums stay finite.

    `StochasticPooling1D` takes (batch, steps, channels), `StochasticPooling2D`
    (batch, height, width, channels), `StochasticPooling3D` one more axis. The layer
    computes in at least float32 and returns its compute dtype.

    Args:
        pool_size: Cells of the window along each axis: a positive integer, or one
            per axis. Defaults to 2, as in Keras.
        strides: Steps from one window to the next: a positive integer, or one per
            axis. Defaults to `None`: `pool_size`, so windows do not overlap.
        padding: `"valid"`, the default, uses only whole windows. `"same"` pads the
            borders, so that each stride in the input starts a window.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to `None`:
            Keras's setting.
        seed: An integer of at least 0, which makes the choices repeatable. Defaults
            to `None`: Keras's global seed. The random state is saved with the model.
        **kwargs: Options of every Keras layer, such as `name` and `dtype`.

    Compared with Keras: Keras has no such layer. Prefer it to `MaxPooling` with
    `Dropout` if the convolutional layers overfit on a small data set.

    Raises:
        ValueError: If a size or stride is not a positive integer, if `padding`,
            `data_format` or `seed` is unknown, or if the input has the wrong rank
            or is smaller than a window.

    >>> x = keras.ops.array([[[1.0], [3.0], [0.0], [0.0]]])
    >>> StochasticPooling1D(pool_size=2)(x).numpy().ravel().tolist()
    [2.5, 0.0]

    Source: notes, "Stochastic pooling (convolutional networks)"; Zeiler and Fergus
    2013, "Stochastic pooling for regularization of deep convolutional neural
    networks", §3.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.seed = None if seed is None else integer("seed", seed, 0)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self._in_float32(self._drawn if training else self.pool, inputs)

    def pool(self, x: Tensor) -> Tensor:
        cells = self.windows(self._activations(x), 0)
        # After division by the greatest cell of a window, squares stay in range.
        greatest = ops.stop_gradient(ops.max(cells, axis=0, initial=0))
        unit = ops.where(greatest > 0, greatest, ops.ones_like(greatest))
        cells = cells / unit
        total = ops.sum(cells, axis=0)
        safe = ops.where(greatest > 0, total, ops.ones_like(total))
        return unit * ops.sum(ops.square(cells), axis=0) / safe

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}

    def save_own_variables(self, store: Any) -> None:
        # Keras saves the weights of a layer, but not its random state.
        store["seed_state"] = self.seed_generator.state

    def load_own_variables(self, store: Any) -> None:
        self.seed_generator.state.assign(store["seed_state"])

    def _activations(self, x: Tensor) -> Tensor:
        return ops.clip(x, 0, 3.4e38 / math.prod(self.pool_size))

    def _drawn(self, x: Tensor) -> Tensor:
        drawn = keras.random.uniform(
            self.compute_output_shape(ops.shape(x)),
            dtype=x.dtype,
            seed=self.seed_generator,
        )
        return fused(self._chosen, x, drawn)

    def _chosen(self, x: Tensor, drawn: Tensor) -> Tensor:
        @ops.custom_gradient
        def choose(cells: Tensor, drawn: Tensor) -> tuple[Tensor, Any]:
            reached = list(itertools.accumulate(ops.unstack(cells, axis=0)))
            # The mark is in [0, total), so the first partial sum above it belongs to
            # a cell that is not 0. In a window of zeros no partial sum is above it,
            # and no cell is chosen.
            mark = reached[-1] * drawn
            chosen = sum(ops.cast(mark >= partial, "int32") for partial in reached)
            numbers = ops.arange(len(reached))
            numbers = ops.reshape(numbers, (-1,) + (1,) * len(drawn.shape))
            is_chosen = ops.equal(chosen, numbers)

            def gradient(
                *args: Tensor, upstream: Tensor = None
            ) -> tuple[Tensor, Tensor]:
                upstream = args[0] if upstream is None else upstream
                share = ops.where(is_chosen, upstream, ops.zeros_like(upstream))
                return share, ops.zeros_like(drawn)

            kept = ops.where(is_chosen, cells, ops.zeros_like(cells))
            return ops.sum(kept, axis=0), gradient

        return choose(self.windows(self._activations(x), 0), drawn)


@keras.saving.register_keras_serializable(package="custom")
class StochasticPooling1D(StochasticPooling):
    rank = 1


@keras.saving.register_keras_serializable(package="custom")
class StochasticPooling2D(StochasticPooling):
    rank = 2


@keras.saving.register_keras_serializable(package="custom")
class StochasticPooling3D(StochasticPooling):
    rank = 3


declare(
    "Stochastic pooling",
    Section.REGULARIZATION,
    StochasticPooling1D,
    StochasticPooling2D,
    StochasticPooling3D,
)
