"""The batteries for losses, regularizers and optimizers find each broken promise."""

import keras
import numpy as np
import pytest
from keras import ops

from custom import losses, optimizers, regularizers
from zoo.testing import BrokenPromise, check_loss, check_optimizer, check_regularizer

register = keras.saving.register_keras_serializable(package="test_testing_formulas")
TRUE, PREDICTED = np.array([[0.0], [1.0], [1.0]]), np.array([[0.2], [0.7], [0.4]])

# Correct components


@pytest.mark.parametrize("name", losses.__all__)
def test_a_correct_loss_passes(name):
    check_loss(getattr(losses, name), TRUE, PREDICTED, arguments={"name": "mine"})


@pytest.mark.parametrize("name", regularizers.__all__)
def test_a_correct_regularizer_passes(name):
    check_regularizer(getattr(regularizers, name))


def test_a_correct_optimizer_passes():
    arguments = {"learning_rate": 0.03, "clipnorm": 2.0}
    check_optimizer(optimizers.Adam, arguments=arguments)


# Broken components


class Squares(keras.losses.Loss):
    """A correct loss, which computes in at least float32."""

    def __init__(self, times=1.0, reduction="sum", name="squares", dtype=None):
        super().__init__(reduction=reduction, name=name, dtype=dtype or "float32")
        self.times = times

    def call(self, y_true, y_pred):
        return self.times * ops.sum(ops.square(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "times": self.times}


@register
class CorrectLoss(Squares):
    pass


@register
class ForgetfulLoss(Squares):
    def get_config(self):
        config = super().get_config()
        del config["times"]
        return config


@register
class OverflowingLoss(Squares):
    def __init__(self, times=1.0, reduction="sum", name="squares", dtype=None):
        dtype = dtype or keras.config.floatx()
        super().__init__(times, reduction, name, dtype)


@register
class UnweightedLoss(Squares):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred)


@register
class InfiniteLoss(Squares):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred) - ops.sum(ops.log(y_true), axis=-1)


@register
class FlatLoss(Squares):
    def call(self, y_true, y_pred):
        return super().call(y_true, ops.stop_gradient(y_pred))


@register
class SteepLoss(Squares):
    def call(self, y_true, y_pred):
        errors = ops.sqrt(ops.square(y_true - y_pred))  # 0/0 where they agree
        return self.times * ops.sum(errors, axis=-1)


class UnregisteredLoss(Squares):
    pass


BROKEN_LOSSES = {
    ForgetfulLoss: ("configuration", "forgets the argument `times`"),
    OverflowingLoss: ("precision", "in float16 of 3 examples is not finite"),
    UnweightedLoss: ("sample weights", "examples with weight 2 differs"),
    InfiniteLoss: ("value", "the value is not finite"),
    FlatLoss: ("training", ""),
    SteepLoss: ("training", "gradient of the inputs is not finite"),
    UnregisteredLoss: ("saving", ""),
}


def test_a_users_loss_passes():
    check_loss(CorrectLoss, TRUE, 300 * PREDICTED, arguments={"times": 0.5})


@pytest.mark.parametrize(
    "broken, promise, message",
    [(broken, *row) for broken, row in BROKEN_LOSSES.items()],
    ids=[broken.__name__ for broken in BROKEN_LOSSES],
)
def test_a_broken_loss_is_found(broken, promise, message):
    predicted = np.array([[300.0], [1.0], [0.5]])
    with pytest.raises(
        BrokenPromise,
        match=f"(?s){broken.__name__} breaks the promise '{promise}'.*{message}",
    ):
        check_loss(broken, TRUE, predicted, arguments={"times": 0.5})


class Norm(keras.regularizers.Regularizer):
    """A correct regularizer; each subclass breaks one promise."""

    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def __call__(self, weights):
        weights = ops.cast(weights, "float32")
        return self.alpha * ops.sum(ops.square(weights))

    def get_config(self):
        return {"alpha": self.alpha}


@register
class CorrectPenalty(Norm):
    pass


@register
class ForgetfulPenalty(Norm):
    def get_config(self):
        return {}


