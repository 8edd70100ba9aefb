"""Pooling by a mixture of maximum and mean."""

import math
from typing import Any, Unpack

import keras
from keras import ops

from custom.arguments import one_of, probability
from custom.formula import Section, declare
from custom.layers.windows import WindowPooling
from custom.types import LayerOptions, Shape, Tensor


class MixedPooling(WindowPooling):
    r"""Maximum and mean of each window, mixed in a fixed or learned proportion.

    $$y = \lambda \max_i a_i + (1 - \lambda)\,\frac{1}{n} \sum_i a_i$$

    $a_i$ are the $n$ cells of a window of `pool_size`, without padded cells.
    $\lambda$ is `mix`. A learned $\lambda$ is $\sigma(\theta)$ of a weight $\theta$,
    which keeps it in $[0, 1]$, and starts at `mix`.

    `MixedPooling1D` takes (batch, steps, channels), `MixedPooling2D` (batch, height,
    width, channels), `MixedPooling3D` one more axis. The layer computes in at least
    float32 and returns its compute dtype.

    Args:
        mix: Share of the maximum, in [0, 1]: 1 is max pooling, 0 is average pooling.
            A learned share starts here, and must start above 0 and below 1.
            Defaults to 0.5, equal shares.
        learn: `"layer"` learns one share for the layer, `"channel"` one for each
            channel. Defaults to `None`: the share is fixed.
        pool_size: Cells of the window along each axis: a positive integer, or one
            per axis. Defaults to 2, as in Keras.
        strides: Steps from one window to the next: a positive integer, or one per
            axis. Defaults to `None`: `pool_size`, so windows do not overlap.
        padding: `"valid"`, the default, uses only whole windows. `"same"` pads the
            borders, so that each stride in the input starts a window.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to `None`:
            Keras's setting.
        **kwargs: Options of every Keras layer, such as `name` and `dtype`.

    Compared with Keras: a fixed `mix` equals a weighted sum of `MaxPooling` and
    `AveragePooling`. Prefer one of those if you know which one suits; a learned share
    lets the data decide.

    Raises:
        ValueError: If `mix` is outside [0, 1], or a learned `mix` is 0 or 1, if
            `learn`, `padding` or `data_format` is unknown, if a size or stride is
            not a positive integer, or if the input has the wrong rank or is
            smaller than a window.

    >>> x = keras.ops.array([[[1.0], [3.0], [4.0], [8.0]]])
    >>> MixedPooling1D(mix=0.5, pool_size=2)(x).numpy().ravel().tolist()
    [2.5, 7.0]

    Source: notes, "Stochastic pooling (convolutional networks): the meaning of
    pooling", which calls it combined pooling; Lee, Gallagher and Tu 2016,
    "Generalizing pooling functions in convolutional neural networks: mixed, gated,
    and tree".
    """

    def __init__(
        self,
        mix: float = 0.5,
        learn: str | None = None,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.mix = probability("mix", mix)
        self.learn = one_of("learn", learn, (None, "layer", "channel"))
        if self.learn and not 0 < self.mix < 1:
            raise ValueError(
                f"`mix` must be above 0 and below 1 to be learned, got {mix!r}."
            )

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        if not self.learn:
            return
        shape: Shape = ()
        if self.learn == "channel":
            channels = input_shape[-1 if self._first == 1 else 1]
            if channels is None:
                raise ValueError(
                    "learn='channel' needs a known number of channels, got the shape "
                    f"{tuple(input_shape)}."
                )
            shape = (channels,)
        start = math.log(self.mix) - math.log1p(-self.mix)
        self.logit = self.add_weight(
            name="logit",
            shape=shape,
            initializer=keras.initializers.Constant(start),
        )

    def pool(self, x: Tensor) -> Tensor:
        share = self._share(x.dtype)
        mean = self.window_mean(x)
        counts = self.cell_counts(x)
        if counts is not None:
            mean = mean * (math.prod(self.pool_size) / counts)
        return share * self.window_max(x) + (1 - share) * mean

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mix": self.mix, "learn": self.learn}

    def _share(self, dtype: str) -> Tensor:
        if not self.learn:
            return self.mix
        share = ops.sigmoid(ops.cast(self.logit, dtype))
        if self.learn == "channel" and self._first == 2:
            share = ops.reshape(share, (-1,) + (1,) * self.rank)
        return share


@keras.saving.register_keras_serializable(package="custom")
class MixedPooling1D(MixedPooling):
    rank = 1


@keras.saving.register_keras_serializable(package="custom")
class MixedPooling2D(MixedPooling):
    rank = 2


@keras.saving.register_keras_serializable(package="custom")
class MixedPooling3D(MixedPooling):
    rank = 3


declare(
    "Combined pooling",
    Section.REGULARIZATION,
    MixedPooling1D,
    MixedPooling2D,
    MixedPooling3D,
)
