"""What the optimizers share: an optimizer is its formula."""

import math

import keras
import numpy as np
from keras import ops

from custom.arguments import (
    boolean,
    non_negative,
    positive,
    positive_integer,
    probability,
)
from custom.precision import at_least_float32


class FormulaOptimizer(keras.optimizers.Optimizer):
    """w ← w + Δw, where a subclass gives Δw and the new state as one formula.

    A subclass names its state, which starts at 0, in `state_names`, and has

    * `formula(g, state, eta, *scalars)`, which returns Δw and the new state;
    * `scalars(n)`: what the formula needs of the step n = 1, 2, …, computed once
      for all weights;
    * `kernel(raw_ops, w, g, state, eta, *scalars)`: the same in fused kernels of
      TensorFlow, for float32;
    * `rests_without_gradient`: whether g = 0 leaves weight and state as they are.
    """

    state_names = ()
    rests_without_gradient = False

    def __init__(self, learning_rate, **options):
        for option, value in options.items():
            if option in _OPTIONS and (value is not None or option in _NEVER_NONE):
                options[option] = _OPTIONS[option](option, value)
        super().__init__(learning_rate=_learning_rate(learning_rate), **options)
        self._given_learning_rate = learning_rate

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._state = [
            self.add_optimizer_variables(variables, name) for name in self.state_names
        ]

    def add_variable(self, shape, initializer="zeros", dtype=None, **options):
        # Keras's own variables, made before `built`, follow the weights' dtype.
        if self.built and dtype in ("float16", "bfloat16"):
            dtype = "float32"
        return super().add_variable(shape, initializer, dtype, **options)

    def scalars(self, n):
        return ()

    def formula(self, g, state, eta, *scalars):
        raise NotImplementedError

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        n = ops.add(self.iterations, 1)
        scalars = {
            dtype: (ops.cast(learning_rate, dtype), *self.scalars(ops.cast(n, dtype)))
            for dtype in sorted(
                {at_least_float32(v.dtype) for v in trainable_variables}
            )
        }
        super()._backend_update_step(grads, trainable_variables, scalars)

    def update_step(self, gradient, variable, learning_rate):
        """Update one weight; `learning_rate` holds η and the scalars by dtype."""
        index = self._get_variable_index(variable)
        state = [values[index] for values in self._state]
        dtype = at_least_float32(variable.dtype)
        scalars = learning_rate[dtype]
        if keras.backend.backend() == "tensorflow":
            from custom.optimizers import tensorflow_kernels

            gradient = tensorflow_kernels.update(
                self, gradient, variable, state, scalars
            )
            if gradient is None:
                return
        gradient = ops.cast(gradient, dtype)
        values = [ops.convert_to_tensor(value) for value in state]
        step, *values = self.formula(gradient, values, *scalars)
        for kept, value in zip(state, values, strict=True):
            self.assign(kept, value)
        if dtype == keras.backend.standardize_dtype(variable.dtype):
            self.assign_add(variable, step)
        else:
            self.assign(variable, ops.cast(variable, dtype) + step)

    def get_config(self):
        config = super().get_config()
        given = self._given_learning_rate
        # Keras keeps the rate in float32, where 0.1 is 0.10000000149.
        if not callable(given) and config["learning_rate"] == np.float32(given):
            config["learning_rate"] = float(given)
        return config


def one_minus_power(beta, n):
    """1 − βⁿ. In float32, 1 − 0.999 itself is wrong by 1.3e-5 of its value."""
    return -ops.expm1(n * math.log(beta)) if beta else ops.ones_like(n)


def float32_gain(beta):
    """The factor by which a kernel's 1 − β, taken in float32, is too large."""
    return (1 - float(np.float32(beta))) / (1 - beta)


def _learning_rate(value):
    if callable(value):  # a schedule as well
        return value
    try:
        return non_negative("learning_rate", value)
    except ValueError as error:
        raise ValueError(
            "`learning_rate` must be a finite number of at least 0, a "
            "`LearningRateSchedule` or a callable without arguments, got "
            f"{value!r}."
        ) from error


def _at_least_two(name, value):
    if positive_integer(name, value) < 2:
        raise ValueError(
            f"`{name}` must be an integer of at least 2, got {value!r}. For an "
            "update in every step use None."
        )
    return int(value)


_OPTIONS = {  # of Keras's base class; None switches one off
    "weight_decay": non_negative,
    "clipnorm": positive,
    "clipvalue": positive,
    "global_clipnorm": positive,
    "use_ema": boolean,
    "ema_momentum": probability,
    "ema_overwrite_frequency": positive_integer,
    "loss_scale_factor": positive,
    "gradient_accumulation_steps": _at_least_two,
}
_NEVER_NONE = ("use_ema", "ema_momentum")
