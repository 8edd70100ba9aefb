"""The test battery for models."""

import dataclasses
import functools
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from zoo import registry
from zoo.models.family import Family
from zoo.targets import HEAD
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
from zoo.testing.configuration import check_configuration, plain_form
from zoo.testing.gradients import Compile, check_step, compile_with, one_step
from zoo.weights import copy_state


def check_model(
    build: Callable[..., keras.Model] | str,
    inputs: Any,
    targets: Any = None,
    *,
    arguments: dict[str, Any] | None = None,
    loss: Any = None,
    compile: Compile | None = None,
    train_on: tuple | None = None,
    new_classes: int | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Checks that a model does what users of Keras and of the zoo rely on.

    The promises, by name:

    * `configuration`: `get_config` returns every constructor argument as it was given,
      and `from_config` builds the same model;
    * `shapes`: for an unknown batch size, the symbolic shapes are those of real calls;
    * `batch of one`: the output for an example does not depend on the other examples in
      the batch, and `predict` returns the same as a call;
    * `saving`: the model is the same after it was saved to a `.keras` file and loaded
      in safe mode, and has the same outputs;
    * `preset`: the same for `save_to_preset` and `from_preset`, for models of the zoo;
    * `training`: one compiled step gives every weight a finite gradient;
    * `jit_compile`: so does a step that XLA compiles;
    * `precision`: under `mixed_float16` and `mixed_bfloat16` the outputs stay near
      those in float32, and all weights stay finite in a training step;
    * `new head`: `with_head` keeps the body, and a frozen body stays frozen in a file,
      for models of the zoo that have classes.

    Args:
        build: The model's class, a function that builds a new model, or a name of
            `zoo.list_models()`.
        inputs: At least two examples, as a call of the model takes them.
        targets: Targets for `fit`.
        arguments: Keyword arguments of `build`. If `dtype` is one of them, `precision`
            is left out.
        loss: The loss to compile the model with, if `compile` is not given.
        compile: For models with another signature of `compile`: a function of the
            model, a function that builds an optimizer, and `jit_compile`, which
            compiles the model. Build one optimizer for each that the model takes.
        train_on: Positional arguments of `fit`, if it takes other data than a call.
            Default: inputs and targets.
        new_classes: Number of classes for `new head`. Default: one more than the model
            has.
        skip: Names of promises to leave out.
    """
    if len(inputs) < 2:
        raise ValueError("`inputs` must contain at least two examples.")
    if isinstance(build, str):
        build = registry.find(build).load()
    arguments = arguments or {}
    if train_on is None:
        train_on = (inputs,) if targets is None else (inputs, targets)
    keras.utils.set_random_seed(0)
    battery = _Battery(
        functools.partial(build, **arguments),
        inputs,
        train_on,
        compile or compile_with(loss),
    )
    model = battery.model
    checks = {
        "configuration": lambda: check_configuration(model, arguments),
        "shapes": battery.check_shapes,
        "batch of one": battery.check_batch_of_one,
        "saving": battery.check_saving,
        "preset": battery.check_preset,
        "training": lambda: battery.check_training(jit_compile=False),
        "jit_compile": lambda: battery.check_training(jit_compile=True),
        "precision": battery.check_precision,
        "new head": lambda: battery.check_head(new_classes),
    }
    skip = [*skip, *_not_applicable(model, arguments)]
    run_checks(type(model).__name__, checks, skip)


def _not_applicable(model: keras.Model, arguments: dict[str, Any]) -> Iterator[str]:
    """The promises that do not apply to a model."""
    if not isinstance(model, Family):
        yield "preset"
    if not isinstance(model, Family) or not getattr(model, "num_classes", None):
        yield "new head"
    if "dtype" in arguments:
        yield "precision"


@dataclasses.dataclass
class _Battery:
    """A model with its data; each method checks one promise."""

    build: Callable[[], keras.Model]
    inputs: Any
    train_on: tuple
    compile: Compile

    def __post_init__(self) -> None:
        self.model = self.build()
        self.outputs = _call(self.model, self.inputs)

    def check_shapes(self) -> None:
        inputs, entries = np.asarray(self.inputs), getattr(self.model, "inputs", None)
        dtype = entries[0].dtype if entries else inputs.dtype.name
        call = functools.partial(_call, self.model)
        require_shapes(self.model, inputs, dtype, call)

    def check_batch_of_one(self) -> None:
        for index in range(2):
            alone = _call(self.model, self.inputs[index : index + 1])
            expected = self.outputs[index : index + 1]
            self._require_near(alone, expected, "a single example")
        predicted = self.model.predict(self.inputs[:3], batch_size=2, verbose=0)
        self._require_near(predicted, self.outputs[:3], "an example in `predict`")

    def _require_near(self, found: Any, expected: np.ndarray, what: str) -> None:
        """Fails unless the outputs are equal up to the rounding of the layers."""
        layers = self.model._flatten_layers()
        half = any(layer.compute_dtype in ("float16", "bfloat16") for layer in layers)
        near = {"rtol": 0, "atol": 0.02 * np.abs(self.outputs).max()} if half else {}
        require_same(found, expected, f"the output for {what}", **near)

    def check_saving(self) -> None:
        loaded = saved_and_loaded(self.model)
        self._check_equal(loaded, "the model that was saved and loaded")

    def check_preset(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            preset = self.model.save_to_preset(pathlib.Path(folder, "preset"))
            loaded = type(self.model).from_preset(preset)
        self._check_equal(loaded, "the model of a preset")

    def _check_equal(self, loaded: keras.Model, what: str) -> None:
        found, expected = type(loaded), type(self.model)
        require(found is expected, f"the class of {what} is {found.__name__}.")
        before, after = (plain_form(m.get_config()) for m in (self.model, loaded))
        for name in {**before, **after}:
            require(
                before.get(name) == after.get(name),
                f"`{name}` of {what} is {after.get(name)!r}, but was "
                f"{before.get(name)!r}.",
            )
        require_same(_call(loaded, self.inputs), self.outputs, f"the output of {what}")

    def check_training(self, jit_compile: bool) -> None:
        check_step(self.build(), self.compile, self.train_on, jit_compile=jit_compile)

    def check_precision(self) -> None:
        for name in HALF_PRECISION:
            with dtype_policy(name):
                model = self.build()
                copy_state(self.model, model)
                outputs = _call(model, self.inputs)
                what = f"the output under {name}"
                require_finite(outputs, what)
                tolerance = 0.1 * np.abs(self.outputs).max()
                require_same(outputs, self.outputs, what, rtol=0, atol=tolerance)
                self.compile(model, lambda: keras.optimizers.SGD(1e-3), False)
                one_step(model, self.train_on)
            for weight in model.weights:
                require_finite(weight, f"{weight.path} after a step under {name}")

    def check_head(self, new_classes: int | None) -> None:
        classes = new_classes or self.model.num_classes + 1
        names = [f"new {index}" for index in range(classes)]
        new = self.model.with_head(classes, names, freeze_body=True)
        self._check_body(new, names, "the model with a new head")
        require_same(
            _call(self.model, self.inputs), self.outputs, "the old model's output"
        )
        loaded = saved_and_loaded(new)
        self._check_body(loaded, names, "the model with a new head, saved and loaded,")

    def _check_body(self, new: keras.Model, names: list[str], what: str) -> None:
        require(
            (new.num_classes, [*new.class_names]) == (len(names), names),
            f"{what} does not have the classes that were asked for.",
        )
        for old, layer in zip(self.model.layers, new.layers, strict=True):
            if layer.name == HEAD:
                require(layer.trainable, f"{what} does not train its head.")
                continue
            frozen = not layer.trainable_variables
            require(frozen, f"{what} trains {layer.name} of the frozen body.")
            for a, b in zip(old.weights, layer.weights, strict=True):
                require_same(b, a, f"{b.path} of {what}")


def _call(model: keras.Model, inputs: Any) -> np.ndarray:
    return as_array(model(keras.ops.convert_to_tensor(inputs), training=False))
