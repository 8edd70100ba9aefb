"""The penalties against their formulas, and the claims of the notes about them."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal

from custom import regularizers
from custom.regularizers import L1, L1L2, L2
from tests.custom.gradients import value_and_gradient

CASES = {  # name: (penalty, value, gradient), from the formulas
    "L1": (L1(0.3), lambda w: 0.3 * np.abs(w).sum(), lambda w: 0.3 * np.sign(w)),
    "L2": (L2(0.3), lambda w: 0.15 * (w**2).sum(), lambda w: 0.3 * w),
    "L1L2": (
        L1L2(l1=0.2, l2=0.3),
        lambda w: 0.2 * np.abs(w).sum() + 0.15 * (w**2).sum(),
        lambda w: 0.2 * np.sign(w) + 0.3 * w,
    ),
}


def test_every_public_name_has_a_row():
    assert set(CASES) == set(regularizers.__all__)


@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (2, 3, 2, 5)])
@pytest.mark.parametrize("dtype, rtol", [("float16", 1e-3), ("float32", 1e-6)])
@pytest.mark.parametrize("penalty, value, gradient", CASES.values(), ids=CASES)
def test_follows_its_formula(penalty, value, gradient, dtype, rtol, shape):
    weights = np.random.default_rng(0).normal(size=shape).astype(dtype)
    weights.flat[0] = 0  # where |w| has no slope
    computed, slope = value_and_gradient(penalty, weights)
    wide = weights.astype("float64")
    assert computed.shape == ()
    assert_allclose(computed, value(wide), rtol=1e-6)
    assert_allclose(slope, gradient(wide), rtol=rtol)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("penalty", [case[0] for case in CASES.values()], ids=CASES)
def test_is_computed_in_float32(penalty, dtype):
    # The square of one such weight overflows float16, and so does the sum of all.
    weights = keras.ops.full((1000,), 256.0, dtype=dtype)
    value = penalty(weights)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert np.isfinite(float(value))


@pytest.mark.parametrize("penalty", [case[0] for case in CASES.values()], ids=CASES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    weights=arrays.arrays(
        "float16",
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
        elements=st.floats(width=16, allow_nan=False, allow_infinity=False),
    )
)
def test_finite_in_finite_out(penalty, weights):
    value, slope = value_and_gradient(penalty, weights)
    assert 0 <= value < math.inf
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("penalty", [case[0] for case in CASES.values()], ids=CASES)
def test_nan_is_propagated(penalty):
    assert np.isnan(float(penalty(np.array([1.0, np.nan], "float32"))))


@pytest.mark.parametrize("penalty", [case[0] for case in CASES.values()], ids=CASES)
def test_configuration_is_exact(penalty):
    config = keras.regularizers.serialize(penalty)
    assert config["registered_name"] == f"custom>{type(penalty).__name__}"
    again = keras.regularizers.deserialize(config)
    assert type(again) is type(penalty)
    assert again.get_config() == penalty.get_config()
    assert set(penalty.get_config().values()) <= {0.2, 0.3}


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("penalty", [case[0] for case in CASES.values()], ids=CASES)
def test_survives_saving_with_its_model(penalty, policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input((3,))
    layer = keras.layers.Dense(
        4,
        kernel_regularizer=penalty,
        bias_regularizer=penalty,
        activity_regularizer=penalty,
    )
    model = keras.Model(inputs, layer(inputs))
    # PyTorch needs a C++ compiler, which may be missing.
    jit_compile = policy == "float32" and keras.backend.backend() != "torch"
    model.compile("sgd", "mse", jit_compile=jit_compile)
    x, y = np.ones((6, 3), "float32"), np.zeros((6, 4), "float32")
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].kernel_regularizer.get_config() == penalty.get_config()
    assert_allclose(
        loaded.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize("bad", [-0.1, math.inf, math.nan, "0.1", None, True, 1j])
@pytest.mark.parametrize(
    "build, argument",
    [
        (L1, "alpha"),
        (L2, "alpha"),
        (lambda value: L1L2(l1=value), "l1"),
        (lambda value: L1L2(l2=value), "l2"),
        (L1.from_laplace_prior, "scale"),
        (L2.from_gaussian_prior, "stddev"),
    ],
    ids=["L1", "L2", "L1L2-l1", "L1L2-l2", "laplace", "gaussian"],
)
def test_refuses_invalid_strengths(build, argument, bad):
    with pytest.raises(ValueError, match=f"`{argument}` must be finite"):
        build(bad)


@pytest.mark.parametrize("prior", [L1.from_laplace_prior, L2.from_gaussian_prior])
@pytest.mark.parametrize("width", [0, 1e-310])
def test_refuses_a_prior_of_zero_width(prior, width):
    with pytest.raises(ValueError, match="must be finite"):
        prior(width)


def test_l2_is_keras_with_half_the_strength():
    w = np.random.default_rng(1).normal(size=20).astype("float32")
    assert_allclose(float(L2(0.3)(w)), float(keras.regularizers.L2(0.15)(w)), rtol=1e-6)
    assert_allclose(float(L1(0.3)(w)), float(keras.regularizers.L1(0.3)(w)), rtol=1e-6)


# The claims of the notes.


def regression():
    """Return data with independent features, so that minima have a closed form."""
    rng = np.random.default_rng(2)
    x, _ = np.linalg.qr(rng.normal(size=(40, 6)))
    w = np.array([[2.0], [-1.0], [0.5], [0.1], [-0.05], [0.0]])
    return x, x @ w + 0.02 * rng.normal(size=(40, 1))


def minimum(penalty, x, y, steps=400, rate=0.1):
    """Minimise ½ Σ (t−o)² + penalty by gradient descent."""

    def objective(w):
        outputs = keras.ops.matmul(x.astype("float32"), w)
        error = keras.ops.subtract(outputs, y.astype("float32"))
        return 0.5 * keras.ops.sum(keras.ops.square(error)) + penalty(w)

    w = np.full((x.shape[1], 1), 0.3, "float32")
    for step in range(steps):
        _, gradient = value_and_gradient(objective, w)
        w -= np.float32(rate / (1 + step / 20)) * gradient
    return w


def test_l2_under_gradient_descent_shrinks_each_weight():
    start = np.random.default_rng(3).normal(size=(3, 2)).astype("float32")
    inputs = keras.Input((3,))
    layer = keras.layers.Dense(2, use_bias=False, kernel_regularizer=L2(0.5))
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    layer.set_weights([start])
    # All inputs are 0, so the data have no gradient.
    x, y = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model.fit(x, y, batch_size=1, epochs=1, verbose=0)
    expected = start.astype("float64") * (1 - 0.1 * 0.5) ** 4
    assert_allclose(layer.get_weights()[0], expected, rtol=1e-6)


def test_l1_gives_the_zeros_of_the_soft_threshold_and_l2_gives_none():
    x, y = regression()
    alpha = 0.3
    least_squares = x.T @ y
    thresholded = np.sign(least_squares) * np.maximum(np.abs(least_squares) - alpha, 0)
    zeros = thresholded == 0
    assert zeros.sum() == 3
    with_l1, with_l2 = minimum(L1(alpha), x, y), minimum(L2(alpha), x, y)
    # Gradient descent overshoots 0 by at most the last rate times 2 alpha.
    assert_array_equal(np.abs(with_l1) < 3e-3, zeros)
    assert_allclose(with_l1, thresholded, atol=3e-3)
    assert_allclose(with_l2, least_squares / (1 + alpha), atol=1e-3)
    assert (np.abs(with_l2) > np.abs(least_squares) / 2).all()


PRIORS = {  # name: (penalty, negative log of the prior's density)
    "Laplace": (
        L1.from_laplace_prior(0.4),
        lambda w: np.abs(w) / 0.4 + math.log(2 * 0.4),
    ),
    "Gaussian": (
        L2.from_gaussian_prior(0.4),
        lambda w: w**2 / (2 * 0.4**2) + 0.5 * math.log(2 * math.pi * 0.4**2),
    ),
}


@pytest.mark.parametrize("penalty, negative_log_prior", PRIORS.values(), ids=PRIORS)
def test_the_penalised_minimum_is_the_maximum_a_posteriori(penalty, negative_log_prior):
    # One weight and unit Gaussian noise: the posterior on a fine grid of weights.
    rng = np.random.default_rng(4)
    x = rng.normal(size=(5, 1))
    y = 1.2 * x + rng.normal(size=(5, 1))
    grid = np.linspace(-3, 3, 60001)
    error = y - x * grid
    likelihood = 0.5 * (error**2 + math.log(2 * math.pi)).sum(axis=0)
    most_probable = grid[np.argmin(likelihood + negative_log_prior(grid))]
    assert abs(most_probable) > 0.1
    assert_allclose(minimum(penalty, x, y), [[most_probable]], atol=1e-3)