@register
class OverflowingPenalty(Norm):
    def __call__(self, weights):
        return self.alpha * ops.sum(ops.square(weights))


@register
class PenaltyPerWeight(Norm):
    def __call__(self, weights):
        return ops.square(weights)


@register
class Reward(Norm):
    def __call__(self, weights):
        return -super().__call__(weights)


@register
class KinkedPenalty(Norm):
    def __call__(self, weights):
        return ops.sqrt(super().__call__(weights))  # 0/0 at zero


BROKEN_PENALTIES = {
    ForgetfulPenalty: ("configuration", "forgets the argument `alpha`"),
    OverflowingPenalty: ("precision", "in float16 is not finite"),
    PenaltyPerWeight: ("value", "must be one number"),
    Reward: ("value", "below 0"),
    KinkedPenalty: ("training", "gradient of the inputs is not finite"),
}


def test_a_users_regularizer_passes():
    check_regularizer(CorrectPenalty, arguments={"alpha": 0.3})


@pytest.mark.parametrize(
    "broken, promise, message",
    [(broken, *row) for broken, row in BROKEN_PENALTIES.items()],
    ids=[broken.__name__ for broken in BROKEN_PENALTIES],
)
def test_a_broken_regularizer_is_found(broken, promise, message):
    with pytest.raises(
        BrokenPromise,
        match=f"(?s){broken.__name__} breaks the promise '{promise}'.*{message}",
    ):
        check_regularizer(broken, arguments={"alpha": 0.3})


class Descent(keras.optimizers.Optimizer):
    """A correct optimizer; each subclass breaks one promise."""

    def __init__(self, learning_rate=0.02, damping=0.5, name="descent", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.damping = damping

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.velocity = self.add_optimizer_variables(variables, "velocity")

    def update_step(self, gradient, variable, learning_rate):
        velocity = self.velocity[self._get_variable_index(variable)]
        step = self.damping * velocity + gradient
        self.assign(velocity, step)
        self.assign_sub(variable, ops.cast(learning_rate * step, variable.dtype))

    def get_config(self):
        return {**super().get_config(), "damping": self.damping}


@register
class CorrectDescent(Descent):
    pass


@register
class ForgetfulDescent(Descent):
    def get_config(self):
        config = super().get_config()
        del config["damping"]
        return config


@register
class Ascent(Descent):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(-gradient, variable, learning_rate)


@register
class Idle(Descent):
    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) > 1:
            super().update_step(gradient, variable, learning_rate)


@register
class UnsavedState(Descent):
    def load_own_variables(self, store):
        pass


@register
class ZeroByZero(Descent):
    def update_step(self, gradient, variable, learning_rate):
        gradient = gradient / ops.sqrt(ops.mean(ops.square(gradient)))
        super().update_step(gradient, variable, learning_rate)


BROKEN_OPTIMIZERS = {
    ForgetfulDescent: ("configuration", "forgets the argument `damping`"),
    Ascent: ("training", "the loss rises from"),
    Idle: ("training", "bias does not move"),
    UnsavedState: ("saving", "trained further from a file, differs"),
    ZeroByZero: ("no gradient", "a weight whose gradient is 0 is not finite"),
}


def test_a_users_optimizer_passes():
    check_optimizer(CorrectDescent, arguments={"damping": 0.25})


@pytest.mark.parametrize(
    "broken, promise, message",
    [(broken, *row) for broken, row in BROKEN_OPTIMIZERS.items()],
    ids=[broken.__name__ for broken in BROKEN_OPTIMIZERS],
)
def test_a_broken_optimizer_is_found(broken, promise, message):
    with pytest.raises(
        BrokenPromise,
        match=f"(?s){broken.__name__} breaks the promise '{promise}'.*{message}",
    ):
        check_optimizer(
            broken, arguments={"damping": 0.25}, skip=["jit_compile", "precision"]
        )


def test_the_global_float_type_is_restored():
    before = keras.config.floatx()
    with pytest.raises(BrokenPromise):
        check_loss(OverflowingLoss, TRUE, PREDICTED * 300)
    assert keras.config.floatx() == before
