"""The test battery for regularizers."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.testing.checks import (
    require,
    require_finite,
    require_same,
    run_checks,
    saved_and_loaded,
)
from zoo.testing.configuration import check_configuration
from zoo.testing.gradients import InputProbe, check_step, compile_with


def check_regularizer(
    build: Callable[..., keras.regularizers.Regularizer],
    weights: Any = None,
    *,
    arguments: dict[str, Any] | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Checks that a regularizer does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` returns every constructor argument as it was given,
      and `from_config` builds the same regularizer;
    * `value`: the penalty is one finite number, at least 0;
    * `precision`: for weights in float16 it is finite and near that in float32;
    * `training`: one compiled step gives the weights a finite gradient, also where
      they are 0;
    * `jit_compile`: so does a step that XLA compiles;
    * `saving`: a layer with the regularizer has the same penalty after its model was
      saved to a `.keras` file and loaded.

    Args:
        build: The regularizer's class, or a function that builds a new one.
        weights: The matrix to penalise. By default its weights reach 256, whose square
            is too large for float16.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    >>> from custom.regularizers import L2
    >>> check_regularizer(L2, arguments={"alpha": 0.125})
    """
    arguments = arguments or {}
    if weights is None:
        weights = np.linspace(-256, 256, 4096).reshape(64, 64)
    battery = _Battery(
        functools.partial(build, **arguments),
        # Rounded once to float16, so that all precisions get the same values.
        np.asarray(weights, "float16").astype("float32"),
    )
    checks = {
        "configuration": lambda: check_configuration(battery.regularizer, arguments),
        "value": battery.check_value,
        "precision": battery.check_precision,
        "training": lambda: battery.check_training(jit_compile=False),
        "jit_compile": lambda: battery.check_training(jit_compile=True),
        "saving": battery.check_saving,
    }
    run_checks(type(battery.regularizer).__name__, checks, skip)


@dataclasses.dataclass
class _Battery:
    """A regularizer with weights; each method checks one promise."""

    build: Callable[[], keras.regularizers.Regularizer]
    weights: np.ndarray

    def __post_init__(self) -> None:
        self.regularizer = self.build()

    def check_value(self) -> None:
        value = self.regularizer(keras.ops.convert_to_tensor(self.weights))
        require_finite(value, "the value")
        shape = tuple(value.shape)
        require(shape == (), f"the value has shape {shape}; it must be one number.")
        require(float(value) >= 0, f"the value is {float(value)}, below 0.")

    def check_precision(self) -> None:
        expected = self.regularizer(keras.ops.convert_to_tensor(self.weights))
        half = keras.ops.convert_to_tensor(self.weights, dtype="float16")
        value = self.regularizer(half)
        require_finite(value, "the value in float16")
        require_same(value, expected, "the value in float16", rtol=0.01)

    def check_training(self, jit_compile: bool) -> None:
        compile = compile_with("mean_squared_error")
        for value in (0.0, 1.0):
            inputs = keras.Input((3, 2))
            model = keras.Model(inputs, InputProbe(self.build(), value)(inputs))
            data = (np.zeros((2, 3, 2), "float32"),) * 2
            check_step(model, compile, data, jit_compile=jit_compile)

    def check_saving(self) -> None:
        layer = keras.layers.Dense(
            self.weights.shape[1], use_bias=False, kernel_regularizer=self.build()
        )
        model = keras.Sequential([keras.Input(self.weights.shape[:1]), layer])
        layer.kernel.assign(self.weights)
        loaded = saved_and_loaded(model)
        require(len(loaded.losses) == 1, "the loaded layer has no penalty.")
        require_same(
            loaded.losses[0], model.losses[0], "the penalty of the loaded layer"
        )
