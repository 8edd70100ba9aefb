"""Optimizers with moving averages of the gradient, corrected for the start at 0."""

import math
from typing import Any, Unpack

import keras
import numpy as np
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
    one_minus_power,
)
from custom.types import Tensor


@formula("Adam", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Adam(FormulaOptimizer):
    r"""Steps along the mean gradient, relative to the gradient's typical size.

    $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
    v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
    $$\hat m = \frac{m}{1 - \beta_1^n}, \qquad \hat v = \frac{v}{1 - \beta_2^n},
    \qquad w \leftarrow w - \frac{\eta}{\sqrt{\hat v} + \epsilon}\, \hat m$$

    $m$ and $v$ are 0 at the start, $n$ counts the steps from 1, $\eta$ is
    `learning_rate`, $\beta_1$ and $\beta_2$ are `beta_1` and `beta_2`, $\epsilon$
    is `epsilon`. The first step of each weight has the length $\eta$.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.001, as in the notes.
        beta_1: $\beta_1$, in [0, 1). Defaults to 0.9, as in the notes.
        beta_2: $\beta_2$, in [0, 1). Defaults to 0.999, as in the notes.
        epsilon: $\epsilon$, finite and above 0. Avoids a division by 0 for a weight
            without any gradient. Defaults to 1e-8, as in the notes.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.Adam` adds its ε, 1e-7, to √v, not to √v̂.
    It acts like ε / √(1 − β₂ⁿ), which is 32 times as much in the first step. The two
    differ where gradients are nearly as small as ε. On TensorFlow and JAX, Keras
    computes 1 − βⁿ in float32, which gives the first step a relative error of 6e-6.
    AMSGrad is not available here.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> Adam(learning_rate=0.5).apply([keras.ops.array([0.01, -7.0])], [w])
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.5, 1.5]

    Source: notes, "Optimizers: Adam"; Kingma and Ba 2015, "Adam: a method for
    stochastic optimization", Algorithm 1.
    """

    state_names = ("mean", "squares")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = decay_rate("beta_1", beta_1)
        self.beta_2 = decay_rate("beta_2", beta_2)
        self.epsilon = positive("epsilon", epsilon)

    def scalars(self, n: Tensor) -> tuple[Tensor, ...]:
        return one_minus_power(self.beta_1, n), one_minus_power(self.beta_2, n)

    def formula(self, g: Tensor, state: State, eta: Tensor, *scalars: Tensor) -> Step:
        m, v = state
        correction_1, correction_2 = scalars
        m = self.beta_1 * m + (1 - self.beta_1) * g
        v = self.beta_2 * v + (1 - self.beta_2) * ops.square(g)
        m_hat = m / correction_1
        v_hat = v / correction_2
        return -eta / (ops.sqrt(v_hat) + self.epsilon) * m_hat, m, v

    def kernel(
        self,
        raw_ops: Any,
        w: Tensor,
        g: Tensor,
        state: State,
        eta: Tensor,
        *scalars: Tensor,
    ) -> None:
        m, v = state
        correction_1, correction_2 = scalars
        # √v̂ + ε = (√v + ε √c) / √c, where c is the correction of v.
        root = (correction_2 * float32_gain(self.beta_2)) ** 0.5
        raw_ops.ResourceApplyAdam(
            var=w,
            m=m,
            v=v,
            beta1_power=0.0,  # disables the kernel's own correction
            beta2_power=0.0,
            lr=eta * root / (correction_1 * float32_gain(self.beta_1)),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon * root,
            grad=g,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


@formula("AdaMax", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class AdaMax(FormulaOptimizer):
    r"""Adam with the largest recent gradient in place of the root mean square.

    $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
    u \leftarrow \max(\beta_2 u, |g|)$$
    $$w \leftarrow w - \frac{\eta}{1 - \beta_1^n} \cdot \frac{m}{u}$$

    $m$ and $u$ are 0 at the start, $n$ counts the steps from 1, $\eta$ is
    `learning_rate`, $\beta_1$ and $\beta_2$ are `beta_1` and `beta_2`. Until a weight
    has received a gradient, $m/u = 0/0$ counts as 0 and the weight does not move. No
    step is longer than about $\eta$.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.002, as in the paper.
        beta_1: $\beta_1$, in [0, 1). Defaults to 0.9, as in the paper.
        beta_2: $\beta_2$, in [0, 1). Defaults to 0.999, as in the paper.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.Adamax` adds ε = 1e-7 to u, PyTorch adds
    1e-8 to |g|. The paper has no ε, and its step does not depend on the scale of the
    gradient. Keras's default learning rate is 0.001.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> AdaMax(learning_rate=0.5).apply([keras.ops.array([1e-12, 0.0])], [w])
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.5, 1.0]

    Source: notes, "Optimizers: AdaMax" (by name); Kingma and Ba 2015, "Adam: a
    method for stochastic optimization", §7.1, Algorithm 2.
    """

    state_names = ("mean", "largest")

    def __init__(
        self,
        learning_rate: LearningRate = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = decay_rate("beta_1", beta_1)
        self.beta_2 = decay_rate("beta_2", beta_2)

    def scalars(self, n: Tensor) -> tuple[Tensor, ...]:
        return (one_minus_power(self.beta_1, n),)

    def formula(self, g: Tensor, state: State, eta: Tensor, correction: Tensor) -> Step:
        m, u = state
        m = self.beta_1 * m + (1 - self.beta_1) * g
        decayed, size = self.beta_2 * u, ops.abs(g)
        # On PyTorch, Keras computes `maximum` and `divide_no_nan` in float32.
        u = ops.where(decayed > size, decayed, size)
        divisor = ops.where(u > 0, u, ops.ones_like(u))  # m is 0 where u is 0
        return -eta / correction * (m / divisor), m, u

    def kernel(
        self,
        raw_ops: Any,
        w: Tensor,
        g: Tensor,
        state: State,
        eta: Tensor,
        correction: Tensor,
    ) -> None:
        m, u = state
        raw_ops.ResourceApplyAdaMax(
            var=w,
            m=m,
            v=u,
            beta1_power=0.0,  # disables the kernel's own correction
            lr=eta / (correction * float32_gain(self.beta_1)),
            beta1=self.beta_1,
            beta2=self.beta_2,
            # Too small to change any u except 0, where m is 0 too.
            epsilon=float(np.finfo("float32").tiny),
            grad=g,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }


@formula("Nadam", Section.OPTIMIZERS)
@keras.saving.register_keras_serializable(package="custom")
class Nadam(Adam):
    r"""Adam with Nesterov's look-ahead and a momentum that grows from β₁/2 to β₁.

    $$\mu_n = \beta_1 \left(1 - \tfrac{1}{2} \cdot 0.96^{\,n \psi}\right), \qquad
    P_n = \prod_{i=1}^{n} \mu_i$$
    $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
    v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
    $$\bar m = \frac{\mu_{n+1}\, m}{1 - P_{n+1}} + \frac{(1 - \mu_n)\, g}{1 - P_n},
    \qquad \hat v = \frac{v}{1 - \beta_2^n}, \qquad
    w \leftarrow w - \frac{\eta}{\sqrt{\hat v} + \epsilon}\, \bar m$$

    $m$ and $v$ are 0 at the start, $n$ counts the steps from 1, $\eta$ is
    `learning_rate`, $\psi$ is `momentum_decay`, the other symbols are Adam's.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.002, as in PyTorch.
        beta_1: $\beta_1$, in [0, 1), the final momentum. Defaults to 0.9, as in
            Adam.
        beta_2: $\beta_2$, in [0, 1). Defaults to 0.999, as in Adam.
        epsilon: $\epsilon$, finite and above 0. Avoids a division by 0 for a weight
            without any gradient. Defaults to 1e-8, as in Adam.
        momentum_decay: $\psi$, finite and above 0: how fast the momentum grows.
            Defaults to 0.004: the paper's $0.96^{n/250}$.
        **options: Options of every Keras optimizer, such as `name`,
            `weight_decay` and `clipnorm`.

    Compared with Keras: `keras.optimizers.Nadam` has the schedule 0.96ⁿ, which is
    `momentum_decay=1`: it reaches the full momentum after 100 steps, Dozat's after
    25,000. Its ε is 1e-7. `torch.optim.NAdam` is the formula used here: μₙ appears
    only in the mean, and m itself decays by β₁.

    Raises:
        ValueError: If an argument is out of range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> Nadam(learning_rate=0.5).apply([keras.ops.array([0.01, -7.0])], [w])
    >>> [round(float(weight), 3) for weight in keras.ops.convert_to_numpy(w)]
    [0.472, 1.528]

    Source: notes, "Optimizers: Nadam" (by name); Dozat 2016, "Incorporating
    Nesterov momentum into Adam", in the form of its report and of PyTorch.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        momentum_decay: float = 0.004,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.momentum_decay = positive("momentum_decay", momentum_decay)

    def scalars(self, n: Tensor) -> tuple[Tensor, ...]:
        """Return the weights of m and g in the mean, and the correction of v."""
        share_of_m = self._mu(n + 1) / (1 - self._product_of_mu(n + 1))
        share_of_g = (1 - self._mu(n)) / (1 - self._product_of_mu(n))
        return share_of_m, share_of_g, one_minus_power(self.beta_2, n)

    def _mu(self, n: Tensor) -> Tensor:
        return self.beta_1 * (1 - 0.5 * ops.exp(n * self._log_q))

    @property
    def _log_q(self) -> float:
        return self.momentum_decay * math.log(0.96)

    def _product_of_mu(self, n: Tensor) -> Tensor:
        """Compute μ₁ μ₂ … μₙ from n, so that no state is needed.

        With q = 0.96^ψ, ln Π (1 − qⁱ/2) = −Σₖ 2⁻ᵏ/k Σᵢ qⁱᵏ over k = 1, 2, …, and
        the inner sum is geometric. After fifty terms the rest is below 1e-16.
        """
        if not self.beta_1:
            return ops.zeros_like(n)
        k = np.arange(1, 51)
        factors = 0.5**k / k / np.expm1(-k * self._log_q)
        exponents = ops.convert_to_tensor(k * self._log_q, dtype=n.dtype)
        inner = ops.expm1(n * exponents)
        total = ops.sum(ops.convert_to_tensor(factors, dtype=n.dtype) * inner)
        return ops.exp(n * math.log(self.beta_1) + total)

    def formula(self, g: Tensor, state: State, eta: Tensor, *scalars: Tensor) -> Step:
        m, v = state
        share_of_m, share_of_g, correction_2 = scalars
        m = self.beta_1 * m + (1 - self.beta_1) * g
        v = self.beta_2 * v + (1 - self.beta_2) * ops.square(g)
        mean = share_of_m * m + share_of_g * g
        v_hat = v / correction_2
        return -eta / (ops.sqrt(v_hat) + self.epsilon) * mean, m, v

    def kernel(
        self,
        raw_ops: Any,
        w: Tensor,
        g: Tensor,
        state: State,
        eta: Tensor,
        *scalars: Tensor,
    ) -> None:
        m, v = state
        share_of_m, share_of_g, correction_2 = scalars
        # Adam's kernel computes m, v and the part of the step along m. Adagrad's
        # kernel, with `update_slots=False`, computes the part along g.
        root = (correction_2 * float32_gain(self.beta_2)) ** 0.5
        raw_ops.ResourceApplyAdam(
            var=w,
            m=m,
            v=v,
            beta1_power=0.0,
            beta2_power=0.0,
            lr=eta * root * share_of_m / float32_gain(self.beta_1),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon * root,
            grad=g,
        )
        raw_ops.ResourceApplyAdagradV2(
            var=w,
            accum=v,
            lr=eta * root * share_of_g,
            epsilon=self.epsilon * root,
            grad=g,
            update_slots=False,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum_decay": self.momentum_decay}
