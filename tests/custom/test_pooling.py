"""The pooling layers against explicit loops over windows in float64."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from custom import layers
from tests.custom.gradients import value_and_gradient
from tests.custom.pooling_formulas import (
    CASES,
    FAMILIES,
    FORMULAS,
    IDS,
    build,
    norm,
    numbers,
    reference,
)

NAMES = [name for name in layers.__all__ if name[-2:] in ("1D", "2D", "3D")]
WINDOWS = {  # shape, sizes, strides
    "1D": ((2, 9, 3), (3,), (2,)),
    "1D gaps": ((2, 8, 3), (2,), (3,)),
    "2D": ((2, 6, 7, 2), (2, 2), (2, 2)),
    "2D nine": ((1, 7, 6, 2), (3, 3), (3, 3)),
    "2D overlap": ((1, 7, 6, 2), (3, 2), (2, 1)),
    "3D": ((1, 4, 5, 4, 2), (2, 3, 2), (2, 2, 1)),
}


def test_every_public_name_has_a_row():
    assert {name[:-2] for name in NAMES} == set(FORMULAS)
    assert len(NAMES) == 3 * len(FORMULAS)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_follows_its_formula(family, arguments, formula, padding, data_format):
    for name, (shape, size, stride) in WINDOWS.items():
        if data_format == "channels_first" and name != "2D overlap":
            continue
        x = numbers(shape)
        y, slope = reference(x.astype("float64"), formula, size, stride, padding)
        if data_format == "channels_first":
            x, y, slope = (np.moveaxis(a, -1, 1) for a in (x, y, slope))
        layer = build(
            family,
            len(size),
            pool_size=size,
            strides=stride,
            padding=padding,
            data_format=data_format,
            **arguments,
        )
        computed, gradient = value_and_gradient(layer, x, compiled_by_jax=True)
        assert layer.compute_output_shape(x.shape) == computed.shape, name
        assert_allclose(computed, y, rtol=3e-6, atol=3e-7, err_msg=name)
        assert_allclose(gradient, slope, rtol=2e-5, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("policy, rtol", [("float16", 1e-3), ("bfloat16", 8e-3)])
@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_half_precision_rounds_only_the_result(
    family, arguments, formula, policy, rtol
):
    x = numbers((2, 6, 6, 2), "float16")
    # Few enough digits for bfloat16, so that the input is not rounded again.
    x = np.round(x * 16) / 16
    layer = build(family, 2, dtype=f"mixed_{policy}", **arguments)
    y, _ = reference(x.astype("float64"), formula, (2, 2), (2, 2), "valid")
    computed = layer(keras.ops.cast(x, policy))
    assert keras.backend.standardize_dtype(computed.dtype) == policy
    computed = keras.ops.convert_to_numpy(keras.ops.cast(computed, "float32"))
    assert_allclose(computed, y, rtol=rtol, atol=rtol / 4)


@pytest.mark.parametrize("scale", [1e-35, 1e-22, 1e-15, 1e15, 1e30])
@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 100, math.inf])
def test_norm_keeps_its_range(p, scale):
    x = np.float32(scale) * numbers((1, 4, 4, 2))
    y, slope = reference(x.astype("float64"), norm(p), (2, 2), (2, 2), "valid")
    layer = layers.LpPooling2D(p)
    computed, gradient = value_and_gradient(layer, x, compiled_by_jax=True)
    assert_allclose(computed, y, rtol=5e-6)
    assert_allclose(gradient, slope, rtol=2e-4, atol=2e-5)


def test_norm_counts_cells_whose_powers_underflow():
    """The squares of three cells are below the normal float32, and may become 0."""
    x = np.array([1, 1, 1, 1, 3e-19, 1e-19, 1e-19, 1e-19], "float32")[None, :, None]
    y, slope = reference(x.astype("float64"), norm(2), (4,), (4,), "valid")
    computed, gradient = value_and_gradient(layers.LpPooling1D(2, 4), x)
    assert_allclose(computed, y, rtol=1e-6)
    assert_allclose(gradient, slope, rtol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_sums_of_the_greatest_numbers_stay_finite(training):
    """Cells are clipped to the greatest float32 divided by the cells of a window."""
    x = np.full((1, 4, 1), np.finfo("float32").max)
    layer = layers.StochasticPooling1D(4, seed=1)
    value = keras.ops.convert_to_numpy(layer(x, training=training))
    assert_allclose(value, 3.4e38 / 4, rtol=1e-6)


@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_is_finite_on_zeros(family, arguments, formula):
    layer = build(family, 2, **arguments)
    value, gradient = value_and_gradient(layer, np.zeros((1, 4, 4, 1), "float32"))
    assert_array_equal(value, 0)
    assert np.isfinite(gradient).all()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    family=st.sampled_from(FAMILIES),
    padding=st.sampled_from(["valid", "same"]),
    size=st.integers(1, 4),
    stride=st.integers(1, 5),
    length=st.integers(4, 9),
    exponent=st.integers(-36, 36),
    training=st.booleans(),
)
def test_finite_in_finite_out(
    family, padding, size, stride, length, exponent, training
):
    x = np.float32(10.0) ** exponent * numbers((1, length, 2), seed=length)
    layer = build(family, 1, pool_size=size, strides=stride, padding=padding)
    value, gradient = (
        value_and_gradient(lambda x: layer(x, training=training), x)
        if (family == "StochasticPooling")
        else value_and_gradient(layer, x)
    )
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("p", [1, 2, 3.5])
def test_agrees_with_torch(p):
    torch = pytest.importorskip("torch")
    x = np.abs(numbers((2, 6, 6, 3)))
    peer = torch.nn.LPPool2d(p, 2)(torch.tensor(np.moveaxis(x, -1, 1)))
    ours = keras.ops.convert_to_numpy(layers.LpPooling2D(p)(x))
    assert_allclose(np.moveaxis(ours, -1, 1), peer.numpy(), rtol=3e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="only TensorFlow runs both eagerly and in graphs",
)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_graphs_and_eager_mode_agree(family, arguments, formula, padding):
    """Graphs use fused computations in training, with the same random numbers."""
    import tensorflow as tf

    x = np.abs(numbers((3, 7, 6, 2)))

    def build_once():
        layer = build(family, 2, pool_size=3, padding=padding, **arguments)
        return lambda x: layer(x, training=True)

    eager = value_and_gradient(build_once(), x)
    unknown_batch = tf.TensorSpec((None, *x.shape[1:]), "float32")
    in_graph = tf.function(build_once(), input_signature=[unknown_batch])
    for first, second in zip(eager, value_and_gradient(in_graph, x), strict=True):
        assert_allclose(first, second, rtol=1e-6, atol=1e-7)


def test_choices_follow_their_probabilities():
    """Chi-squared with 3 degrees of freedom exceeds 16.27 for 1 of 1000 seeds."""
    cells = np.array([0.5, 0.0, 1.5, 2.0, 4.0], "float32")
    draws = 20_000
    x = np.tile(cells[None, :, None], (1, 1, draws))
    layer = layers.StochasticPooling1D(5, seed=7)
    chosen = keras.ops.convert_to_numpy(layer(x, training=True)).ravel()
    observed = np.array([(chosen == a).sum() for a in cells])
    assert observed[1] == 0
    assert observed.sum() == draws
    expected = draws * cells[cells > 0] / cells.sum()
    assert ((observed[cells > 0] - expected) ** 2 / expected).sum() < 16.27


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_gradient_goes_only_to_the_chosen_cell(padding):
    x = np.random.default_rng(1).permutation(98).reshape(1, 7, 7, 2) + 1
    x = x.astype("float32")
    layer = layers.StochasticPooling2D(3, padding=padding, seed=1)
    value, gradient = value_and_gradient(lambda x: layer(x, training=True), x)
    assert_array_equal(gradient, np.isin(x, value).astype("float32"))


def test_negative_activations_are_never_chosen():
    x = np.array([[[-5.0], [2.0], [-1.0], [-3.0]]], "float32")
    layer = layers.StochasticPooling1D(2, seed=1)
    value, gradient = value_and_gradient(lambda x: layer(x, training=True), x)
    assert_array_equal(value.ravel(), [2, 0])
    assert_array_equal(gradient.ravel(), [0, 1, 0, 0])


def test_a_seed_makes_the_choices_repeatable():
    x = np.abs(numbers((2, 8, 8, 3)))
    first, same, other = (
        layers.StochasticPooling2D(seed=seed)(x, training=True) for seed in (1, 1, 2)
    )
    first, same, other = map(keras.ops.convert_to_numpy, (first, same, other))
    assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize("learn, shape", [("layer", ()), ("channel", (2,))])
def test_learns_its_mixture(learn, shape):
    """The targets are maxima, so the share of the maximum grows, up to 1."""
    layer = layers.MixedPooling1D(learn=learn)
    model = keras.Sequential([keras.Input((4, 2)), layer])
    model.compile(keras.optimizers.SGD(5.0), "mse")
    x = numbers((8, 4, 2))
    model.fit(x, x.reshape(8, 2, 2, 2).max(2), epochs=20, verbose=0)
    assert layer.logit.shape == shape
    share = keras.ops.convert_to_numpy(keras.ops.sigmoid(layer.logit))
    assert (share > 0.6).all()
    assert (share <= 1).all()
