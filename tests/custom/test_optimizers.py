"""The optimizers against their formulas, step by step."""

import inspect
import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from keras import ops
from numpy.testing import assert_allclose

from custom import optimizers
from custom.optimizers import Nadam
from tests.custom.optimizer_formulas import CASES, follow

NAMES = list(CASES)
SHAPES = [(), (5,), (3, 4), (2, 3, 1, 2)]
BACKEND = keras.backend.backend()
TENSORFLOW = BACKEND == "tensorflow"
only_tensorflow = pytest.mark.skipif(
    not TENSORFLOW, reason="only TensorFlow has sparse gradients and fused kernels"
)


def training_data(steps=12, dtype="float32", largest=2, smallest=-3):
    """Return weights of several shapes and gradients of many sizes, some always 0."""
    rng = np.random.default_rng(0)
    # `asarray`, because Keras treats a NumPy scalar as a Python number.
    weights = [np.asarray(rng.normal(size=shape), dtype) for shape in SHAPES]
    gradients = []
    for _ in range(steps):
        sizes = [10 ** rng.uniform(smallest, largest, shape) for shape in SHAPES]
        signs = [rng.choice([-1, 1], shape) for shape in SHAPES]
        step = [np.asarray(a * b, dtype) for a, b in zip(signs, sizes, strict=True)]
        step[1][2] = 0
        gradients.append(step)
    return weights, gradients


def run(optimizer, weights, gradients):
    """Return the weights after all steps, and the variables that hold them."""
    variables = [keras.Variable(w, dtype=str(w.dtype)) for w in weights]
    apply = optimizer.apply
    if BACKEND == "jax" and optimizer.gradient_accumulation_steps:
        apply = compiled_by_jax(optimizer, variables)  # eagerly, its `cond` is slow
    for step in gradients:
        apply([ops.convert_to_tensor(g, dtype=str(g.dtype)) for g in step], variables)
    return [ops.convert_to_numpy(v) for v in variables], variables


def compiled_by_jax(optimizer, variables):
    import jax

    optimizer.build(variables)
    step = jax.jit(optimizer.stateless_apply)

    def apply(gradients, variables):
        kept = [*variables, *optimizer.variables]
        values = [v.value for v in kept]
        weights, state = step(
            values[len(variables) :], gradients, values[: len(variables)]
        )
        for variable, value in zip(kept, [*weights, *state], strict=True):
            variable.assign(value)

    return apply


@pytest.fixture(params=["formula", "kernel"])
def path(request, monkeypatch):
    """Run with the fused kernels, and with the formula only."""
    if request.param == "formula":
        if TENSORFLOW:
            from custom.optimizers import tensorflow_kernels

            monkeypatch.setattr(
                tensorflow_kernels, "update", lambda self, gradient, *_: gradient
            )
    elif not TENSORFLOW:
        pytest.skip("only TensorFlow has fused kernels for these formulas")


def test_every_public_name_has_a_row():
    assert set(CASES) == set(optimizers.__all__)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("defaults", [True, False])
