"""The battery for optimizers."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.testing.configuration import check_configuration
from zoo.testing.promises import (
    HALF_PRECISION,
    array,
    keep,
    policy,
    require,
    require_finite,
    require_same,
)


def check_optimizer(
    build: Callable[..., keras.optimizers.Optimizer],
    *,
    arguments: dict | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Proves that an optimizer does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` holds every constructor argument as it was given,
      and `from_config` builds the same;
    * `training`: compiled steps on a small regression move every weight, all of them
      stay finite, and the loss falls;
    * `jit_compile`: steps that XLA compiles give the same weights;
    * `saving`: training that goes on from a `.keras` file gives the weights of
      training that never stopped: the state is saved whole;
    * `precision`: under `mixed_float16`, whose gradients are scaled, and
      `mixed_bfloat16` the weights stay finite and move;
    * `no gradient`: a weight whose gradient is 0 stays finite.

    Args:
        build: The optimizer's class, or a function that builds a new one.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    Raises:
        BrokenPromise: If a promise is not kept.
        ValueError: If `skip` holds something else.

    >>> from custom.optimizers import Momentum
    >>> check_optimizer(Momentum, arguments={"learning_rate": 0.02, "momentum": 0.5})
    """
    arguments = arguments or {}
    trial = _Trial(functools.partial(build, **arguments))
    promises = {
        "configuration": lambda: check_configuration(trial.build(), arguments),
        "training": trial.check_training,
        "jit_compile": trial.check_jit_compile,
        "precision": trial.check_precision,
        "no gradient": trial.check_no_gradient,
        "saving": trial.check_saving,  # which trains on
    }
    keep(type(trial.build()).__name__, promises, skip)


class _Trial:
    """An optimizer and a regression; each method is one promise."""

    STEPS = 10

    def __init__(self, build):
        self.build = build
        random = np.random.default_rng(0)
        self.inputs = random.normal(size=(32, 4)).astype("float32")
        self.targets = self.inputs @ random.normal(size=(4, 2)).astype("float32") + 1

    @functools.cached_property
    def trained(self):
        """A model after some steps, and its losses."""
        model = self._model()
        return model, self._train(model)

    def check_training(self):
        model, losses = self.trained
        _check_moved(model, _weights(self._model()))
        require(losses[-1] < losses[0], f"the loss goes from {losses[0]:.4g} up.")

    def check_jit_compile(self):
        model, expected = self._model(jit_compile=True), self.trained[0]
        self._train(model)
        _check_same(model, expected, "compiled by XLA", rtol=1e-4, atol=1e-5)

    def check_saving(self):
        whole = self.trained[0]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            whole.save(file)
            stopped = keras.saving.load_model(file, safe_mode=True)
        self._train(stopped)
        self._train(whole)
        _check_same(stopped, whole, "trained on from a file")

    def check_precision(self):
        for name in HALF_PRECISION:
            with policy(name):
                model = self._model()
                before = _weights(model)
                self._train(model)
            _check_moved(model, before)

    def check_no_gradient(self):
        weight = keras.Variable(np.ones(3, "float32"))
        optimizer = self.build()
        optimizer.build([weight])
        for _ in range(3):
            optimizer.apply([keras.ops.zeros(3)])
        require_finite(weight, "a weight whose gradient is 0")

    def _model(self, jit_compile=False):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)]
        )
        model.compile(self.build(), "mean_squared_error", jit_compile=jit_compile)
        return model

    def _train(self, model):
        history = model.fit(
            self.inputs, self.targets, batch_size=32, epochs=self.STEPS, verbose=0
        )
        return history.history["loss"]


def _weights(model):
    return [array(weight) for weight in model.trainable_variables]


def _check_same(model, expected, how, **tolerance):
    for weight, other in zip(model.weights, expected.weights, strict=True):
        require_same(weight, other, f"{weight.path}, {how},", **tolerance)


def _check_moved(model, before):
    for weight, old in zip(model.trainable_variables, before, strict=True):
        require_finite(weight, weight.path)
        require((array(weight) != old).any(), f"{weight.path} does not move.")
