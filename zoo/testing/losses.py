"""The battery for losses."""

import functools
import pathlib
import tempfile
import warnings
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.testing.configuration import check_configuration
from zoo.testing.promises import array, keep, require, require_finite, require_same
from zoo.testing.training import Probe, check_step


def check_loss(
    build: Callable[..., keras.losses.Loss],
    y_true,
    y_pred,
    *,
    arguments: dict | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Proves that a loss does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` holds every constructor argument as it was given,
      and `from_config` builds the same;
    * `value`: it is finite, and the same for a batch size that is unknown;
    * `precision`: for float16 predictions, also with Keras's float set to float16, it
      is near the value in float32, and so is that of many examples;
    * `sample weights`: examples that weigh twice as much count twice;
    * `training`: one compiled step gives the predictions a finite gradient;
    * `jit_compile`: so does one that XLA compiles;
    * `saving`: inside a compiled model that goes through a `.keras` file it gives the
      same value.

    Args:
        build: The loss's class, or a function that builds a new one.
        y_true: Targets of some examples.
        y_pred: Predictions, with the largest values to be expected.
        arguments: Keyword arguments of `build`.
        skip: Names of promises to leave out.

    Raises:
        BrokenPromise: If a promise is not kept.
        ValueError: If `skip` holds something else.

    >>> import numpy as np
    >>> from custom.losses import HalfSumSquaredError
    >>> check_loss(HalfSumSquaredError, np.zeros((2, 3)), np.full((2, 3), 300.0))
    """
    arguments = arguments or {}
    trial = _Trial(
        functools.partial(build, **arguments),
        np.asarray(y_true),
        # What float16 holds: rounded once, for all precisions.
        np.asarray(y_pred, "float16").astype("float32"),
    )
    promises = {
        "configuration": lambda: check_configuration(trial.loss, arguments),
        "value": trial.check_value,
        "precision": trial.check_precision,
        "sample weights": trial.check_sample_weights,
        "training": lambda: trial.check_training(jit_compile=False),
        "jit_compile": lambda: trial.check_training(jit_compile=True),
        "saving": trial.check_saving,
    }
    keep(type(trial.loss).__name__, promises, skip)


class _Trial:
    """A loss with its data; each method is one promise."""

    MANY = 1_000  # times the data, as large batches and images have

    def __init__(self, build, y_true, y_pred):
        self.build = build
        self.y_true = y_true
        self.y_pred = y_pred
        self.loss = build()

    def check_value(self):
        value = self.loss(self.y_true, self.y_pred)
        require_finite(value, "the value")
        compiled = self._compiled().evaluate(
            self.y_pred, self.y_true, batch_size=len(self.y_pred), verbose=0
        )
        require_same(compiled, np.mean(array(value)), "the value in `evaluate`")

    def check_precision(self):
        before = keras.config.floatx()
        for times in (1, self.MANY):
            y_true = np.concatenate([self.y_true] * times)
            y_pred = np.concatenate([self.y_pred] * times)
            expected = self.build()(y_true, y_pred)
            keras.config.set_floatx("float16")
            try:
                value = self.build()(y_true, y_pred.astype("float16"))
            finally:
                keras.config.set_floatx(before)
            what = f"the value in float16 of {len(y_true):,} examples"
            require_finite(value, what)
            require_same(value, expected, what, rtol=0.01)

    def check_sample_weights(self):
        once = array(self.loss(self.y_true, self.y_pred))
        twos = np.full(len(self.y_true), 2.0, "float32")
        twice = self.loss(self.y_true, self.y_pred, sample_weight=twos)
        require_same(twice, 2 * once, "the value of examples that weigh twice as much")

    def check_training(self, jit_compile):
        inputs = keras.Input(self.y_pred.shape[1:])
        probe = Probe()
        model = keras.Model(inputs, probe(inputs))

        def compile(model, optimizer, jit_compile):
            model.compile(optimizer(), self.build(), jit_compile=jit_compile)

        check_step(model, compile, (self.y_pred, self.y_true), jit_compile=jit_compile)
        (recorder,) = [model.optimizer]
        require(bool(recorder.reached), "the predictions get no gradient.")
        slope = keras.ops.convert_to_numpy(recorder.gradients[0])
        require(slope.any(), "the gradient of the predictions is zero everywhere.")

    def check_saving(self):
        model = self._compiled()
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            model.save(file)
            with warnings.catch_warnings(action="ignore"):  # of a missing optimizer
                loaded = keras.saving.load_model(file, safe_mode=True)
        found, expected = (
            each.evaluate(self.y_pred, self.y_true, verbose=0)
            for each in (loaded, model)
        )
        require_same(found, expected, "the value of the loaded loss")

    def _compiled(self):
        """A model that predicts its inputs."""
        inputs = keras.Input(self.y_pred.shape[1:])
        model = keras.Model(inputs, keras.layers.Identity()(inputs))
        model.compile(loss=self.build(), jit_compile=False)
        return model
