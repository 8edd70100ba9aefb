"""Pooling by a mixture of maximum and mean."""

import math

import keras
from keras import ops

from custom.arguments import one_of, probability
from custom.layers.windows import WindowPooling


class MixedPooling(WindowPooling):
    r"""Maximum and mean of each window, mixed in a fixed or a learned proportion.

    $$y = \lambda \max_i a_i + (1 - \lambda)\,\frac{1}{n} \sum_i a_i$$

    $a_i$ are the $n$ cells of a window of `pool_size`, padded cells left out.
    $\lambda$ is `mix`. When it is learned it is $\sigma(\theta)$ of a weight
    $\theta$, so that it stays in $[0, 1]$, and starts at `mix`.

    `MixedPooling1D` takes (batch, steps, channels), `MixedPooling2D` (batch,
    height, width, channels), `MixedPooling3D` one axis more. Computed in float32
    or wider, returned in the layer's compute dtype.

    Args:
        mix: The share of the maximum, in [0, 1]: 1 is max pooling, 0 average
            pooling. A learned one starts here, above 0 and below 1. Defaults to
            0.5, as much of either.
        learn: `None`, the default, for a fixed share; `"layer"` to learn one for
            the layer; `"channel"` to learn one for each channel.
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
        ValueError: If `mix` is outside [0, 1], or is 0 or 1 and to be learned, if
            `learn`, `padding` or `data_format` is unknown, if a size or stride is
            not a positive integer, or if the input has the wrong rank or is
            smaller than a window.

    >>> x = keras.ops.array([[[1.0], [3.0], [4.0], [8.0]]])
    >>> MixedPooling1D(mix=0.5, pool_size=2)(x).numpy().ravel().tolist()
    [2.5, 7.0]

    Against Keras: a fixed `mix` equals `MaxPooling` and `AveragePooling` added with
    these weights. Prefer those where one is known to serve; a learned share lets
    the data decide.

    Source: notes, "Stochastic pooling (convolutional networks): the meaning of
    pooling", where it is named as combined pooling; Lee, Gallagher and Tu 2016,
    "Generalizing pooling functions in convolutional neural networks: mixed, gated,
    and tree".
    """

    def __init__(
        self,
        mix=0.5,
        learn=None,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.mix = probability("mix", mix)
        self.learn = one_of("learn", learn, (None, "layer", "channel"))
        if self.learn and not 0 < self.mix < 1:
            raise ValueError(
                f"`mix` must be above 0 and below 1 to be learned, got {mix!r}."
            )

    def build(self, input_shape):
        super().build(input_shape)
        if not self.learn:
            return
        shape = ()
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

    def pool(self, x):
        share = self._share(x.dtype)
        mean = self.window_mean(x)
        counts = self.cell_counts(x)
        if counts is not None:
            mean = mean * (math.prod(self.pool_size) / counts)
        return share * self.window_max(x) + (1 - share) * mean

    def get_config(self):
        return {**super().get_config(), "mix": self.mix, "learn": self.learn}

    def _share(self, dtype):
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
