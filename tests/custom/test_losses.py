"""The losses against their formulas in float64, and against Keras's losses."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from custom import losses
from tests.custom.gradients import value_and_gradient
from tests.custom.loss_formulas import (
    CASES,
    FROM_LOGITS,
    examples,
    from_probabilities,
    log_loss,
    make,
    real_and_fake,
    sigmoid,
)

SHAPES = [(8,), (8, 1), (8, 3), (8, 2, 3)]


def test_every_public_name_has_a_row():
    assert set(CASES) == set(losses.__all__)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_follows_its_formula_from_probabilities(name, shape):
    value, gradient = CASES[name]
    t, x = examples(shape)
    o = sigmoid(x).astype("float32")
    computed, slope = value_and_gradient(lambda o: from_probabilities(name)(t, o), o)
    wide = o.astype("float64")
    assert_allclose(computed, value(t, wide), rtol=1e-6)
    assert_allclose(slope, gradient(t, wide), rtol=2e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype, rtol", [("float16", 1e-3), ("float32", 1e-6)])
@pytest.mark.parametrize("name", FROM_LOGITS)
def test_follows_its_formula_from_logits(name, dtype, rtol, shape):
    value, gradient = CASES[name]
    t, x = examples(shape, dtype)
    computed, slope = value_and_gradient(
        lambda x: make(name, from_logits=True)(t, x), x
    )
    o = sigmoid(x.astype("float64"))
    assert_allclose(computed, value(t, o), rtol=1e-6)
    assert_allclose(slope, gradient(t, o) * o * (1 - o), rtol=2 * rtol, atol=1e-7)


@pytest.mark.parametrize("name", ["CrossEntropy", "SquaredCrossEntropy"])
def test_labels_are_smoothed_towards_a_half(name):
    t, x = examples((8, 3))
    loss = make(name, from_logits=True, label_smoothing=0.2)
    expected = CASES[name][0](t * 0.8 + 0.1, sigmoid(x.astype("float64")))
    assert_allclose(float(loss(t, x)), expected, rtol=1e-6)


def test_only_labels_of_real_examples_are_smoothed():
    t, x = examples((8, 1))
    o = sigmoid(x.astype("float64"))
    expected = real_and_fake(log_loss(0.9, o), log_loss(0.0, o), t)
    loss = losses.DiscriminatorLoss(label_smoothing=0.1)
    assert_allclose(float(loss(t, x)), expected, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("from_logits", [False, True])
def test_cross_entropy_equals_binary_crossentropy_of_keras(from_logits, smoothing):
    t, x = examples((8, 3))
    outputs = x if from_logits else sigmoid(x)
    options = {"from_logits": from_logits, "label_smoothing": smoothing}
    assert_allclose(
        float(losses.CrossEntropy(**options)(t, outputs)),
        float(keras.losses.BinaryCrossentropy(**options)(t, outputs)),
        rtol=1e-6,
    )


def test_half_sum_squared_error_is_half_the_count_times_that_of_keras():
    t, x = examples((8, 3))
    expected = float(keras.losses.MeanSquaredError()(t, x)) * t.size / 2
    assert_allclose(float(losses.HalfSumSquaredError()(t, x)), expected, rtol=1e-6)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_squared_cross_entropy_is_smallest_at_the_target(target):
    loss = losses.SquaredCrossEntropy(reduction="none")
    o = np.linspace(0, 1, 101, dtype="float32")
    values = keras.ops.convert_to_numpy(loss(np.full(101, target), o))
    assert o[np.argmin(values)] == target


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_is_stable_at_certainty(name):
    t = np.array([1.0, 0.0, 1.0, 0.0], "float32")
    o = np.array([0.0, 1.0, 1.0, 0.0], "float32")
    value, slope = value_and_gradient(lambda o: from_probabilities(name)(t, o), o)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_finite_in_finite_out(name, data):
    size = data.draw(st.integers(2, 5))
    number = st.floats(width=16, allow_nan=False, allow_infinity=False)
    x = np.array(data.draw(st.lists(number, min_size=size, max_size=size)), "float16")
    t = np.arange(size).astype("float32") % 2
    value, _ = value_and_gradient(lambda x: make(name)(t, x), x)
    assert np.isfinite(value)
    assert value.dtype == "float32"
    # A slope of 1 / o may overflow float16, but not float32.
    _, slope = value_and_gradient(lambda x: make(name)(t, x), x.astype("float32"))
    assert np.isfinite(slope).all()


def test_a_certain_discriminator_stops_only_the_minimax_generator():
    x = np.full((4, 1), -20.0, "float32")  # D(G(z)) = 2e-9
    _, minimax = value_and_gradient(lambda x: losses.MinimaxGeneratorLoss()(None, x), x)
    _, practical = value_and_gradient(
        lambda x: losses.NonSaturatingGeneratorLoss()(None, x), x
    )
    assert np.abs(minimax).max() < 1e-9
    assert_allclose(practical, -0.25, rtol=1e-6)


@pytest.mark.parametrize("name", ["CrossEntropy", "SquaredCrossEntropy"])
def test_probabilities_of_a_softmax_are_used_as_they_are(name):
    """Keras remembers their logits, and would take them for those of a sigmoid."""
    logits = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -3.0]], "float32")
    probabilities = keras.activations.softmax(keras.ops.convert_to_tensor(logits))
    exact = np.exp(logits.astype("float64"))
    exact /= exact.sum(axis=1, keepdims=True)
    targets = np.eye(3)[[2, 0]]
    value, _ = CASES[name]
    loss = getattr(losses, name)()(targets, probabilities)
    assert_allclose(float(loss), value(targets, exact), rtol=1e-5)


# Sums, means, weights and masks.


@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 3)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_reductions_and_weights_equal_those_of_keras(name, shape):
    if name == "DiscriminatorLoss":
        shape = (8, 1)  # its means are tested below
    t, x = examples(shape)
    w = np.linspace(0.5, 2, 8, dtype="float32")
    each = keras.ops.convert_to_numpy(make(name, reduction="none")(t, x))
    assert each.shape == (8,)
    weighted = keras.ops.convert_to_numpy(make(name, reduction=None)(t, x, w))
    assert_allclose(weighted, each * w, rtol=1e-6)
    expected = {"sum": (each * w).sum()}
    if name != "DiscriminatorLoss":
        expected["mean"] = expected["sum_over_batch_size"] = (each * w).mean()
        expected["mean_with_sample_weight"] = (each * w).sum() / w.sum()
    for reduction, value in expected.items():
        computed = make(name, reduction=reduction)(t, x, w)
        assert_allclose(float(computed), value, rtol=1e-6)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean_with_sample_weight"]
)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_real_and_generated_examples_have_separate_means(reduction, masked, weighted):
    t, x = examples((8, 1))
    rng = np.random.default_rng(1)
    w = rng.uniform(0.5, 2, size=8).astype("float32") if weighted else None
    mask = np.array([1, 0, 1, 0, 1, 1, 0, 1], bool) if masked else np.ones(8, bool)
    logits = keras.ops.convert_to_tensor(x)
    if masked:
        # Layers that compute a mask attach it to their output in this way.
        logits._keras_mask = keras.ops.convert_to_tensor(mask)
    computed = float(losses.DiscriminatorLoss(reduction=reduction)(t, logits, w))

    weights = w.astype("float64") if weighted else np.ones(8)
    o, expected = sigmoid(x.astype("float64"))[:, 0], 0
    for label, error in [(1, -np.log(o)), (0, -np.log(1 - o))]:
        chosen = (t[:, 0] == label) & mask
        total = (weights * error)[chosen].sum()
        by_weight = reduction == "mean_with_sample_weight"
        expected += total / (weights[chosen].sum() if by_weight else chosen.sum())
    assert_allclose(computed, expected, rtol=1e-6)


def test_a_mixed_batch_equals_the_sum_of_two_batches():
    t, x = examples((8, 1))
    loss = losses.DiscriminatorLoss()
    separate = float(loss(t[:3], x[:3])) + float(loss(t[3:], x[3:]))
    assert_allclose(float(loss(t, x)), separate, rtol=1e-6)
    undecided = loss(t, np.zeros((8, 1), "float32"))
    assert_allclose(float(undecided), 2 * math.log(2), rtol=1e-6)


def test_the_discriminator_loss_is_minus_the_value_of_the_game():
    t, x = examples((8, 1))
    fake = losses.MinimaxGeneratorLoss()(None, x[3:])
    real = losses.NonSaturatingGeneratorLoss()(None, x[:3])
    value = -float(losses.DiscriminatorLoss()(t, x))
    assert_allclose(value, float(fake) - float(real), rtol=1e-6)
