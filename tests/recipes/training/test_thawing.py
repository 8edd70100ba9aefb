"""Which stages of a preset are trained when, and how far: against float64."""

import keras
import numpy as np
import pytest

import custom.optimizers
from recipes.training.fine_tuning.rates import Rate, rate_overrides
from recipes.training.fine_tuning.thawing import (
    first_epochs,
    plan_in_words,
    rate_factors,
)
from recipes.training.keras_overrides import Overrides
from recipes.training.kernels.updates import update_overrides
from recipes.training.settings import settings_for
from zoo.errors import InputError

PLANS = {  # (freeze, stages, epochs): the first epoch of each stage
    (0, 4, 12): [6, 5, 4, 3],
    (0, 4, 40): [20, 17, 13, 10],
    (0, 1, 12): [3],
    (0, 2, 4): [2, 1],
    (0, 3, 1): [1, 1, 1],  # One epoch is for the head.
    (0, 0, 12): [],
    (1, 4, 12): [None, 6, 4, 3],
    (3, 4, 12): [None, None, None, 3],
    (4, 4, 12): [None] * 4,
    ("body", 3, 12): [None] * 3,
    ("none", 3, 12): [0] * 3,
}


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_stages_thaw_from_the_output_to_the_input(plan):
    assert first_epochs(*plan) == PLANS[plan]


WORDS = {  # the first epoch of each stage from 0: what is told
    (): "the body has no weights to train",
    (None,): "1 of 1 stages of the body stays frozen: the head alone",
    (None, None): "2 of 2 stages of the body stay frozen: the head alone",
    (None, 1): "1 stage of the body is trained from epoch 2 on, 2.6 times as slowly as",
    (1, 1): "2 stages of the body are trained from epoch 2 on, the one",
    (2, 1): "2 stages of the body are trained from epochs 2, 3 on, the one",
}


@pytest.mark.parametrize("firsts", WORDS, ids=str)
def test_the_plan_is_told_in_right_numbers(firsts):
    assert WORDS[firsts] in plan_in_words(firsts)


def test_rates_fall_towards_the_input():
    np.testing.assert_allclose(rate_factors(3), [2.6**-3, 2.6**-2, 2.6**-1])


STEPS, THAWED = 7, 3  # steps, and the one from 0 at which the second weight thaws
FACTOR, RATE, DECAY = 0.25, 0.125, 0.5
START = np.array([1.0, -2.0, 0.5])
GRADIENTS = np.random.default_rng(0).normal(size=(STEPS, 3))


def sgd(w, gradients, rate):
    momentum = np.zeros_like(w)
    for g in gradients:
        w = w - rate * DECAY * w
        momentum = 0.9 * momentum - rate * g
        w = w + 0.9 * momentum - rate * g
    return w


def adam(w, gradients, rate):
    m = v = np.zeros_like(w)
    for n, g in enumerate(gradients, 1):
        w = w - rate * DECAY * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = rate * np.sqrt(1 - 0.999**n) / (1 - 0.9**n)
        w = w - step * m / (np.sqrt(v) + 1e-7)
    return w


def trained(optimizer, rates, fused=False):
    """Two weights after the steps; the second one is frozen at first."""
    weights = [keras.Variable(START, dtype="float32", name=n) for n in "ab"]
    optimizer.build(weights)
    of_weights = {id(w): rate for w, rate in zip(weights, rates, strict=True) if rate}
    kernels = update_overrides(optimizer) if fused else []
    with Overrides([*rate_overrides(optimizer, of_weights), *kernels]):
        for step, gradient in enumerate(GRADIENTS.astype("float32")):
            count = 1 if step < THAWED else 2
            weights[1].trainable = count == 2
            tensors = [keras.ops.convert_to_tensor(gradient)] * count
            optimizer.apply(tensors, weights[:count])
    return [weight.numpy() for weight in weights]


FORMULAS = {
    "SGD": (lambda: keras.optimizers.SGD(RATE, 0.9, nesterov=True), sgd),
    "Adam": (lambda: keras.optimizers.Adam(RATE), adam),
}


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("build, formula", FORMULAS.values(), ids=FORMULAS)
def test_a_stage_learns_by_the_formula_from_where_it_thaws(build, formula, fused):
    optimizer = build()
    optimizer.weight_decay = DECAY
    whole, part = trained(optimizer, [None, Rate(FACTOR, THAWED)], fused)
    np.testing.assert_allclose(whole, formula(START, GRADIENTS, RATE), rtol=1e-5)
    expected = formula(START, GRADIENTS[THAWED:], FACTOR * RATE)
    np.testing.assert_allclose(part, expected, rtol=1e-5)
    assert int(optimizer.iterations) == STEPS
    assert optimizer.weight_decay == DECAY


OPTIMIZERS = {
    "gradient descent": custom.optimizers.GradientDescent,
    "momentum": custom.optimizers.Momentum,
    "adam": custom.optimizers.Adam,
    "adamax": custom.optimizers.AdaMax,
    "nadam": custom.optimizers.Nadam,
    "rmsprop": custom.optimizers.RMSprop,
    "keras.adamw": keras.optimizers.AdamW,
    "keras.adamax": keras.optimizers.Adamax,
    "keras.lion": keras.optimizers.Lion,
}


@pytest.mark.parametrize("cls", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_stage_learns_as_in_a_training_of_its_own(cls):
    options = {"weight_decay": DECAY}
    _, part = trained(cls(RATE, **options), [None, Rate(FACTOR, THAWED)])
    alone = keras.Variable(START, dtype="float32")
    optimizer = cls(FACTOR * RATE, **options)
    for gradient in GRADIENTS[THAWED:].astype("float32"):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [alone])
    np.testing.assert_allclose(part, alone.numpy(), rtol=1e-5, atol=1e-7)


def test_the_average_of_a_frozen_weight_is_the_weight():
    optimizer = keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=0.9)
    weights = [keras.Variable([0.1, 0.7, 1.3], dtype="float32") for _ in range(2)]
    optimizer.build(weights)
    weights[1].trainable = False
    with Overrides(rate_overrides(optimizer, {})):
        for gradient in GRADIENTS.astype("float32"):
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], weights[:1])
    first, second = optimizer._model_variables_moving_average
    assert second.numpy().tobytes() == weights[1].numpy().tobytes()
    assert not np.allclose(first.numpy(), weights[0].numpy(), atol=1e-3)


SETTINGS = {  # given: what is chosen
    (): (40, 10),
    (("freeze", 0),): (12, 12),
    (("freeze", "body"),): (12, 12),
    (("freeze", 0), ("epochs", 30)): (30, 30),
    (("freeze", "none"), ("patience", 3)): (12, 3),
}


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_fine_tuning_is_shorter_and_waits_for_all_stages(given):
    settings = settings_for("mlp", 100, **dict(given))
    assert (settings.epochs, settings.patience) == SETTINGS[given]


@pytest.mark.parametrize("given, value", [("2", 2), (0, 0), ("body", "body")])
def test_freeze_is_a_number_or_a_name(given, value):
    assert settings_for("mlp", 100, freeze=given).freeze == value


@pytest.mark.parametrize("bad", ["head", -1, 1.5, True, "", (1,), "1.0"])
def test_other_values_of_freeze_are_refused(bad):
    with pytest.raises(InputError, match="`freeze` must be 'body', 'none' or the num"):
        settings_for("mlp", 100, freeze=bad)
