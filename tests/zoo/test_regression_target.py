"""The regression target: units, loss, interval and answers, against float64."""

import math

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.targets import IN_NUMPY, Regression, target_from_config
from zoo.targets.regression import StandardizedLoss

RNG = np.random.default_rng(0)
VALUES = RNG.lognormal(3, 1, size=(40, 2))


@pytest.mark.parametrize("transform", [None, "log"])
def test_the_loss_is_half_the_squared_error_in_standard_units(transform):
    target = Regression.measured(["a", "b"], VALUES, transform)
    linear = np.log if transform else lambda x: x
    true, predicted = VALUES[:20], VALUES[20:]
    mean, deviation = linear(VALUES).mean(axis=0), linear(VALUES).std(axis=0)
    errors = (linear(true) - linear(predicted)) / deviation
    expected = 0.5 * (errors**2).sum(axis=1).mean()
    np.testing.assert_allclose(target.center, mean)
    np.testing.assert_allclose(target.scale, deviation)
    assert float(target.loss()(true, predicted)) == pytest.approx(expected, rel=1e-5)


LOSSES = {
    "mae": ("mean_absolute_error", lambda e: np.abs(e).mean(axis=1)),
    "mse": (keras.losses.MeanSquaredError(), lambda e: (e**2).mean(axis=1)),
    "sum": (
        keras.losses.MeanAbsoluteError(reduction="sum"),
        lambda e: len(e) * np.abs(e).mean(axis=1),
    ),
}


@pytest.mark.parametrize("loss, formula", LOSSES.values(), ids=LOSSES)
def test_any_loss_can_be_standardized_and_saved(loss, formula):
    target = Regression.measured(["a", "b"], VALUES)
    standardized = target.standardized(loss)
    errors = (VALUES[:20] - VALUES[20:]) / target.scale
    config = keras.saving.serialize_keras_object(standardized)
    for each in (standardized, keras.saving.deserialize_keras_object(config)):
        assert isinstance(each, StandardizedLoss)
        value = float(each(VALUES[:20], VALUES[20:]))
        assert value == pytest.approx(formula(errors).mean(), rel=1e-5)


def test_a_constant_number_has_scale_1():
    values = np.column_stack([np.full(30, 0.1), np.full(30, 1e9) + RNG.normal(size=30)])
    assert Regression.measured(["a", "b"], values).scale == (1.0, 1.0)


@pytest.mark.parametrize("transform", [None, "log"])
@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_the_interval_holds_as_many_new_examples_as_promised(transform, coverage):
    rng = np.random.default_rng(1)
    held = []
    for _ in range(200):
        true = rng.lognormal(1, 0.5, size=(60, 1))
        predicted = true * rng.lognormal(0, 0.3, size=(60, 1))
        target = Regression.measured(["a"], true, transform)
        margins = target.margins_of(predicted[:30], true[:30], coverage)
        answers = target.with_margins(margins, coverage).answers(
            predicted[30:], IN_NUMPY
        )
        inside = (answers["lower"] <= true[30:]) & (true[30:] <= answers["upper"])
        held.append(inside.mean())
    # The expected share is ceil(31 c) / 31; the mean of 6,000 deviates by 0.01 or so.
    assert np.mean(held) == pytest.approx(math.ceil(31 * coverage) / 31, abs=0.03)


def test_too_few_examples_give_no_interval():
    target = Regression(("a",), (0.0,), (1.0,))
    errors = np.ones((8, 1))
    assert target.margins_of(errors, 2 * errors, 0.9) is None
    assert target.margins_of(np.ones((9, 1)), np.zeros((9, 1)), 0.9) == (1.0,)


def test_the_configuration_restores_the_target():
    target = Regression.measured(["a", "b"], VALUES, "log").with_margins([1, 2], 0.8)
    assert target_from_config(target.get_config()) == target


def test_a_logarithm_needs_positive_values():
    with pytest.raises(InputError, match="values above 0, got -1"):
        Regression.measured(["a"], np.array([[1.0], [-1.0]]), "log")


DIFFERENCES = {
    "none": ([[100.0, 5.0]], None),
    "rounding": ([[100.001, 5.0]], None),
    "another value": ([[100.0, 5.1]], "gave values 5.1 where the model gives 5 "),
    "not a number": ([[math.nan, 5.0]], "gave values nan"),
    "another shape": ([[100.0]], "of shape"),
}


@pytest.mark.parametrize("values, part", DIFFERENCES.values(), ids=DIFFERENCES)
def test_other_answers_of_an_export_are_noticed(values, part):
    target = Regression(("a", "b"), (100.0, 5.0), (20.0, 0.5))
    own = target.answers(np.array([[100.0, 5.0]]), IN_NUMPY)
    served = {"values": np.array(values, "float32")}
    found = target.difference(served, own, 1e-4)
    assert found is None if part is None else part in found
