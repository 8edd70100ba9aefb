"""The test battery for layers."""

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
    require_shapes,
    run_checks,
    saved_and_loaded,
)
from zoo.testing.configuration import check_configuration
from zoo.testing.gradients import InputProbe, check_step, compile_with
from zoo.weights import copy_state


def check_layer(
    build: Callable[..., keras.layers.Layer],
    inputs: Any,
    *,
    arguments: dict[str, Any] | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Checks that a layer does what users of Keras rely on.

    The promises, by name:

    * `configuration`: `get_config` returns every constructor argument as it was given,
      and `from_config` builds the same layer;
    * `shapes`: for an unknown batch size, the symbolic shapes and those of
      `compute_output_shape` are the shapes of real calls;
    * `batch of one`: outside training, the output for an example does not depend on the
      other examples in the batch;
    * `saving`: a model with the layer has the same outputs after it was saved to a
      `.keras` file and loaded;
    * `training`: one compiled step gives every weight, and the inputs, a finite
      gradient;
    * `jit_compile`: so does a step that XLA compiles;
    * `precision`: under `mixed_float16` and `mixed_bfloat16` the output has the compute
      dtype and is near that in float32.

    Args:
        build: The layer's class, or a function that builds a new layer.
        inputs: At least two examples, with the largest values to be expected.
        arguments: Keyword arguments of `build`. If `dtype` is one of them, `precision`
            is left out.
        skip: Names of promises to leave out.

    >>> import numpy as np
    >>> from custom.layers import LpPooling1D
    >>> signal = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    >>> check_layer(LpPooling1D, signal, arguments={"pool_size": 2, "p": 3})
    """
    if len(inputs) < 2:
        raise ValueError("`inputs` must contain at least two examples.")
    arguments = arguments or {}
    keras.utils.set_random_seed(0)
    battery = _Battery(functools.partial(build, **arguments), np.asarray(inputs))
    layer = battery.layer
    checks = {
        "configuration": lambda: check_configuration(layer, arguments),
        "shapes": battery.check_shapes,
        "batch of one": battery.check_batch_of_one,
        "saving": battery.check_saving,
        "training": lambda: battery.check_training(jit_compile=False),
        "jit_compile": lambda: battery.check_training(jit_compile=True),
        "precision": battery.check_precision,
    }
    if "dtype" in arguments:
        skip = [*skip, "precision"]
    run_checks(type(layer).__name__, checks, skip)


class _Battery:
    """A layer with its inputs; each method checks one promise."""

    def __init__(self, build: Callable[[], keras.layers.Layer], inputs: np.ndarray):
        self.build = build
        self.inputs = inputs
        self.dtype = inputs.dtype.name
        self.layer = build()
        self.outputs = _call(self.layer, inputs)

    def check_shapes(self) -> None:
        call = functools.partial(_call, self.layer)
        require_shapes(self.layer, self.inputs, self.dtype, call)

    def check_batch_of_one(self) -> None:
        for index in range(2):
            alone = _call(self.layer, self.inputs[index : index + 1])
            expected = self.outputs[index : index + 1]
            require_same(alone, expected, "the output for a single example")

    def check_saving(self) -> None:
        inputs = keras.Input(self.inputs.shape[1:], dtype=self.dtype)
        loaded = saved_and_loaded(keras.Model(inputs, self.layer(inputs)))
        outputs = _call(loaded, self.inputs)
        require_same(outputs, self.outputs, "the output of the loaded layer")

    def check_training(self, jit_compile: bool) -> None:
        inputs = keras.Input(self.inputs.shape[1:], dtype=self.dtype)
        is_float = self.inputs.dtype.kind == "f"
        outputs = self.build()(InputProbe()(inputs) if is_float else inputs)
        model = keras.Model(inputs, outputs)
        if not model.trainable_variables:
            return
        # No output reaches this target, so that the gradient is not zero.
        targets = np.full(self.outputs.shape, np.abs(self.outputs).max() + 1)
        data = (self.inputs, targets.astype("float32"))
        check_step(
            model, compile_with("mean_squared_error"), data, jit_compile=jit_compile
        )

    def check_precision(self) -> None:
        for name in HALF_PRECISION:
            with dtype_policy(name):
                layer = self.build()
                _call(layer, self.inputs)
                copy_state(self.layer, layer)
                tensor = layer(keras.ops.convert_to_tensor(self.inputs), training=False)
            dtype = keras.backend.standardize_dtype(tensor.dtype)
            require(
                dtype == layer.compute_dtype,
                f"the output under {name} is {dtype}, not {layer.compute_dtype}.",
            )
            what = f"the output under {name}"
            require_finite(tensor, what)
            tolerance = 0.05 * np.abs(self.outputs).max()
            require_same(tensor, self.outputs, what, rtol=0, atol=tolerance)


def _call(layer: keras.layers.Layer, inputs: np.ndarray) -> np.ndarray:
    return as_array(layer(keras.ops.convert_to_tensor(inputs), training=False))
