"""The battery for models."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.models.family import HEAD, Family
from zoo.models.weights import copy_state
from zoo.testing.configuration import check_configuration, plain_form
from zoo.testing.promises import (
    HALF_PRECISION,
    array,
    keep,
    policy,
    require,
    require_finite,
    require_same,
)
from zoo.testing.training import check_step, one_step


def check_model(
    build: Callable[..., keras.Model],
    inputs,
    targets=None,
    *,
    arguments: dict | None = None,
    loss=None,
    compile: Callable | None = None,
    train_on: tuple | None = None,
    new_classes: int | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Proves that a model does what users of Keras and of the zoo rely on.

    The promises, by name:

    * `configuration`: `get_config` holds every constructor argument as it was given,
      and `from_config` builds the same;
    * `shapes`: for an unknown batch size the symbolic shapes are those of real calls;
    * `batch of one`: an example alone gets the answer it gets in a batch, and
      `predict` answers as a call does;
    * `saving`: a `.keras` file, read in safe mode, gives the same model and answers;
    * `preset`: so does `save_to_preset` and `from_preset`, for models of the zoo;
    * `training`: one compiled step gives every weight a finite gradient;
    * `jit_compile`: so does one that XLA compiles;
    * `precision`: under `mixed_float16` and `mixed_bfloat16` the answers stay near
      those in float32, and a step of training stays finite;
    * `new head`: `with_head` keeps the body, and a frozen one stays so in a file, for
      models of the zoo that have classes.

    Args:
        build: The model's class, or a function that builds a new one.
        inputs: At least two examples, as the model is called with.
        targets: What `fit` takes beside the inputs.
        arguments: Keyword arguments of `build`. A `dtype` among them leaves out
            `precision`.
        loss: What the model is compiled with, where `compile` is not given.
        compile: For models of other ways: a function of the model, a function that
            makes an optimizer, and `jit_compile`, which compiles the model. Call the
            second for each optimizer that the model takes.
        train_on: Positional arguments of `fit`, where it takes other data than calls
            do. Default: inputs and targets.
        new_classes: Number of classes for `new head`; by default one more than the
            model has.
        skip: Names of promises to leave out.

    Raises:
        BrokenPromise: If a promise is not kept.
        ValueError: If `skip` holds something else, or there are too few examples.
    """
    if len(inputs) < 2:
        raise ValueError("`inputs` must hold at least two examples.")
    arguments = arguments or {}
    if train_on is None:
        train_on = (inputs,) if targets is None else (inputs, targets)
    keras.utils.set_random_seed(0)
    trial = _Trial(
        functools.partial(build, **arguments),
        inputs,
        train_on,
        compile or _compile_with(loss),
    )
    model = trial.model
    promises = {
        "configuration": lambda: check_configuration(model, arguments),
        "shapes": trial.check_shapes,
        "batch of one": trial.check_batch_of_one,
        "saving": trial.check_saving,
        "preset": trial.check_preset,
        "training": lambda: trial.check_training(jit_compile=False),
        "jit_compile": lambda: trial.check_training(jit_compile=True),
        "precision": trial.check_precision,
        "new head": lambda: trial.check_head(new_classes),
    }
    skip = [*skip, *_not_promised(model, arguments)]
    keep(type(model).__name__, promises, skip)


def _not_promised(model, arguments):
    """The promises that a model does not make."""
    if not isinstance(model, Family):
        yield "preset"
    if not isinstance(model, Family) or not getattr(model, "num_classes", None):
        yield "new head"
    if "dtype" in arguments:
        yield "precision"


def _compile_with(loss):
    def compile(model, optimizer, jit_compile):
        model.compile(optimizer(), loss, jit_compile=jit_compile)

    return compile


