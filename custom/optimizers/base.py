"""The base class of the optimizers. A subclass gives only its formula."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias, TypedDict, Unpack

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
from custom.types import Shape, Tensor

LearningRate: TypeAlias = (
    float | keras.optimizers.schedules.LearningRateSchedule | Callable[[], float]
)
State: TypeAlias = list[Tensor]
Step: TypeAlias = tuple[Tensor, ...]  # Δw and the new state


class OptimizerOptions(TypedDict, total=False):
    """Options of `keras.optimizers.Optimizer`, which all optimizers accept.

    Attributes:
        name: Name of the optimizer.
        weight_decay: Decoupled weight decay, at least 0. Default: None, no decay.
        clipnorm: Greatest norm of the gradient of each weight. None: no limit.
        clipvalue: Greatest absolute value in a gradient. None: no limit.
        global_clipnorm: Greatest norm of all gradients together. None: no limit.
        use_ema: Whether to keep an exponential moving average of the weights.
        ema_momentum: Share of the average that each step keeps, in [0, 1].
        ema_overwrite_frequency: Steps after which the average replaces the weights.
            Default: None, only at the end of training.
        loss_scale_factor: Factor by which the loss is scaled. None: 1.
        gradient_accumulation_steps: Steps over which gradients are averaged before
            one update, at least 2. Default: None, an update in every step.
    """

    name: str | None
    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None


class FormulaOptimizer(keras.optimizers.Optimizer):
    """w ← w + Δw, where a subclass gives Δw and the new state as one formula.

    A subclass lists the names of its state, which starts at 0, in `state_names`, and
    defines:

    * `formula(g, state, eta, *scalars)`, which returns Δw and the new state;
    * `scalars(n)`: the numbers that the formula needs in step n = 1, 2, …, computed
      once for all weights;
    * `kernel(raw_ops, w, g, state, eta, *scalars)`: the same update by TensorFlow's
      fused kernels, for float32;
    * `rests_without_gradient`: whether g = 0 leaves weight and state unchanged.
    """

    formula: Callable[..., Step]
    kernel: Callable[..., None]
    state_names: tuple[str, ...] = ()
    rests_without_gradient = False

    def __init__(
        self, learning_rate: LearningRate, **options: Unpack[OptimizerOptions]
    ) -> None:
        checked: dict[str, Any] = {**options}
        for option, value in options.items():
            if option in _OPTIONS and (value is not None or option in _NEVER_NONE):
                checked[option] = _OPTIONS[option](option, value)
        super().__init__(learning_rate=_learning_rate(learning_rate), **checked)
        self._given_learning_rate = learning_rate

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._state = [
            self.add_optimizer_variables(variables, name) for name in self.state_names
        ]

    def add_variable(
        self,
        shape: Shape,
        initializer: Any = "zeros",
        dtype: str | None = None,
        **options: Any,
    ) -> keras.Variable:
        # Keras creates its own variables before `built`, in the weights' dtype.
        if self.built and dtype in ("float16", "bfloat16"):
            dtype = "float32"
        return super().add_variable(shape, initializer, dtype, **options)

    def scalars(self, n: Tensor) -> tuple[Tensor, ...]:
        """Return the numbers that the formula needs in step `n`."""
        return ()

    def _backend_update_step(
        self, grads: list[Tensor], trainable_variables: list[Any], learning_rate: Tensor
    ) -> None:
        n = ops.add(self.iterations, 1)
        scalars = {
            dtype: (ops.cast(learning_rate, dtype), *self.scalars(ops.cast(n, dtype)))
            for dtype in sorted(
                {at_least_float32(v.dtype) for v in trainable_variables}
            )
        }
        super()._backend_update_step(grads, trainable_variables, scalars)

    def update_step(
        self,
        gradient: Tensor,
        variable: keras.Variable,
        learning_rate: dict[str, tuple[Tensor, ...]],
    ) -> None:
        """Update one weight; `learning_rate` maps each dtype to η and the scalars."""
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

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        given = self._given_learning_rate
        # Keras stores the rate in float32, which makes 0.10000000149 of 0.1.
        if not callable(given) and config["learning_rate"] == np.float32(given):
            config["learning_rate"] = float(given)
        return config


def one_minus_power(beta: float, n: Tensor) -> Tensor:
    """1 − βⁿ. In float32, even 1 − 0.999 has a relative error of 1.3e-5."""
    return -ops.expm1(n * math.log(beta)) if beta else ops.ones_like(n)


def float32_gain(beta: float) -> float:
    """The factor by which a kernel's 1 − β, computed in float32, is too large."""
    return (1 - float(np.float32(beta))) / (1 - beta)


def _learning_rate(value: Any) -> Any:
    if callable(value):  # schedules are callable, too
        return value
    try:
        return non_negative("learning_rate", value)
    except ValueError as error:
        raise ValueError(
            "`learning_rate` must be a finite number of at least 0, a "
            "`LearningRateSchedule` or a callable without arguments, got "
            f"{value!r}."
        ) from error


def _at_least_two(name: str, value: Any) -> int:
    if positive_integer(name, value) < 2:
        raise ValueError(
            f"`{name}` must be an integer of at least 2, got {value!r}. For an "
            "update in every step use None."
        )
    return int(value)


_OPTIONS: dict[str, Callable[[str, Any], Any]] = {  # None switches an option off
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
