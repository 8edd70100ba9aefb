"""Runs one compiled training step, and checks its gradients."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from custom.types import Shape, Tensor
from zoo.testing.checks import require, require_finite

# Compiles a model, given a function that builds an optimizer, and `jit_compile`.
Compile = Callable[[keras.Model, Callable[[], keras.optimizers.Optimizer], bool], None]


class GradientRecorder(keras.optimizers.Optimizer):
    """An optimizer that stores the gradient of every weight and changes no weight."""

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)
        self.reached: set[int] = set()

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self.gradients = self.add_optimizer_variables(variables, "gradient")

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        index = self._get_variable_index(variable)
        self.reached.add(index)  # when the step is traced
        self.assign(self.gradients[index], gradient)

    def check(self) -> None:
        """Fails unless each weight got a finite gradient that is not all zero."""
        require(self.built, "no weight is trained.")
        for index, weight in enumerate(self._trainable_variables):
            gradient = keras.ops.convert_to_numpy(self.gradients[index])
            is_probe = weight.path.endswith(InputProbe.WEIGHT)
            name = "the inputs" if is_probe else f"the weight {weight.path}"
            require(index in self.reached or is_probe, f"{name} gets no gradient.")
            require_finite(gradient, f"the gradient of {name}")
            require(
                gradient.any() or is_probe,
                f"the gradient of {name} is zero everywhere.",
            )


class InputProbe(keras.layers.Layer):
    """Adds a weight of zeros to its inputs: its gradient is that of the inputs."""

    WEIGHT = "probe_of_the_inputs"

    def __init__(
        self,
        regularizer: keras.regularizers.Regularizer | None = None,
        value: float = 0.0,
    ) -> None:
        super().__init__(dtype="float32")
        self.regularizer = regularizer
        self.value = value

    def build(self, input_shape: Shape) -> None:
        self.added = self.add_weight(
            shape=input_shape[1:],
            initializer=keras.initializers.Constant(self.value),
            regularizer=self.regularizer,
            name=self.WEIGHT,
        )

    def call(self, inputs: Tensor) -> Tensor:
        return keras.ops.cast(inputs, "float32") + self.added


def compile_with(loss: Any) -> Compile:
    """A function that compiles a model with a loss."""

    def compile(
        model: keras.Model,
        optimizer: Callable[[], keras.optimizers.Optimizer],
        jit_compile: bool,
    ) -> None:
        model.compile(optimizer(), loss, jit_compile=jit_compile)

    return compile


def check_step(
    model: keras.Model, compile: Compile, data: tuple, *, jit_compile: bool
) -> list[GradientRecorder]:
    """Fails unless one compiled step gives every weight a finite gradient.

    Returns:
        The optimizers of the model, with the gradients.
    """
    recorders: list[GradientRecorder] = []

    def new_recorder() -> GradientRecorder:
        recorders.append(GradientRecorder())
        return recorders[-1]

    compile(model, new_recorder, jit_compile)
    one_step(model, data)
    require(bool(recorders), "`compile` asked for no optimizer.")
    for recorder in recorders:
        recorder.check()
    return recorders


def one_step(model: keras.Model, data: tuple) -> None:
    """Runs one step of `fit` on all data; fails unless every metric is finite."""
    with warnings.catch_warnings():
        # The check that follows has a better message.
        warnings.filterwarnings("ignore", "Gradients do not exist")
        history = model.fit(
            *data, batch_size=len(data[0]), epochs=1, shuffle=False, verbose=0
        ).history
    for name, values in history.items():
        require(np.isfinite(values).all(), f"`{name}` is {values[0]} after a step.")
