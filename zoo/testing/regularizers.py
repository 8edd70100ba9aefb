"""The battery for regularizers."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.testing.configuration import check_configuration
from zoo.testing.promises import keep, require, require_finite, require_same
from zoo.testing.training import Probe, check_step


def check_regularizer(
    build: Callable[..., keras.regularizers.Regularizer],
    weights=None,
    *,
    arguments: dict | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Proves that a penalty does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` holds every constructor argument as it was given,
      and `from_config` builds the same;
    * `value`: one finite number, at least 0;
    * `precision`: for weights in float16 it is finite and near that in float32;
    * `training`: one compiled step gives the weights a finite gradient, also where
      they are 0;
    * `jit_compile`: so does one that XLA compiles;
    * `saving`: in a layer of a model that goes through a `.keras` file it gives the
      same penalty.

    Args:
        build: The penalty's class, or a function that builds a new one.
        weights: A matrix to penalise; by default one with weights up to 256, whose
            square float16 does not hold.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    Raises:
        BrokenPromise: If a promise is not kept.
        ValueError: If `skip` holds something else.

    >>> from custom.regularizers import L2
    >>> check_regularizer(L2, arguments={"alpha": 0.125})
    """
    arguments = arguments or {}
    if weights is None:
        weights = np.linspace(-256, 256, 4096).reshape(64, 64)
    trial = _Trial(
        functools.partial(build, **arguments),
        # What float16 holds: rounded once, for all precisions.
        np.asarray(weights, "float16").astype("float32"),
    )
    promises = {
        "configuration": lambda: check_configuration(trial.penalty, arguments),
        "value": trial.check_value,
        "precision": trial.check_precision,
        "training": lambda: trial.check_training(jit_compile=False),
        "jit_compile": lambda: trial.check_training(jit_compile=True),
        "saving": trial.check_saving,
    }
    keep(type(trial.penalty).__name__, promises, skip)


class _Trial:
    """A penalty with weights; each method is one promise."""

    def __init__(self, build, weights):
        self.build = build
        self.weights = weights
        self.penalty = build()

    def check_value(self):
        value = self.penalty(keras.ops.convert_to_tensor(self.weights))
        require_finite(value, "the value")
        shape = tuple(value.shape)
        require(shape == (), f"the value has shape {shape}, and is no single number.")
        require(float(value) >= 0, f"the value is {float(value)}, below 0.")

    def check_precision(self):
        expected = self.penalty(keras.ops.convert_to_tensor(self.weights))
        half = keras.ops.convert_to_tensor(self.weights, dtype="float16")
        value = self.penalty(half)
        require_finite(value, "the value in float16")
        require_same(value, expected, "the value in float16", rtol=0.01)

    def check_training(self, jit_compile):
        for value in (0.0, 1.0):
            inputs = keras.Input((3, 2))
            model = keras.Model(inputs, Probe(self.build(), value)(inputs))
            data = (np.zeros((2, 3, 2), "float32"),) * 2
            check_step(model, _compile, data, jit_compile=jit_compile)

    def check_saving(self):
        layer = keras.layers.Dense(
            self.weights.shape[1], use_bias=False, kernel_regularizer=self.build()
        )
        model = keras.Sequential([keras.Input(self.weights.shape[:1]), layer])
        layer.kernel.assign(self.weights)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            model.save(file)
            loaded = keras.saving.load_model(file, safe_mode=True)
        require(len(loaded.losses) == 1, "a loaded layer has no penalty.")
        require_same(loaded.losses[0], model.losses[0], "the penalty of a loaded layer")


def _compile(model, optimizer, jit_compile):
    model.compile(optimizer(), "mean_squared_error", jit_compile=jit_compile)
