"""The battery for layers."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.models.weights import copy_state
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
from zoo.testing.training import Probe, check_step


def check_layer(
    build: Callable[..., keras.layers.Layer],
    inputs,
    *,
    arguments: dict | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Proves that a layer does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` holds every constructor argument as it was given,
      and `from_config` builds the same;
    * `shapes`: for an unknown batch size the symbolic shapes, and those of
      `compute_output_shape`, are those of real calls;
    * `batch of one`: outside training an example alone gets the output that it gets
      in a batch;
    * `saving`: inside a model that goes through a `.keras` file it gives the same;
    * `training`: one compiled step gives every weight, and the inputs, a finite
      gradient;
    * `jit_compile`: so does one that XLA compiles;
    * `precision`: under `mixed_float16` and `mixed_bfloat16` the output is in the
      compute dtype and near that in float32.

    Args:
        build: The layer's class, or a function that builds a new one.
        inputs: At least two examples, with the largest values to be expected.
        arguments: Keyword arguments of `build`. A `dtype` among them leaves out
            `precision`.
        skip: Names of promises to leave out.

    Raises:
        BrokenPromise: If a promise is not kept.
        ValueError: If `skip` holds something else, or there are too few examples.

    >>> import numpy as np
    >>> from custom.layers import LpPooling1D
    >>> signal = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    >>> check_layer(LpPooling1D, signal, arguments={"pool_size": 2, "p": 3})
    """
    if len(inputs) < 2:
        raise ValueError("`inputs` must hold at least two examples.")
    arguments = arguments or {}
    keras.utils.set_random_seed(0)
    trial = _Trial(functools.partial(build, **arguments), np.asarray(inputs))
    layer = trial.layer
    promises = {
        "configuration": lambda: check_configuration(layer, arguments),
        "shapes": trial.check_shapes,
        "batch of one": trial.check_batch_of_one,
        "saving": trial.check_saving,
        "training": lambda: trial.check_training(jit_compile=False),
        "jit_compile": lambda: trial.check_training(jit_compile=True),
        "precision": trial.check_precision,
    }
    if "dtype" in arguments:
        skip = [*skip, "precision"]
    keep(type(layer).__name__, promises, skip)


class _Trial:
    """A layer with its inputs; each method is one promise."""

    def __init__(self, build, inputs):
        self.build = build
        self.inputs = inputs
        self.layer = build()
        self.outputs = _apply(self.layer, inputs)

    def check_shapes(self):
        shape = (None, *self.inputs.shape[1:])
        symbolic = self.layer(keras.KerasTensor(shape, self.inputs.dtype.name)).shape
        computed = self.layer.compute_output_shape(shape)
        for said, how in ((symbolic, "a symbolic call"), (computed, "the method")):
            for size in (1, 2):
                real = _apply(self.layer, self.inputs[:size]).shape
                fits = len(said) == len(real) and all(
                    a in (None, b) for a, b in zip(said, real, strict=True)
                )
                require(
                    fits and said[0] is None,
                    f"{how} gives {tuple(said)} for {shape}, and a real one {real} "
                    f"for {size} of them.",
                )

    def check_batch_of_one(self):
        for number in range(2):
            alone = _apply(self.layer, self.inputs[number : number + 1])
            expected = self.outputs[number : number + 1]
            require_same(alone, expected, "the output for one alone")

    def check_saving(self):
        inputs = keras.Input(self.inputs.shape[1:], dtype=self.inputs.dtype.name)
        model = keras.Model(inputs, self.layer(inputs))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            model.save(file)
            loaded = keras.saving.load_model(file, safe_mode=True)
        outputs = _apply(loaded, self.inputs)
        require_same(outputs, self.outputs, "the output of the loaded layer")

    def check_training(self, jit_compile):
        inputs = keras.Input(self.inputs.shape[1:], dtype=self.inputs.dtype.name)
        real = self.inputs.dtype.kind == "f"
        outputs = self.build()(Probe()(inputs) if real else inputs)
        model = keras.Model(inputs, outputs)
        if not model.trainable_variables:
            return
        # A target that no output meets, or the gradient would be zero.
        targets = np.full(self.outputs.shape, np.abs(self.outputs).max() + 1)
        data = (self.inputs, targets.astype("float32"))
        check_step(model, _compile, data, jit_compile=jit_compile)

    def check_precision(self):
        for name in HALF_PRECISION:
            with policy(name):
                layer = self.build()
                _apply(layer, self.inputs)
                copy_state(self.layer, layer)
                tensor = layer(keras.ops.convert_to_tensor(self.inputs), training=False)
            dtype = keras.backend.standardize_dtype(tensor.dtype)
            require(
                dtype == layer.compute_dtype,
                f"the output under {name} is {dtype}, not {layer.compute_dtype}.",
            )
            what = f"the output under {name}"
            require_finite(tensor, what)
            near = 0.05 * np.abs(self.outputs).max()
            require_same(tensor, self.outputs, what, rtol=0, atol=near)


def _compile(model, optimizer, jit_compile):
    model.compile(optimizer(), "mean_squared_error", jit_compile=jit_compile)


def _apply(layer, inputs):
    return array(layer(keras.ops.convert_to_tensor(inputs), training=False))