def test_one_step_is_exact(name, defaults, path):
    """Compare the first step from weights of 0, which shows its relative error."""
    case = CASES[name]
    arguments = {} if defaults else case.arguments
    optimizer = getattr(optimizers, name)(**arguments)
    weights, gradients = training_data(steps=1)
    weights = [np.zeros_like(w) for w in weights]
    seen, _ = run(optimizer, weights, gradients)
    expected, _ = follow(case, arguments, weights, gradients)
    for a, b in zip(seen, expected, strict=True):
        assert_allclose(a, b, rtol=case.rtol, atol=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("defaults", [True, False])
def test_follows_its_formula(name, defaults, path):
    case = CASES[name]
    arguments = {} if defaults else case.arguments
    optimizer = getattr(optimizers, name)(**arguments)
    weights, gradients = training_data()
    seen, _ = run(optimizer, weights, gradients)
    expected, _ = follow(case, arguments, weights, gradients)
    for a, b in zip(seen, expected, strict=True):
        assert a.dtype == "float32"
        assert_allclose(a, b, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype, ulp", [("float16", 1e-3), ("bfloat16", 8e-3)])
def test_half_precision_weights_are_updated_in_float32(name, dtype, ulp):
    case = CASES[name]
    optimizer = getattr(optimizers, name)()
    weights, gradients = training_data()
    narrow = [ops.convert_to_tensor(w, dtype=dtype) for w in weights]
    variables = [keras.Variable(w, dtype=dtype) for w in narrow]
    weights = [ops.convert_to_numpy(ops.cast(w, "float32")) for w in narrow]
    for step in gradients:
        optimizer.apply([ops.cast(g, dtype) for g in step], variables)
    rounded = [
        [ops.convert_to_numpy(ops.cast(ops.cast(g, dtype), "float32")) for g in step]
        for step in gradients
    ]
    expected, _ = follow(case, {}, weights, rounded)
    for variable, b in zip(variables, expected, strict=True):
        assert variable.dtype == dtype
        a = ops.convert_to_numpy(ops.cast(variable, "float32"))
        # Each of twelve steps rounds the weight by half a unit.
        assert_allclose(a, b, rtol=6 * ulp, atol=6 * ulp)
    states = optimizer.variables[2:]
    assert {keras.backend.standardize_dtype(v.dtype) for v in states} <= {"float32"}


@pytest.mark.skipif(
    BACKEND == "jax", reason="JAX has no float64 unless it is enabled at the start"
)
@pytest.mark.parametrize("name", NAMES)
def test_float64_is_kept(name):
    case = CASES[name]
    arguments = {**case.arguments, "learning_rate": 0.25}
    optimizer = getattr(optimizers, name)(**arguments)
    weights, gradients = training_data(dtype="float64")
    seen, _ = run(optimizer, weights, gradients)
    expected, _ = follow(case, arguments, weights, gradients)
    for a, b in zip(seen, expected, strict=True):
        assert a.dtype == "float64"
        assert_allclose(a, b, rtol=1e-12, atol=1e-12)


RATES = {
    "schedule": (
        lambda: keras.optimizers.schedules.ExponentialDecay(0.2, 2, 0.5),
        lambda n: 0.2 * 0.5 ** ((n - 1) / 2),
    ),
    "callable": (lambda: lambda: 0.25, lambda n: 0.25),
    "integer": (lambda: 1, lambda n: 1.0),
    "zero": (lambda: 0.0, lambda n: 0.0),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given, eta", RATES.values(), ids=RATES)
def test_learning_rates(name, given, eta):
    case = CASES[name]
    optimizer = getattr(optimizers, name)(given())
    weights, gradients = training_data(largest=0)
    seen, _ = run(optimizer, weights, gradients)
    expected, _ = follow(case, {"learning_rate": eta}, weights, gradients)
    for a, b in zip(seen, expected, strict=True):
        assert_allclose(a, b, rtol=3e-6, atol=3e-6)


OPTIONS = [
    {"weight_decay": 0.1},
    {"clipnorm": 0.5},
    {"clipvalue": 0.1},
    {"global_clipnorm": 0.5},
    {"loss_scale_factor": 8.0},
    {"gradient_accumulation_steps": 3},
    {"use_ema": True, "ema_momentum": 0.75},
    {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 4},
    {"weight_decay": 0.1, "clipvalue": 0.1, "gradient_accumulation_steps": 2},
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o))
def test_options_of_the_base_class(name, options):
    case = CASES[name]
    optimizer = getattr(optimizers, name)(0.125, **options)
    weights, gradients = training_data(largest=0)
    seen, variables = run(optimizer, weights, gradients)
    expected, average = follow(
        case, {"learning_rate": 0.125}, weights, gradients, **options
    )
    for a, b in zip(seen, expected, strict=True):
        assert_allclose(a, b, rtol=3e-6, atol=3e-6)
    if average:
        optimizer.finalize_variable_values(variables)
        for a, b in zip(variables, average, strict=True):
            assert_allclose(ops.convert_to_numpy(a), b, rtol=3e-6, atol=3e-6)


@only_tensorflow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_sparse_gradients_equal_dense_ones(name, dtype):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    table = rng.normal(size=(6, 2)).astype(dtype)
    rows = [[0, 3, 0], [3, 3, 5], [1, 2, 1], [4, 4, 4]]
    values = rng.normal(size=(4, 3, 2)).astype(dtype)
    results = []
    for sparse in (True, False):
        optimizer = getattr(optimizers, name)(0.125)
        variable = keras.Variable(table, dtype=dtype)
        for r, v in zip(rows, values, strict=True):
            g = tf.IndexedSlices(tf.constant(v), tf.constant(r), tf.constant([6, 2]))
            g = g if sparse else tf.convert_to_tensor(g)
            optimizer.apply([g], [variable])
        results.append(ops.convert_to_numpy(variable))
    assert_allclose(*results, rtol=2e-3 if dtype == "float16" else 1e-6, atol=1e-6)


@only_tensorflow
@pytest.mark.parametrize("name", ["GradientDescent", "Adagrad"])
def test_rows_without_gradient_are_unchanged(name):
    import tensorflow as tf

    variable = keras.Variable(np.full((3, 2), np.nan, "float32"))
    variable.assign(ops.array([[1.0, 1.0], [np.nan, np.nan], [1.0, 1.0]]))
    g = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([0]), tf.constant([3, 2]))
    optimizer = getattr(optimizers, name)(0.5)
    optimizer.apply([g], [variable])
    assert_allclose(
        ops.convert_to_numpy(variable), [[0.5, 0.5], [np.nan] * 2, [1, 1]], rtol=1e-6
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    gradient=arrays.arrays(
        "float32",
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        elements=st.floats(-(2.0**126), 2.0**126, width=32),
    )
)
def test_finite_in_finite_out(name, gradient):
    optimizer = getattr(optimizers, name)(0.5)
    (seen,), _ = run(optimizer, [np.zeros_like(gradient)], [[gradient]])
    assert np.isfinite(seen).all()


@pytest.mark.parametrize("decay", [0.004, 1.0, 0.1])
def test_the_product_of_momenta_is_exact(decay):
    n = np.arange(1, 3001)
    factors = 0.9 * (1 - 0.5 * 0.96 ** (n * decay))
    optimizer = Nadam(momentum_decay=decay)
    seen = [
        float(optimizer._product_of_mu(ops.convert_to_tensor(float(i))))
        for i in (1, 2, 10, 100, 3000)
    ]
    expected = np.cumprod(factors)[[0, 1, 9, 99, 2999]]
    assert_allclose(seen, expected, rtol=1e-4, atol=1e-7)


BAD = {  # argument: invalid values
    "learning_rate": [-0.1, float("nan"), float("inf"), "fast", None, True],
    "momentum": [-0.1, 1.0, float("nan"), "0.9", None],
    "rho": [-0.1, 1.0, float("nan"), "0.9", None],
    "beta_1": [-0.1, 1.0, 3.0, float("nan"), "0.9", None],
    "beta_2": [-0.1, 1.0, 3.0, float("nan"), "0.9", None],
    "epsilon": [0.0, -1e-7, float("nan"), float("inf"), "small", None],
    "momentum_decay": [0.0, -1.0, float("nan"), float("inf"), "slow", None],
    "weight_decay": [-0.1, float("nan"), "some"],
    "clipnorm": [0.0, -1.0, float("nan"), "1"],
    "clipvalue": [0.0, -1.0, float("nan"), "1"],
    "global_clipnorm": [0.0, -1.0, float("nan"), "1"],
    "use_ema": [1, "yes", None],
    "ema_momentum": [-0.1, 1.1, float("nan"), None],
    "ema_overwrite_frequency": [0, -1, 1.5],
    "loss_scale_factor": [0.0, -1.0, float("inf")],
    "gradient_accumulation_steps": [0, 1, 2.5],
}
SHARED = list(BAD)[7:]


@pytest.mark.parametrize("name", NAMES)
def test_refuses_invalid_arguments(name):
    make = getattr(optimizers, name)
    own = [p for p in inspect.signature(make).parameters if p != "options"]
    for argument in own + SHARED:
        for value in BAD[argument]:
            with pytest.raises(ValueError, match=f"`{argument}`"):
                make(**{argument: value})
    with pytest.raises(ValueError, match="speed"):
        make(speed=1)


@pytest.mark.parametrize("name", NAMES)
def test_all_arguments_are_documented(name):
    make = getattr(optimizers, name)
    parts = re.search(r"Args:\n(.*?)\n\n", inspect.getdoc(make), re.DOTALL)
    documented = re.findall(r"^    (\S+):", parts[1], re.MULTILINE)
    signature = [
        f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name
        for p in inspect.signature(make).parameters.values()
    ]
    assert documented == signature


def test_the_reference_has_the_same_defaults():
    for name, case in CASES.items():
        ours = inspect.signature(getattr(optimizers, name)).parameters
        theirs = inspect.signature(case.step).parameters
        own = list(theirs.values())[4:]
        assert {p.name: p.default for p in own} == {
            p.name: p.default for p in ours.values() if p.name in theirs
        }
        assert case.learning_rate == ours["learning_rate"].default
