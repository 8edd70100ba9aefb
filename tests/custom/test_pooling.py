"""The pooling layers against explicit loops over windows in float64."""

import itertools
import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from custom import layers
from tests.custom.gradients import value_and_gradient


def spans(length, size, stride, padding):
    """Return the cells of each window along one axis, without padded ones."""
    if padding == "valid":
        starts = range(0, length - size + 1, stride)
    else:
        number = math.ceil(length / stride)
        before = max((number - 1) * stride + size - length, 0) // 2
        starts = [i * stride - before for i in range(number)]
    return [slice(max(start, 0), min(start + size, length)) for start in starts]


def reference(x, formula, size, stride, padding):
    """Return the outputs and the gradient of their sum; `x` has the channels last."""
    axes = [
        spans(n, k, s, padding)
        for n, k, s in zip(x.shape[1:-1], size, stride, strict=True)
    ]
    y = np.zeros((x.shape[0], *map(len, axes), x.shape[-1]))
    slope = np.zeros_like(x)
    for index in itertools.product(*(range(len(axis)) for axis in axes)):
        window = tuple(axis[i] for axis, i in zip(axes, index, strict=True))
        for b, c in itertools.product(range(x.shape[0]), range(x.shape[-1])):
            a = x[(b, *window, c)]
            y[(b, *index, c)], share = formula(a)
            slope[(b, *window, c)] += share
    return y, slope


def norm(p):
    def formula(a):
        greatest = np.abs(a).max()
        if greatest == 0:
            return 0.0, np.zeros_like(a)
        if math.isinf(p):
            winners = np.abs(a) == greatest
            return greatest, np.sign(a) * winners / winners.sum()
        y = greatest * ((np.abs(a) / greatest) ** p).sum() ** (1 / p)
        return y, np.sign(a) * (np.abs(a) / y) ** (p - 1)

    return formula


def expectation(a):
    a, positive = np.maximum(a, 0), a > 0
    if a.sum() == 0:
        return 0.0, np.zeros_like(a)
    y = (a**2).sum() / a.sum()
    return y, positive * (2 * a - y) / a.sum()


def median(a):
    ordered = np.sort(a.ravel())
    n = ordered.size
    middle = ordered[(n - 1) // 2], ordered[n // 2]
    slope = sum(0.5 * (a == m) / (a == m).sum() for m in middle)
    return 0.5 * sum(middle), slope


def mixture(share):
    def formula(a):
        winners = a == a.max()
        y = share * a.max() + (1 - share) * a.mean()
        return y, share * winners / winners.sum() + (1 - share) / a.size

    return formula


FORMULAS = {  # family: [(arguments, formula)]
    "LpPooling": [
        *(({"p": p}, norm(p)) for p in (1, 2, 3, 4, 2.5, 20, math.inf)),
    ],
    "StochasticPooling": [({"seed": 3}, expectation)],
    "MedianPooling": [({}, median)],
    "MixedPooling": [
        ({"mix": 0.3}, mixture(0.3)),
        ({"mix": 0.3, "learn": "layer"}, mixture(0.3)),
        ({"mix": 0.3, "learn": "channel"}, mixture(0.3)),
    ],
}
CASES = [(f, a, formula) for f, rows in FORMULAS.items() for a, formula in rows]
IDS = [f + "".join(f"-{v}" for v in a.values()) for f, a, _ in CASES]
NAMES = [name for name in layers.__all__ if name[-2:] in ("1D", "2D", "3D")]
FAMILIES = sorted(FORMULAS)
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


def numbers(shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def build(family, rank, **arguments):
    return getattr(layers, f"{family}{rank}D")(**arguments)


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


@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_survives_saving(family, arguments, formula, tmp_path):
    given = {
        "pool_size": (3, 2),
        "strides": (2, 3),
        "padding": "same",
        "data_format": "channels_last",
        **arguments,
    }
    layer = build(family, 2, **given)
    config = layer.get_config()
    assert {name: config[name] for name in given} == given
    model = keras.Sequential([keras.Input((6, 7, 2)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = numbers((2, 6, 7, 2))
    assert_array_equal(
        keras.ops.convert_to_numpy(loaded(x)), keras.ops.convert_to_numpy(model(x))
    )


def test_saves_its_random_state(tmp_path):
    x = np.abs(numbers((2, 8, 8, 3)))
    layer = layers.StochasticPooling2D(seed=1)
    model = keras.Sequential([keras.Input((8, 8, 3)), layer])
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    following = keras.ops.convert_to_numpy(model(x, training=True))
    assert_array_equal(keras.ops.convert_to_numpy(loaded(x, training=True)), following)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_trains_with_unknown_sizes(family, jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("PyTorch needs a C++ compiler")
    # XLA on TensorFlow needs the sizes only when it compiles.
    model = keras.Sequential(
        [
            keras.Input((None, None, 2)),
            build(family, 2, pool_size=3, strides=2, padding="same"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", jit_compile=jit_compile)
    for length in (6, 9):
        x, y = numbers((4, length, length, 2)), np.ones((4, 1))
        assert np.isfinite(model.train_on_batch(x, y))
        assert_allclose(
            model.predict_on_batch(x), keras.ops.convert_to_numpy(model(x)), rtol=1e-4
        )


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


BAD = [
    *(("LpPooling", "p", p) for p in (0.5, -1, math.nan, "2", None, True)),
    *(("StochasticPooling", "seed", seed) for seed in (1.5, "a", True)),
    *(("MixedPooling", "mix", mix) for mix in (-0.1, 1.1, math.nan, "half")),
    ("MixedPooling", "learn", "pixel"),
    *(
        (family, name, value)
        for family in FAMILIES
        for name, value in [
            ("pool_size", 0),
            ("pool_size", (2, 2, 2)),
            ("pool_size", 1.5),
            ("strides", -1),
            ("strides", (1, 0)),
            ("padding", "full"),
            ("data_format", "last"),
        ]
    ),
]


@pytest.mark.parametrize("family, name, value", BAD)
def test_refuses_invalid_arguments(family, name, value):
    with pytest.raises(ValueError, match=f"`{name}`"):
        build(family, 2, **{name: value})


@pytest.mark.parametrize("mix", [0, 1])
def test_refuses_to_learn_from_0_or_1(mix):
    with pytest.raises(ValueError, match="`mix`"):
        layers.MixedPooling2D(mix, learn="layer")


@pytest.mark.parametrize("family", FAMILIES)
def test_refuses_inputs_that_do_not_fit(family):
    with pytest.raises(ValueError, match="ndim=4"):
        build(family, 2)(numbers((2, 6, 3)))
    with pytest.raises(ValueError, match="`pool_size`"):
        build(family, 2, pool_size=4)(numbers((1, 3, 6, 1)))
