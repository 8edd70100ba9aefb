"""The activations against their formulas in float64, on every float16 number."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose, assert_array_equal

from custom import activations
from tests.custom.gradients import value_and_gradient


def logistic(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


CASES = {  # name: (value, gradient of the sum of outputs times c), from the formulas
    "sign": (lambda x: np.where(x > 0, 1.0, -1.0), lambda x, c: c + 0 * x),
    "sigmoid": (logistic, lambda x, c: c * logistic(x) * logistic(-x)),
    "tanh": (
        np.tanh,
        lambda x, c: c * 4 * logistic(2 * x) * logistic(-2 * x),
    ),
    "softsign": (lambda x: x / (1 + np.abs(x)), lambda x, c: c / (1 + np.abs(x)) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x, c: c * (x > 0)),
    "softplus": (
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        lambda x, c: c * logistic(x),
    ),
    "softmax": (
        softmax,
        lambda x, c: softmax(x) * (c - (c * softmax(x)).sum(-1, keepdims=True)),
    ),
}

SAME_AS_KERAS = ["relu", "sigmoid", "softmax", "softplus", "tanh"]


def every_float16():
    x = np.arange(2**16, dtype="uint16").view("float16")
    return x[np.isfinite(x)].reshape(-1, 32)


def weighted(name, c):
    """Return the activation times weights, so that the gradient shows each output."""
    activation = getattr(activations, name)
    return lambda x: activation(x) * keras.ops.cast(c, x.dtype)


def test_every_public_name_has_a_row():
    assert set(CASES) == set(activations.__all__)


@pytest.mark.parametrize("name", SAME_AS_KERAS)
def test_is_the_function_of_keras(name):
    assert getattr(activations, name) is getattr(keras.activations, name)


@pytest.mark.parametrize("name", CASES)
def test_follows_its_formula_at_every_float16(name):
    value, gradient = CASES[name]
    x = every_float16()
    c = np.tile([1.0, -0.5], 16).astype("float16")
    computed, slope = value_and_gradient(weighted(name, c), x)
    wide, c = x.astype("float64"), c.astype("float64")
    # JAX gives 0 for values below 1.5e-5, where exp(-x) overflows float16.
    assert_allclose(computed, c * value(wide), rtol=2e-3, atol=2e-5)
    # The backends compute a slope as 1 - tanh(x)² or σ(x)(1 - σ(x)), with an error of
    # a few roundings of 1.
    atol = 2e-5 if name in ["sign", "softsign", "relu"] else 2e-3
    assert_allclose(slope, gradient(wide, c), rtol=2e-3, atol=atol)


@pytest.mark.parametrize("name", CASES)
def test_follows_its_formula_in_float32(name):
    value, gradient = CASES[name]
    x = np.random.default_rng(1).normal(scale=4, size=(64, 6)).astype("float32")
    c = np.array([1, -2, 3, -1, 2, -3], "float32")
    computed, slope = value_and_gradient(weighted(name, c), x)
    wide = x.astype("float64")
    assert_allclose(computed, c * value(wide), rtol=1e-6, atol=1e-12)
    # A slope computed as 1 - tanh(x)² has an error of a few roundings of 1.
    assert_allclose(slope, gradient(wide, c), rtol=1e-6, atol=4e-6)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    x=arrays.arrays(
        "float32",
        arrays.array_shapes(min_dims=1, max_dims=4, min_side=2, max_side=3),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_finite_in_finite_out(name, x):
    value, slope = value_and_gradient(getattr(activations, name), x)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert value.shape == x.shape


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_sign_is_exact_with_the_slope_of_the_identity(dtype):
    limits = np.finfo(dtype)
    x = np.array([0.0, -0.0, limits.tiny, -limits.tiny, limits.max, limits.min], dtype)
    value, slope = value_and_gradient(activations.sign, x)
    assert_array_equal(value, [-1, -1, 1, -1, 1, -1])
    assert_array_equal(slope, np.ones(6))


def test_sign_of_infinity_and_nan():
    value, slope = value_and_gradient(
        activations.sign, np.array([np.inf, -np.inf, np.nan], "float32")
    )
    assert_array_equal(value, [1, -1, np.nan])
    assert_array_equal(slope[:2], [0, 0])


def test_sign_and_half_sum_squared_error_give_the_perceptron_rule():
    from custom.losses import HalfSumSquaredError

    rng = np.random.default_rng(2)
    x = rng.normal(size=(20, 3)).astype("float32")
    t = np.where(x[:, :1] > x[:, 1:2], 1, -1).astype("float32")
    w = rng.normal(size=(3, 1)).astype("float32")
    loss = HalfSumSquaredError()
    _, gradient = value_and_gradient(
        lambda w: loss(t, activations.sign(keras.ops.matmul(x, w))), w
    )
    o = np.where(x.astype("float64") @ w > 0, 1, -1)
    assert_allclose(-gradient, x.T.astype("float64") @ (t - o), rtol=1e-6, atol=1e-6)


def test_the_slope_of_sigmoid_is_at_most_a_quarter():
    x = np.linspace(-20, 20, 4001, dtype="float32")
    _, slope = value_and_gradient(activations.sigmoid, x)
    assert slope.max() == slope[2000] == 0.25


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", CASES)
def test_survives_saving_in_a_model(name, policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    activation = getattr(activations, name)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(4, activation=activation)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].activation is activation
    x = np.random.default_rng(3).normal(size=(5, 3)).astype("float32")
    expected, got = model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    assert expected.dtype == got.dtype == model.compute_dtype
    assert_array_equal(got, expected)


@pytest.mark.parametrize("name", CASES)
def test_takes_symbolic_tensors_of_unknown_size(name):
    inputs = keras.Input((None, 3), dtype="float16")
    outputs = getattr(activations, name)(inputs)
    assert outputs.shape == (None, None, 3)
    assert outputs.dtype == "float16"


@pytest.mark.parametrize("name", CASES)
def test_can_be_compiled(name):
    model = keras.Sequential(
        [keras.layers.Dense(3, activation=getattr(activations, name))]
    )
    # PyTorch needs a C++ compiler, which may be missing.
    jit_compile = keras.backend.backend() != "torch"
    model.compile("sgd", "mse", jit_compile=jit_compile)
    x = np.random.default_rng(4).normal(size=(8, 2)).astype("float32")
    with warnings.catch_warnings():
        # TensorFlow warns once that XLA is used.
        warnings.simplefilter("ignore", ResourceWarning)
        history = model.fit(x, np.ones((8, 3)), verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("name", ["sign", "softsign"])
def test_refuses_text(name):
    with pytest.raises((ValueError, TypeError)):
        getattr(activations, name)("text")
