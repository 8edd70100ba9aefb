"""The test battery for losses."""

import dataclasses
import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.testing.checks import (
    as_array,
    require,
    require_finite,
    require_same,
    run_checks,
    saved_and_loaded,
)
from zoo.testing.configuration import check_configuration
from zoo.testing.gradients import InputProbe, check_step, compile_with


def check_loss(
    build: Callable[..., keras.losses.Loss],
    y_true: Any,
    y_pred: Any,
    *,
    arguments: dict[str, Any] | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Checks that a loss does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` returns every constructor argument as it was given,
      and `from_config` builds the same loss;
    * `value`: the loss is finite, and the same for an unknown batch size;
    * `precision`: for float16 predictions, also with Keras's float type set to float16,
      the loss is near that in float32, and so is the loss of many examples;
    * `sample weights`: examples with weight 2 count twice;
    * `training`: one compiled step gives the predictions a finite gradient;
    * `jit_compile`: so does a step that XLA compiles;
    * `saving`: a compiled model with the loss has the same loss after it was saved to a
      `.keras` file and loaded.

    Args:
        build: The loss's class, or a function that builds a new loss.
        y_true: Targets of some examples.
        y_pred: Predictions, with the largest values to be expected.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    >>> import numpy as np
    >>> from custom.losses import HalfSumSquaredError
    >>> check_loss(HalfSumSquaredError, np.zeros((2, 3)), np.full((2, 3), 300.0))
    """
    arguments = arguments or {}
    battery = _Battery(
        functools.partial(build, **arguments),
        np.asarray(y_true),
        # Rounded once to float16, so that all precisions get the same values.
        np.asarray(y_pred, "float16").astype("float32"),
    )
    checks = {
        "configuration": lambda: check_configuration(battery.loss, arguments),
        "value": battery.check_value,
        "precision": battery.check_precision,
        "sample weights": battery.check_sample_weights,
        "training": lambda: battery.check_training(jit_compile=False),
        "jit_compile": lambda: battery.check_training(jit_compile=True),
        "saving": battery.check_saving,
    }
    run_checks(type(battery.loss).__name__, checks, skip)


@dataclasses.dataclass
class _Battery:
    """A loss with its data; each method checks one promise."""

    build: Callable[[], keras.losses.Loss]
    y_true: np.ndarray
    y_pred: np.ndarray

    def __post_init__(self) -> None:
        self.loss = self.build()

    def check_value(self) -> None:
        value = self.loss(self.y_true, self.y_pred)
        require_finite(value, "the value")
        compiled = self._compiled().evaluate(
            self.y_pred, self.y_true, batch_size=len(self.y_pred), verbose=0
        )
        require_same(compiled, np.mean(as_array(value)), "the value in `evaluate`")

    def check_precision(self) -> None:
        before = keras.config.floatx()
        # Large batches, and images, have a thousand times as many values.
        for repeats in (1, 1_000):
            y_true = np.concatenate([self.y_true] * repeats)
            y_pred = np.concatenate([self.y_pred] * repeats)
            expected = self.build()(y_true, y_pred)
            keras.config.set_floatx("float16")
            try:
                value = self.build()(y_true, y_pred.astype("float16"))
            finally:
                keras.config.set_floatx(before)
            what = f"the value in float16 of {len(y_true):,} examples"
            require_finite(value, what)
            require_same(value, expected, what, rtol=0.01)

    def check_sample_weights(self) -> None:
        once = as_array(self.loss(self.y_true, self.y_pred))
        weights = np.full(len(self.y_true), 2.0, "float32")
        twice = self.loss(self.y_true, self.y_pred, sample_weight=weights)
        require_same(twice, 2 * once, "the value of examples with weight 2")

    def check_training(self, jit_compile: bool) -> None:
        inputs = keras.Input(self.y_pred.shape[1:])
        model = keras.Model(inputs, InputProbe()(inputs))
        (recorder,) = check_step(
            model,
            compile_with(self.build()),
            (self.y_pred, self.y_true),
            jit_compile=jit_compile,
        )
        require(bool(recorder.reached), "the predictions get no gradient.")
        gradient = keras.ops.convert_to_numpy(recorder.gradients[0])
        require(gradient.any(), "the gradient of the predictions is zero everywhere.")

    def check_saving(self) -> None:
        model = self._compiled()
        with warnings.catch_warnings(action="ignore"):  # The model has no optimizer.
            loaded = saved_and_loaded(model)
        found, expected = (
            each.evaluate(self.y_pred, self.y_true, verbose=0)
            for each in (loaded, model)
        )
        require_same(found, expected, "the value of the loaded loss")

    def _compiled(self) -> keras.Model:
        """A model whose predictions are its inputs."""
        inputs = keras.Input(self.y_pred.shape[1:])
        model = keras.Model(inputs, keras.layers.Identity()(inputs))
        model.compile(loss=self.build(), jit_compile=False)
        return model
