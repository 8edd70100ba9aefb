"""The test battery for optimizers."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.testing.checks import (
    HALF_PRECISION,
    as_array,
    dtype_policy,
    require,
    require_finite,
    require_same,
    run_checks,
    saved_and_loaded,
)
from zoo.testing.configuration import check_configuration


def check_optimizer(
    build: Callable[..., keras.optimizers.Optimizer],
    *,
    arguments: dict[str, Any] | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Checks that an optimizer does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` returns every constructor argument as it was given,
      and `from_config` builds the same optimizer;
    * `training`: compiled steps on a small regression move every weight, all weights
      stay finite, and the loss falls;
    * `jit_compile`: steps that XLA compiles give the same weights;
    * `saving`: training that continues from a `.keras` file gives the same weights as
      training without an interruption: the whole state is saved;
    * `precision`: under `mixed_float16`, where gradients are scaled, and
      `mixed_bfloat16`, the weights stay finite and move;
    * `no gradient`: a weight whose gradient is 0 stays finite.

    Args:
        build: The optimizer's class, or a function that builds a new optimizer.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    >>> from custom.optimizers import Momentum
    >>> check_optimizer(Momentum, arguments={"learning_rate": 0.02, "momentum": 0.5})
    """
    arguments = arguments or {}
    battery = _Battery(functools.partial(build, **arguments))
    checks = {
        "configuration": lambda: check_configuration(battery.build(), arguments),
        "training": battery.check_training,
        "jit_compile": battery.check_jit_compile,
        "precision": battery.check_precision,
        "no gradient": battery.check_no_gradient,
        "saving": battery.check_saving,  # the last one: it trains the model further
    }
    run_checks(type(battery.build()).__name__, checks, skip)


class _Battery:
    """An optimizer and a regression; each method checks one promise."""

    STEPS = 10

    def __init__(self, build: Callable[[], keras.optimizers.Optimizer]):
        self.build = build
        random = np.random.default_rng(0)
        self.inputs = random.normal(size=(32, 4)).astype("float32")
        self.targets = self.inputs @ random.normal(size=(4, 2)).astype("float32") + 1

    @functools.cached_property
    def trained(self) -> tuple[keras.Model, list[float]]:
        """A model after some steps, and its losses."""
        model = self._model()
        return model, self._train(model)

    def check_training(self) -> None:
        model, losses = self.trained
        _check_moved(model, _weights(self._model()))
        require(losses[-1] < losses[0], f"the loss rises from {losses[0]:.4g}.")

    def check_jit_compile(self) -> None:
        model, expected = self._model(jit_compile=True), self.trained[0]
        self._train(model)
        _check_same(model, expected, "compiled by XLA", rtol=1e-4, atol=1e-5)

    def check_saving(self) -> None:
        uninterrupted = self.trained[0]
        continued = saved_and_loaded(uninterrupted)
        self._train(continued)
        self._train(uninterrupted)
        _check_same(continued, uninterrupted, "trained further from a file")

    def check_precision(self) -> None:
        for name in HALF_PRECISION:
            with dtype_policy(name):
                model = self._model()
                before = _weights(model)
                self._train(model)
            _check_moved(model, before)

    def check_no_gradient(self) -> None:
        weight = keras.Variable(np.ones(3, "float32"))
        optimizer = self.build()
        optimizer.build([weight])
        for _ in range(3):
            optimizer.apply([keras.ops.zeros(3)])
        require_finite(weight, "a weight whose gradient is 0")

    def _model(self, jit_compile: bool = False) -> keras.Model:
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)]
        )
        model.compile(self.build(), "mean_squared_error", jit_compile=jit_compile)
        return model

    def _train(self, model: keras.Model) -> list[float]:
        history = model.fit(
            self.inputs, self.targets, batch_size=32, epochs=self.STEPS, verbose=0
        )
        return history.history["loss"]


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [as_array(weight) for weight in model.trainable_variables]


def _check_same(
    model: keras.Model, expected: keras.Model, how: str, **tolerance: float
) -> None:
    for weight, other in zip(model.weights, expected.weights, strict=True):
        require_same(weight, other, f"{weight.path}, {how},", **tolerance)


def _check_moved(model: keras.Model, before: list[np.ndarray]) -> None:
    for weight, old in zip(model.trainable_variables, before, strict=True):
        require_finite(weight, weight.path)
        require((as_array(weight) != old).any(), f"{weight.path} does not move.")
