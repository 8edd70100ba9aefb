"""The losses: invalid inputs, configuration, precision and training."""

import math

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.custom.loss_formulas import (
    CASES,
    FROM_LOGITS,
    WITH_LABELS,
    examples,
    from_probabilities,
    make,
)

# Invalid inputs.


@pytest.mark.parametrize("name", WITH_LABELS)
@pytest.mark.parametrize(
    "target, output",
    [((4, 3), (4, 2)), ((4, 1), (4, 3)), ((4,), (5, 1)), ((3,), (4, 3))],
)
def test_refuses_shapes_that_do_not_fit(name, target, output):
    with pytest.raises(ValueError, match="must have the same shape"):
        make(name)(np.ones(target), np.full(output, 0.5))


@pytest.mark.parametrize("name", WITH_LABELS)
@pytest.mark.parametrize(
    "target, output", [((8,), (8, 1)), ((8, 1), (8,)), ((8, 3), (8, 3, 1))]
)
def test_a_last_axis_of_size_1_is_optional(name, target, output):
    t, x = examples(output)
    whole = float(make(name)(t, x))
    assert_allclose(float(make(name)(t.reshape(target), x)), whole, rtol=1e-6)


def is_nan_or_refused(loss, t, x):
    """Return whether the loss is NaN; PyTorch refuses NaN beside probabilities."""
    try:
        return np.isnan(float(loss(t, x)))
    except RuntimeError:
        return keras.backend.backend() == "torch"


@pytest.mark.parametrize("name", WITH_LABELS)
def test_nan_in_targets_is_propagated(name):
    t, x = examples((8, 1))
    t[0] = np.nan
    assert is_nan_or_refused(make(name), t, x)


@pytest.mark.parametrize("name", CASES)
def test_nan_in_outputs_is_propagated(name):
    t, x = examples((8, 1))
    x[0] = np.nan
    assert is_nan_or_refused(make(name), t, x)


@pytest.mark.parametrize("outside, end", [(-0.5, 0.0), (1.5, 1.0)])
@pytest.mark.parametrize("name", FROM_LOGITS)
def test_numbers_outside_0_and_1_are_clipped_as_in_keras(name, outside, end):
    t = np.array([[1.0], [0.0]], "float32")
    loss = from_probabilities(name)
    clipped = float(loss(t, np.full((2, 1), end, "float32")))
    assert float(loss(t, np.full((2, 1), outside, "float32"))) == clipped
    keras_loss = keras.losses.BinaryCrossentropy()
    assert float(keras_loss(t, np.full((2, 1), outside, "float32"))) == float(
        keras_loss(t, np.full((2, 1), end, "float32"))
    )


BAD = {
    "from_logits": [1, "yes", None],
    "label_smoothing": [-0.1, 1.1, math.nan, "0.1", None],
    "reduction": ["median", 3],
    "dtype": ["int32x", 3],
}
MESSAGES = {"dtype": "dtype|policy"}  # the message is Keras's


@pytest.mark.parametrize("name", CASES)
def test_refuses_bad_arguments(name):
    config = make(name).get_config()
    assert set(config) - {"name"} <= set(BAD)
    for argument in set(config) - {"name"}:
        for bad in BAD[argument]:
            with pytest.raises(ValueError, match=MESSAGES.get(argument, argument)):
                make(name, **{argument: bad})


# Configuration, precision and compilation.


@pytest.mark.parametrize("name", CASES)
def test_configuration_is_exact(name):
    other = {
        "name": "mine",
        "reduction": "mean_with_sample_weight",
        "dtype": "float64",
        "from_logits": not make(name).get_config().get("from_logits"),
        "label_smoothing": 0.3,
    }
    arguments = {key: other[key] for key in make(name).get_config()}
    loss = make(name, **arguments)
    assert loss.get_config() == arguments
    serialized = keras.losses.serialize(loss)
    assert serialized["registered_name"] == f"custom>{name}"
    again = keras.losses.deserialize(serialized)
    assert type(again) is type(loss)
    assert again.get_config() == arguments


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", CASES)
def test_computes_in_at_least_float32(name, dtype):
    loss = make(name, dtype=dtype)
    assert loss.get_config()["dtype"] == "float32"
    t, x = examples((8, 3))
    assert keras.backend.standardize_dtype(loss(t, x).dtype) == "float32"


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", CASES)
def test_trains_compiled_and_survives_saving(name, policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    # PyTorch needs a C++ compiler, which may be missing.
    jit_compile = policy == "float32" and keras.backend.backend() != "torch"
    loss = make(name, **({"from_logits": True} if name in FROM_LOGITS else {}))
    model.compile(keras.optimizers.SGD(0.01), loss, jit_compile=jit_compile)
    t, _ = examples((8, 1))
    x = np.random.default_rng(2).normal(size=(8, 3)).astype("float32")
    rtol = (
        1e-5 if policy == "float32" else 2e-2
    )  # outputs have 8 or 11 significant bits
    before = model.evaluate(x, t, verbose=0)
    outputs = model.predict(x, verbose=0)
    assert_allclose(before, float(loss(t, outputs)), rtol=rtol)
    # mixed_float16 skips the first of the twelve steps until its loss scale fits.
    model.fit(x, t, batch_size=8, epochs=12, verbose=0)
    after = model.evaluate(x, t, verbose=0)
    assert after < before
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.get_config() == loss.get_config()
    assert_array_equal(loaded.evaluate(x, t, verbose=0), after)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
@pytest.mark.parametrize("name", CASES)
def test_works_in_a_training_step_of_ones_own(name, reduction):
    """At the top level of a graph, names of scopes must not start with `_`."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow has names of scopes")
    import tensorflow as tf

    loss = make(name, reduction=reduction)
    t, x = examples((8, 1))

    @tf.function
    def step(targets, outputs):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = loss(targets, outputs)
        return value, tape.gradient(value, outputs)

    value, gradient = step(tf.constant(t), tf.constant(x))
    assert_allclose(value, loss(t, x), rtol=1e-6)
    assert np.isfinite(gradient).all()
