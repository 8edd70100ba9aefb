"""A learning rate for each weight, from the squares of its gradients."""

import math

import keras
from keras import ops

from custom.arguments import decay_rate, positive
from custom.optimizers.base import FormulaOptimizer, float32_gain


@keras.saving.register_keras_serializable(package="custom")
class Adagrad(FormulaOptimizer):
    r"""A learning rate for each weight, falling with all its squared gradients.

    $$r \leftarrow r + g^2, \qquad r = 0 \text{ at the start}$$
    $$\Delta w = -\frac{\eta}{\varepsilon + \sqrt{r}}\, g, \qquad
    w \leftarrow w + \Delta w$$

    $\eta$ is `learning_rate`, $\varepsilon$ is `epsilon`. The first step of each
    weight is $\eta$ long, whatever its gradient; its learning rate only ever falls,
    so that training may come to rest too early.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in PyTorch.
        epsilon: $\varepsilon$, finite and above 0: keeps a weight without any
            gradient at rest. Defaults to 1e-7, as in the notes.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> Adagrad(learning_rate=0.5).apply([keras.ops.array([0.01, -7.0])], [w])
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.5, 1.5]

    Against Keras: `keras.optimizers.Adagrad` starts at r = 0.1 and has ε inside
    the root. The 0.1 outweighs gradients below 0.3 for many steps: its first step
    for a gradient of 0.01 is 0.03 η where the formula's is η. Prefer this one
    where gradients are small, Keras's to go on with a model trained by it.

    Source: notes, "Optimizers: Adagrad"; Duchi, Hazan and Singer 2011, "Adaptive
    subgradient methods for online learning and stochastic optimization", §1.
    """

    state_names = ("squares",)
    rests_without_gradient = True

    def __init__(self, learning_rate=0.01, epsilon=1e-7, **options):
        super().__init__(learning_rate, **options)
        self.epsilon = positive("epsilon", epsilon)

    def formula(self, g, state, eta):
        (r,) = state
        r = r + ops.square(g)
        return -eta / (self.epsilon + ops.sqrt(r)) * g, r

    def kernel(self, raw_ops, w, g, state, eta):
        raw_ops.ResourceApplyAdagradV2(
            var=w, accum=state[0], lr=eta, epsilon=self.epsilon, grad=g
        )

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="custom")
class RMSprop(FormulaOptimizer):
    r"""Adagrad that forgets: an average of squared gradients in place of a sum.

    $$r \leftarrow \beta r + (1 - \beta)\, g^2, \qquad r = 0 \text{ at the start}$$
    $$\Delta w = -\frac{\eta}{\varepsilon + \sqrt{r}}\, g, \qquad
    w \leftarrow w + \Delta w$$

    $\eta$ is `learning_rate`, $\beta$ is `rho`, $\varepsilon$ is `epsilon`. There
    is no correction for the start at 0: the first step is $1/\sqrt{1-\beta}$
    times $\eta$ long.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.001, as in Keras.
        rho: $\beta$, in [0, 1). Defaults to 0.9, Hinton's value.
        epsilon: $\varepsilon$, finite and above 0: keeps a weight without any
            gradient at rest. Defaults to 1e-7, as in the notes.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0, 1.0])
    >>> RMSprop(learning_rate=0.5, rho=0.75).apply(
    ...     [keras.ops.array([0.01, -7.0])], [w]
    ... )
    >>> keras.ops.convert_to_numpy(w).round(3).tolist()
    [0.0, 2.0]

    Against Keras: `keras.optimizers.RMSprop` has ε inside the root, so that its
    steps shrink for gradients below about 3e-4, those of the formula below 1e-7.
    It has two more arguments, `momentum` and `centered`, which the formula has not.

    Source: notes, "Optimizers: RMSprop"; Tieleman and Hinton 2012, "Neural
    networks for machine learning", lecture 6.5.
    """

    state_names = ("scaled_squares",)

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **options):
        super().__init__(learning_rate, **options)
        self.rho = decay_rate("rho", rho)
        self.epsilon = positive("epsilon", epsilon)

    # The state is r / (1 − β): the kernels need one array less so, and take 0.5 of
    # Keras's time for four million weights in place of 0.6.

    def formula(self, g, state, eta):
        (scaled,) = state
        scaled = self.rho * scaled + ops.square(g)
        r = (1 - self.rho) * scaled
        return -eta / (self.epsilon + ops.sqrt(r)) * g, scaled

    def kernel(self, raw_ops, w, g, state, eta):
        # TensorFlow's RMSprop has ε inside the root; its Adagrad has not, and adds
        # g² to a state that has been multiplied by β.
        (scaled,) = state
        faded = raw_ops.ReadVariableOp(resource=scaled, dtype=g.dtype) * self.rho
        raw_ops.AssignVariableOp(resource=scaled, value=faded)
        root = math.sqrt(1 - self.rho)
        raw_ops.ResourceApplyAdagradV2(
            var=w, accum=scaled, lr=eta / root, epsilon=self.epsilon / root, grad=g
        )

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="custom")
class Adadelta(FormulaOptimizer):
    r"""RMSprop with the typical size of the steps in place of a learning rate.

    $$r \leftarrow \rho r + (1 - \rho)\, g^2$$
    $$\Delta x = -\frac{\sqrt{s + \varepsilon}}{\sqrt{r + \varepsilon}}\, g$$
    $$s \leftarrow \rho s + (1 - \rho)\, \Delta x^2, \qquad
    w \leftarrow w + \eta\, \Delta x$$

    $r$ and $s$ are 0 at the start, $\rho$ is `rho`, $\varepsilon$ is `epsilon`.
    The paper has no $\eta$: `learning_rate` is 1 unless a schedule is wanted.
    Here ε stands inside the roots, as in the paper: it is what the first steps
    are made of.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 1, which is the paper's form.
        rho: $\rho$, in [0, 1). Defaults to 0.95, as in the paper.
        epsilon: $\varepsilon$, finite and above 0: larger makes the start faster.
            Defaults to 1e-6, as in the paper.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0])
    >>> Adadelta(rho=0.75, epsilon=0.25).apply([keras.ops.array([1.0])], [w])
    >>> round(float(keras.ops.convert_to_numpy(w)[0]), 4)
    0.2929

    Against Keras: `keras.optimizers.Adadelta` is the same formula with other
    defaults: `learning_rate` 0.001, a thousandth of the paper's step, and
    `epsilon` 1e-7. PyTorch's defaults are the paper's, but for ρ = 0.9.

    Source: notes, "Optimizers: Adadelta" (by name); Zeiler 2012, "ADADELTA: an
    adaptive learning rate method", Algorithm 1.
    """

    state_names = ("squares", "squared_steps")

    def __init__(self, learning_rate=1.0, rho=0.95, epsilon=1e-6, **options):
        super().__init__(learning_rate, **options)
        self.rho = decay_rate("rho", rho)
        self.epsilon = positive("epsilon", epsilon)

    def formula(self, g, state, eta):
        r, s = state
        r = self.rho * r + (1 - self.rho) * ops.square(g)
        step = -ops.sqrt(s + self.epsilon) / ops.sqrt(r + self.epsilon) * g
        s = self.rho * s + (1 - self.rho) * ops.square(step)
        return eta * step, r, s

    def kernel(self, raw_ops, w, g, state, eta):
        r, s = state
        raw_ops.ResourceApplyAdadelta(
            var=w,
            accum=r,
            accum_update=s,
            lr=eta,
            rho=self.rho,
            # The kernel's r and s are both this much too large.
            epsilon=self.epsilon * float32_gain(self.rho),
            grad=g,
        )

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
