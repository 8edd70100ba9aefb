"""Gradient descent, plain and with momentum."""

from typing import Any, Unpack

import keras

from custom.arguments import decay_rate
from custom.formula import Section, formula
from custom.optimizers.base import (
    FormulaOptimizer,
    LearningRate,
    OptimizerOptions,
    State,
    Step,
)
from custom.types import Tensor


@formula("Gradient descent", Section.TRAINING)
@keras.saving.register_keras_serializable(package="custom")
class GradientDescent(FormulaOptimizer):
    r"""A step against the gradient of the loss on one batch.

    $$w \leftarrow w - \eta\, g$$

    $\eta$ is `learning_rate` and $g$ the gradient of the loss on the batch. If the
    batch is the whole data set, this is batch gradient descent; if it is one example,
    stochastic gradient descent; in between, mini-batch gradient descent.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: the same as `keras.optimizers.SGD` without momentum. Here,
    `Momentum` is a separate class.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 2.0])
    >>> GradientDescent(learning_rate=0.5).apply([keras.ops.array([1.0, -1.0])], [w])
    >>> keras.ops.convert_to_numpy(w).tolist()
    [0.5, 2.5]

    Source: notes, "Gradient descent and loss functions"; Robbins and Monro 1951,
    "A stochastic approximation method".
    """

    rests_without_gradient = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        return (-eta * g,)

    def kernel(
        self, raw_ops: Any, w: Tensor, g: Tensor, state: State, eta: Tensor
    ) -> None:
        raw_ops.ResourceApplyGradientDescent(var=w, alpha=eta, delta=g)


class _WithMomentum(FormulaOptimizer):
    """Base class of both kinds of momentum: the argument and the state Δw(n−1)."""

    state_names = ("momentum",)
    looks_ahead = False

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.9,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = decay_rate("momentum", momentum)

    def kernel(
        self, raw_ops: Any, w: Tensor, g: Tensor, state: State, eta: Tensor
    ) -> None:
        raw_ops.ResourceApplyKerasMomentum(
            var=w,
            accum=state[0],
            lr=eta,
            grad=g,
            momentum=self.momentum,
            use_nesterov=self.looks_ahead,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}


@formula("Momentum", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Momentum(_WithMomentum):
    r"""Gradient descent that repeats a part of its last step.

    $$\Delta w(n) = -\eta\, g + \alpha\, \Delta w(n-1), \qquad \Delta w(0) = 0$$
    $$w \leftarrow w + \Delta w(n)$$

    $\eta$ is `learning_rate`, $\alpha$ is `momentum`. While the gradient is constant,
    the step grows up to $1 / (1 - \alpha)$ times its first length.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        momentum: $\alpha$, in [0, 1). Defaults to 0.9, the usual value; 0 gives
            plain gradient descent.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: the same as `keras.optimizers.SGD(momentum=...)`. PyTorch
    stores the step without $\eta$ and multiplies later; the two agree only while
    $\eta$ is constant.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0])
    >>> optimizer = Momentum(learning_rate=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.apply([keras.ops.array([1.0])], [w])
    >>> float(keras.ops.convert_to_numpy(w)[0])
    -0.25

    Source: notes, "Momentum optimizer", which writes ηδx for −ηg, for a weight with
    input x and error δ; Rumelhart, Hinton and Williams 1986, "Learning
    representations by back-propagating errors".
    """

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        (step,) = state
        step = -eta * g + self.momentum * step
        return step, step


@formula("Nesterov", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Nesterov(_WithMomentum):
    r"""Momentum with the gradient at the point that the momentum leads to.

    $$v(n) = \alpha\, v(n-1) - \eta\, \nabla J\bigl(\theta + \alpha\, v(n-1)\bigr),
    \qquad \theta \leftarrow \theta + v(n), \qquad v(0) = 0$$

    The model holds the look-ahead point $w = \theta + \alpha v$, where the gradient
    $g$ is taken. In terms of $w$:

    $$v(n) = \alpha\, v(n-1) - \eta\, g, \qquad
    w \leftarrow w + \alpha\, v(n) - \eta\, g$$

    $\eta$ is `learning_rate`, $\alpha$ is `momentum`.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        momentum: $\alpha$, in [0, 1). Defaults to 0.9, the usual value; 0 gives
            plain gradient descent.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: the same as `keras.optimizers.SGD(momentum=...,
    nesterov=True)`.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0])
    >>> Nesterov(learning_rate=0.5, momentum=0.5).apply([keras.ops.array([1.0])], [w])
    >>> float(keras.ops.convert_to_numpy(w)[0])
    0.25

    Source: notes, "Optimizers: Nesterov" (by name); Nesterov 1983, "A method of
    solving a convex programming problem with convergence rate O(1/k²)"; in this
    form Sutskever et al. 2013, "On the importance of initialization and momentum
    in deep learning", §2.
    """

    looks_ahead = True

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        (v,) = state
        v = self.momentum * v - eta * g
        return self.momentum * v - eta * g, v