class _Trial:
    """A model with its data; each method is one promise."""

    def __init__(self, build, inputs, train_on, compile):
        self.build = build
        self.inputs = inputs
        self.train_on = train_on
        self.compile = compile
        self.model = build()
        self.answers = self.ask(self.model)

    def ask(self, model, inputs=None):
        inputs = self.inputs if inputs is None else inputs
        return array(model(keras.ops.convert_to_tensor(inputs), training=False))

    def check_shapes(self):
        shape = (None, *np.shape(self.inputs)[1:])
        entries = getattr(self.model, "inputs", None)
        dtype = entries[0].dtype if entries else np.asarray(self.inputs).dtype.name
        symbolic = self.model(keras.KerasTensor(shape, dtype)).shape
        computed = self.model.compute_output_shape(shape)
        for said, how in ((symbolic, "a symbolic call"), (computed, "the method")):
            for size in (1, 2):
                real = self.ask(self.model, self.inputs[:size]).shape
                fits = len(said) == len(real) and all(
                    a in (None, b) for a, b in zip(said[1:], real[1:], strict=True)
                )
                require(
                    fits and said[0] is None,
                    f"{how} gives {tuple(said)} for {shape}, and a real one {real} "
                    f"for {size} of them.",
                )

    def check_batch_of_one(self):
        for number in range(2):
            alone = self.ask(self.model, self.inputs[number : number + 1])
            self._require_near(alone, self.answers[number : number + 1], "alone")
        predicted = self.model.predict(self.inputs[:3], batch_size=2, verbose=0)
        self._require_near(predicted, self.answers[:3], "by `predict`")

    def _require_near(self, found, expected, how):
        """Equal up to the rounding of the model's layers."""
        layers = self.model._flatten_layers()
        half = any(layer.compute_dtype in ("float16", "bfloat16") for layer in layers)
        near = {"rtol": 0, "atol": 0.02 * np.abs(self.answers).max()} if half else {}
        require_same(found, expected, f"the answer to an example {how}", **near)

    def check_saving(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            self.model.save(file)
            loaded = keras.saving.load_model(file, safe_mode=True)
        self._check_same(loaded, "the model that was saved and loaded")

    def check_preset(self):
        with tempfile.TemporaryDirectory() as folder:
            preset = self.model.save_to_preset(pathlib.Path(folder, "preset"))
            loaded = type(self.model).from_preset(preset)
        self._check_same(loaded, "the model of a preset")

    def _check_same(self, loaded, what):
        found, expected = type(loaded), type(self.model)
        require(found is expected, f"{what} is a {found.__name__}.")
        was, now = (plain_form(m.get_config()) for m in (self.model, loaded))
        for name in {**was, **now}:
            require(
                was.get(name) == now.get(name),
                f"{what} has `{name}` {now.get(name)!r}, and it was {was.get(name)!r}.",
            )
        require_same(self.ask(loaded), self.answers, f"the answer of {what}")

    def check_training(self, jit_compile):
        check_step(self.build(), self.compile, self.train_on, jit_compile=jit_compile)

    def check_precision(self):
        for name in HALF_PRECISION:
            with policy(name):
                model = self.build()
                copy_state(self.model, model)
                answers = self.ask(model)
                require_finite(answers, f"the answer under {name}")
                near = 0.1 * np.abs(self.answers).max()
                what = f"the answer under {name}"
                require_same(answers, self.answers, what, rtol=0, atol=near)
                self.compile(model, lambda: keras.optimizers.SGD(1e-3), False)
                one_step(model, self.train_on)
            for weight in model.weights:
                require_finite(weight, f"{weight.path} after a step under {name}")

    def check_head(self, new_classes):
        classes = new_classes or self.model.num_classes + 1
        names = [f"new {number}" for number in range(classes)]
        new = self.model.with_head(classes, names, freeze_body=True)
        self._check_body(new, names, "the model with a new head")
        require_same(self.ask(self.model), self.answers, "the old model's answer")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "model.keras")
            new.save(file)
            loaded = keras.saving.load_model(file, safe_mode=True)
        self._check_body(loaded, names, "the same, saved and loaded")

    def _check_body(self, new, names, what):
        require(
            (new.num_classes, [*new.class_names]) == (len(names), names),
            f"{what} knows other classes than were asked for.",
        )
        for old, layer in zip(self.model.layers, new.layers, strict=True):
            if layer.name == HEAD:
                require(layer.trainable, f"{what} has a head that is not trained.")
                continue
            frozen = not layer.trainable_variables
            require(frozen, f"{what} trains {layer.name} of the frozen body.")
            for a, b in zip(old.weights, layer.weights, strict=True):
                require_same(b, a, f"{b.path} of {what}")
