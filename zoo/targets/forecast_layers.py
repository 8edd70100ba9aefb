"""The layers of a forecasting network: scaled windows in, steps in data units out."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from custom.types import Tensor


@keras.saving.register_keras_serializable(package="zoo")
class WindowScaling(keras.layers.Layer):
    r"""Scales the columns of raw windows.

    The columns to predict are measured from the last value of their own window, so that
    a trend does not lead out of the range of the training; $\mu$ is subtracted from the
    others. All are divided by $\sigma$.

    Columns known in advance are read twice: at their own step, and `horizon` steps
    later. The last `horizon` rows of the input hold nothing else that is read.

    Shapes: `(batch, window, features)` to the same; with `known` columns `(batch,
    window + horizon, features)` to `(batch, window, features + known)`.

    Args:
        window: Steps to predict from.
        horizon: Steps to predict.
        targets: Number of columns to predict, which come first.
        known: Number of columns known in advance, which come last.
        center: $\mu$ of each column; of those to predict it is not used.
        scale: $\sigma$ of each column.
        **options: Options of `keras.layers.Layer`.
    """

    def __init__(
        self,
        window: int,
        horizon: int,
        targets: int,
        known: int,
        center: Sequence[float],
        scale: Sequence[float],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.window, self.horizon = window, horizon
        self.targets, self.known = targets, known
        self.center, self.scale = list(center), list(scale)

    def build(self, input_shape: Sequence[int | None]) -> None:
        rows = self.window + (self.horizon if self.known else 0)
        if tuple(input_shape[1:]) != (rows, len(self.center)):
            raise ValueError(
                f"The target takes windows of shape {(rows, len(self.center))}: give "
                f"it as `input_shape`, got {tuple(input_shape[1:])}."
            )

    def call(self, inputs: Tensor) -> Tensor:
        past = inputs[:, : self.window]
        change = past[..., : self.targets] - self.last_values(inputs)
        center, scale = (ops.array(v, inputs.dtype) for v in (self.center, self.scale))
        others = past[..., self.targets :] - center[self.targets :]
        scaled = ops.concatenate([change, others], axis=-1) / scale
        if not self.known:
            return scaled
        later = inputs[:, self.horizon :, -self.known :]
        later = (later - center[-self.known :]) / scale[-self.known :]
        return ops.concatenate([scaled, later], axis=-1)

    def last_values(self, inputs: Tensor) -> Tensor:
        """The last value of each column to predict, `(batch, 1, targets)`."""
        return inputs[:, self.window - 1 : self.window, : self.targets]

    def get_config(self) -> dict[str, Any]:
        names = ("window", "horizon", "targets", "known", "center", "scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="zoo")
class ForecastHead(keras.layers.Layer):
    r"""The next steps, in the unit of the data.

    $$\hat y_{t+i} = y_t + \sigma\,(U h + V x + c)_i$$

    $y_t$ is the last value of the window, $h$ the state of the network, and $x$ all
    numbers of the scaled window: a linear autoregression beside the recurrent layers.
    $V$ starts at 0.

    Call it with `[h, window]`, where the window is raw. It returns `(batch, horizon)`,
    of several columns to predict `(batch, horizon, targets)`.

    Args:
        scaling: The `WindowScaling` of the network, or its configuration.
        spread: $\sigma$ of each column to predict.
        kernel_regularizer: Penalty on $U$ and $V$.
        **options: Options of `keras.layers.Layer`.

    Source: Lai et al. 2018, "Modeling long- and short-term temporal patterns with deep
    neural networks", section 3.6.
    """

    def __init__(
        self,
        scaling: WindowScaling | dict[str, Any],
        spread: Sequence[float],
        kernel_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        given: Any = scaling
        is_config = isinstance(given, dict)
        self.scaling = WindowScaling.from_config(given) if is_config else given
        self.spread = list(spread)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        units = self.scaling.horizon * self.scaling.targets
        shared: dict[str, Any] = {
            "kernel_regularizer": self.kernel_regularizer,
            "dtype": self.dtype_policy,
        }
        self.state = keras.layers.Dense(units, name="state", **shared)
        self.linear = keras.layers.Dense(
            units, use_bias=False, kernel_initializer="zeros", name="linear", **shared
        )

    def build(self, input_shape: Sequence[Any]) -> None:
        state, window = input_shape
        self.state.build(state)
        self.scaling.build(window)
        columns = len(self.scaling.center) + self.scaling.known
        self.linear.build((None, self.scaling.window * columns))

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        state, window = inputs
        scaled = self.scaling(window)
        flat = ops.reshape(scaled, (-1, self.linear.input_spec.axes[-1]))
        steps = self.state(state) + self.linear(flat)
        horizon, targets = self.scaling.horizon, self.scaling.targets
        steps = ops.reshape(steps, (-1, horizon, targets))
        steps = steps * ops.array(self.spread, steps.dtype)
        steps = steps + self.scaling.last_values(window)
        return steps[..., 0] if targets == 1 else steps

    def get_config(self) -> dict[str, Any]:
        regularizer = self.kernel_regularizer
        return {
            **super().get_config(),
            "scaling": self.scaling.get_config(),
            "spread": self.spread,
            "kernel_regularizer": keras.regularizers.serialize(regularizer),
        }
