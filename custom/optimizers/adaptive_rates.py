"""Optimizers with a learning rate per weight, from the squares of its gradients."""

import math
from typing import Any, Unpack

import keras
from keras import ops

from custom.arguments import decay_rate, positive
from custom.formula import Section, formula
from custom.optimizers.base import (
    FormulaOptimizer,
    LearningRate,
    OptimizerOptions,
    State,
    Step,
    float32_gain,
)
from custom.types import Tensor


@formula("Adagrad", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Adagrad(FormulaOptimizer):
    r"""A learning rate per weight that falls with the sum of its squared gradients.

    $$r \leftarrow r + g^2, \qquad r = 0 \text{ at the start}$$
    $$\Delta w = -\frac{\eta}{\varepsilon + \sqrt{r}}\, g, \qquad
    w \leftarrow w + \Delta w$$

    $\eta$ is `learning_rate`, $\varepsilon$ is `epsilon`. The first step of each
    weight has the length $\eta$, whatever its gradient. The learning rate of a weight
    never rises, so training may come to rest too early.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in PyTorch.
        epsilon: $\varepsilon$, finite and above 0. Avoids a division by 0 for a
            weight without any gradient. Defaults to 1e-7, as in the notes.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.Adagrad` starts at r = 0.1 and has ε
    inside the root. The 0.1 outweighs gradients below 0.3 for many steps: for a
    gradient of 0.01, Keras's first step is 0.03 η and that of the formula is η.
    Prefer this class if gradients are small, and Keras's to continue the training of
    a model that was trained with it.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> Adagrad(learning_rate=0.5).apply([keras.ops.array([0.01, -7.0])], [w])
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.5, 1.5]

    Source: notes, "Optimizers: Adagrad"; Duchi, Hazan and Singer 2011, "Adaptive
    subgradient methods for online learning and stochastic optimization", §1.
    """

    state_names = ("squares",)
    rests_without_gradient = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.epsilon = positive("epsilon", epsilon)

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        (r,) = state
        r = r + ops.square(g)
        return -eta / (self.epsilon + ops.sqrt(r)) * g, r

    def kernel(
        self, raw_ops: Any, w: Tensor, g: Tensor, state: State, eta: Tensor
    ) -> None:
        raw_ops.ResourceApplyAdagradV2(
            var=w, accum=state[0], lr=eta, epsilon=self.epsilon, grad=g
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}


@formula("RMSprop", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class RMSprop(FormulaOptimizer):
    r"""Adagrad with a moving average of the squared gradients instead of their sum.

    $$r \leftarrow \beta r + (1 - \beta)\, g^2, \qquad r = 0 \text{ at the start}$$
    $$\Delta w = -\frac{\eta}{\varepsilon + \sqrt{r}}\, g, \qquad
    w \leftarrow w + \Delta w$$

    $\eta$ is `learning_rate`, $\beta$ is `rho`, $\varepsilon$ is `epsilon`. The start
    at 0 is not corrected: the first step has the length $\eta / \sqrt{1-\beta}$.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.001, as in Keras.
        rho: $\beta$, in [0, 1). Defaults to 0.9, Hinton's value.
        epsilon: $\varepsilon$, finite and above 0. Avoids a division by 0 for a
            weight without any gradient. Defaults to 1e-7, as in the notes.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.RMSprop` has ε inside the root, so its
    steps shrink for gradients below about 3e-4, and those of the formula only below
    1e-7. Keras has two more arguments, `momentum` and `centered`, which are not part
    of the formula.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> RMSprop(learning_rate=0.5, rho=0.75).apply(
    ...     [keras.ops.array([0.01, -7.0])], [w]
    ... )
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.0, 2.0]

    Source: notes, "Optimizers: RMSprop"; Tieleman and Hinton 2012, "Neural
    networks for machine learning", lecture 6.5.
    """

    state_names = ("scaled_squares",)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = decay_rate("rho", rho)
        self.epsilon = positive("epsilon", epsilon)

    # The state is r / (1 − β). With it the kernels need one array less, and take 0.5
    # instead of 0.6 of Keras's time for four million weights.

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        (scaled,) = state
        scaled = self.rho * scaled + ops.square(g)
        r = (1 - self.rho) * scaled
        return -eta / (self.epsilon + ops.sqrt(r)) * g, scaled

    def kernel(
        self, raw_ops: Any, w: Tensor, g: Tensor, state: State, eta: Tensor
    ) -> None:
        # TensorFlow's RMSprop has ε inside the root. Its Adagrad has ε outside, and
        # adds g² to the state, which is first multiplied by β here.
        (scaled,) = state
        decayed = raw_ops.ReadVariableOp(resource=scaled, dtype=g.dtype) * self.rho
        raw_ops.AssignVariableOp(resource=scaled, value=decayed)
        root = math.sqrt(1 - self.rho)
        raw_ops.ResourceApplyAdagradV2(
            var=w, accum=scaled, lr=eta / root, epsilon=self.epsilon / root, grad=g
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


@formula("Adadelta", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Adadelta(FormulaOptimizer):
    r"""RMSprop with the typical size of past steps in place of a learning rate.

    $$r \leftarrow \rho r + (1 - \rho)\, g^2$$
    $$\Delta x = -\frac{\sqrt{s + \varepsilon}}{\sqrt{r + \varepsilon}}\, g$$
    $$s \leftarrow \rho s + (1 - \rho)\, \Delta x^2, \qquad
    w \leftarrow w + \eta\, \Delta x$$

    $r$ and $s$ are 0 at the start, $\rho$ is `rho`, $\varepsilon$ is `epsilon`. The
    paper has no $\eta$, so `learning_rate` is 1 unless you want a schedule. As in the
    paper, ε stands inside the roots, where it determines the size of the first steps.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 1, which is the paper's form.
        rho: $\rho$, in [0, 1). Defaults to 0.95, as in the paper.
        epsilon: $\varepsilon$, finite and above 0. A larger value makes the first
            steps longer. Defaults to 1e-6, as in the paper.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.Adadelta` is the same formula with other
    defaults: `learning_rate` 0.001, a thousandth of the paper's step, and
    `epsilon` 1e-7. PyTorch's defaults are the paper's except ρ = 0.9.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0])
    >>> Adadelta(rho=0.75, epsilon=0.25).apply([keras.ops.array([1.0])], [w])
    >>> round(float(keras.ops.convert_to_numpy(w)[0]), 4)
    0.2929

    Source: notes, "Optimizers: Adadelta" (by name); Zeiler 2012, "ADADELTA: an
    adaptive learning rate method", Algorithm 1.
    """

    state_names = ("squares", "squared_steps")

    def __init__(
        self,
        learning_rate: LearningRate = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-6,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = decay_rate("rho", rho)
        self.epsilon = positive("epsilon", epsilon)

    def formula(self, g: Tensor, state: State, eta: Tensor) -> Step:
        r, s = state
        r = self.rho * r + (1 - self.rho) * ops.square(g)
        step = -ops.sqrt(s + self.epsilon) / ops.sqrt(r + self.epsilon) * g
        s = self.rho * s + (1 - self.rho) * ops.square(step)
        return eta * step, r, s

    def kernel(
        self, raw_ops: Any, w: Tensor, g: Tensor, state: State, eta: Tensor
    ) -> None:
        r, s = state
        raw_ops.ResourceApplyAdadelta(
            var=w,
            accum=r,
            accum_update=s,
            lr=eta,
            rho=self.rho,
            # The kernel's r and s are both too large by this factor.
            epsilon=self.epsilon * float32_gain(self.rho),
            grad=g,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
