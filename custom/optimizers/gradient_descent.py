"""Gradient descent, plain and with inertia."""

import keras

from custom.arguments import decay_rate
from custom.optimizers.base import FormulaOptimizer


@keras.saving.register_keras_serializable(package="custom")
class GradientDescent(FormulaOptimizer):
    r"""A step against the gradient, for the batch as the pipeline cuts it.

    $$w \leftarrow w - \eta\, g$$

    $\eta$ is `learning_rate` and $g$ the gradient of the batch's loss. With the
    whole set as one batch it is batch gradient descent, with one example
    stochastic gradient descent, between them mini-batch gradient descent.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0, 2.0])
    >>> GradientDescent(learning_rate=0.5).apply([keras.ops.array([1.0, -1.0])], [w])
    >>> keras.ops.convert_to_numpy(w).tolist()
    [0.5, 2.5]

    Against Keras: the same as `keras.optimizers.SGD` without momentum. Momentum
    is a class of its own here.

    Source: notes, "Gradient descent and loss functions"; Robbins and Monro 1951,
    "A stochastic approximation method".
    """

    rests_without_gradient = True

    def __init__(self, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)

    def formula(self, g, state, eta):
        return (-eta * g,)

    def kernel(self, raw_ops, w, g, state, eta):
        raw_ops.ResourceApplyGradientDescent(var=w, alpha=eta, delta=g)


class _Inertia(FormulaOptimizer):
    """What the two kinds of momentum share: the argument and the state Δw(n−1)."""

    state_names = ("momentum",)
    looks_ahead = False

    def __init__(self, learning_rate=0.01, momentum=0.9, **options):
        super().__init__(learning_rate, **options)
        self.momentum = decay_rate("momentum", momentum)

    def kernel(self, raw_ops, w, g, state, eta):
        raw_ops.ResourceApplyKerasMomentum(
            var=w,
            accum=state[0],
            lr=eta,
            grad=g,
            momentum=self.momentum,
            use_nesterov=self.looks_ahead,
        )

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


@keras.saving.register_keras_serializable(package="custom")
class Momentum(_Inertia):
    r"""Gradient descent with inertia: a part of the last step is made again.

    $$\Delta w(n) = -\eta\, g + \alpha\, \Delta w(n-1), \qquad \Delta w(0) = 0$$
    $$w \leftarrow w + \Delta w(n)$$

    $\eta$ is `learning_rate`, $\alpha$ is `momentum`. Along a constant gradient
    the step grows to at most $1 / (1 - \alpha)$ times its first length.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        momentum: $\alpha$, in [0, 1). Defaults to 0.9, the customary value; 0 is
            plain gradient descent.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0])
    >>> optimizer = Momentum(learning_rate=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.apply([keras.ops.array([1.0])], [w])
    >>> float(keras.ops.convert_to_numpy(w)[0])
    -0.25

    Against Keras: the same as `keras.optimizers.SGD(momentum=...)`. PyTorch keeps
    the step without $\eta$ and multiplies later; the two agree only while $\eta$
    is constant.

    Source: notes, "Momentum optimizer", where −ηg is written ηδx for a weight with
    input x and error δ; Rumelhart, Hinton and Williams 1986, "Learning
    representations by back-propagating errors".
    """

    def formula(self, g, state, eta):
        (step,) = state
        step = -eta * g + self.momentum * step
        return step, step


@keras.saving.register_keras_serializable(package="custom")
class Nesterov(_Inertia):
    r"""Momentum whose gradient is taken where the inertia is about to lead.

    $$v(n) = \alpha\, v(n-1) - \eta\, \nabla J\bigl(\theta + \alpha\, v(n-1)\bigr),
    \qquad \theta \leftarrow \theta + v(n), \qquad v(0) = 0$$

    The weights that the model holds are the look-ahead point
    $w = \theta + \alpha v$, where the gradient $g$ is taken. Written in $w$:

    $$v(n) = \alpha\, v(n-1) - \eta\, g, \qquad
    w \leftarrow w + \alpha\, v(n) - \eta\, g$$

    $\eta$ is `learning_rate`, $\alpha$ is `momentum`.

    Args:
        learning_rate: $\eta$, finite and `>= 0`, a `LearningRateSchedule` or a
            callable without arguments. Defaults to 0.01, as in Keras.
        momentum: $\alpha$, in [0, 1). Defaults to 0.9, the customary value; 0 is
            plain gradient descent.
        **options: `name`, `weight_decay`, `clipnorm` and what else any Keras
            optimizer takes.

    Raises:
        ValueError: If an argument is outside its range.

    >>> w = keras.Variable([1.0])
    >>> Nesterov(learning_rate=0.5, momentum=0.5).apply([keras.ops.array([1.0])], [w])
    >>> float(keras.ops.convert_to_numpy(w)[0])
    0.25

    Against Keras: the same as `keras.optimizers.SGD(momentum=..., nesterov=True)`.

    Source: notes, "Optimizers: Nesterov" (by name); Nesterov 1983, "A method of
    solving a convex programming problem with convergence rate O(1/k²)"; in this
    form Sutskever et al. 2013, "On the importance of initialization and momentum
    in deep learning", §2.
    """

    looks_ahead = True

    def formula(self, g, state, eta):
        (v,) = state
        v = self.momentum * v - eta * g
        return self.momentum * v - eta * g, v
