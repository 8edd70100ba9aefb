"""One compiled step of training, and the gradients it gave."""

import warnings

import keras
import numpy as np

from zoo.testing.promises import require, require_finite


class Recorder(keras.optimizers.Optimizer):
    """Keeps the gradient of every weight, and leaves the weights alone."""

    def __init__(self):
        super().__init__(learning_rate=1.0)
        self.reached = set()

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.gradients = self.add_optimizer_variables(variables, "gradient")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        self.reached.add(index)  # when the step is traced
        self.assign(self.gradients[index], gradient)

    def check(self) -> None:
        """Fails unless each weight got a finite gradient that is not all zero."""
        require(self.built, "no weight is trained.")
        for index, weight in enumerate(self._trainable_variables):
            gradient = keras.ops.convert_to_numpy(self.gradients[index])
            is_probe = weight.path.endswith(Probe.WEIGHT)
            require(
                index in self.reached or is_probe,
                f"the weight {weight.path} gets no gradient.",
            )
            require_finite(gradient, f"the gradient of {_called(weight)}")
            require(
                gradient.any() or is_probe,
                f"the gradient of the weight {weight.path} is zero everywhere.",
            )


def _called(weight):
    if weight.path.endswith(Probe.WEIGHT):
        return "the inputs"
    return f"the weight {weight.path}"


class Probe(keras.layers.Layer):
    """Adds a weight of zeros, whose gradient is that of what passes."""

    WEIGHT = "probe_of_the_inputs"

    def __init__(self, regularizer=None, value=0.0):
        super().__init__(dtype="float32")
        self.regularizer = regularizer
        self.value = value

    def build(self, input_shape):
        self.added = self.add_weight(
            shape=input_shape[1:],
            initializer=keras.initializers.Constant(self.value),
            regularizer=self.regularizer,
            name=self.WEIGHT,
        )

    def call(self, inputs):
        return keras.ops.cast(inputs, "float32") + self.added


def check_step(model, compile, data, *, jit_compile: bool) -> None:
    """Fails unless one compiled step gives every weight a finite gradient.

    Args:
        model: A model that is not compiled.
        compile: Compiles it: a function of the model, a function that makes an
            optimizer, and `jit_compile`.
        data: Arguments of `fit`.
        jit_compile: Whether the step is compiled by XLA.
    """
    recorders = []

    def recorder():
        recorders.append(Recorder())
        return recorders[-1]

    compile(model, recorder, jit_compile)
    one_step(model, data)
    require(bool(recorders), "`compile` asked for no optimizer.")
    for made in recorders:
        made.check()


def one_step(model, data) -> None:
    """One step of `fit` on all of the data; fails unless every figure is finite."""
    size = len(data[0])
    with warnings.catch_warnings():
        # Said better by the check that follows.
        warnings.filterwarnings("ignore", "Gradients do not exist")
        history = model.fit(
            *data, batch_size=size, epochs=1, shuffle=False, verbose=0
        ).history
    for name, values in history.items():
        require(np.isfinite(values).all(), f"`{name}` is {values[0]} after a step.")
