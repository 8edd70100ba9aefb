"""The perceptron's rule, its scaling, its limits."""

import keras
import numpy as np
import pytest

import zoo
from custom.losses import HalfSumSquaredError
from custom.optimizers import GradientDescent
from zoo.models.perceptron import Perceptron


def separable(number=60, features=3, seed=0):
    """Rows, targets −1 and +1, with a gap between the classes."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(number, features)).astype("float32")
    distance = rows @ np.arange(1, features + 1) - 0.5
    rows, distance = rows[abs(distance) > 0.5], distance[abs(distance) > 0.5]
    return rows, np.where(distance > 0, 1, -1).astype("float32")[:, None]


def compiled(learning_rate=0.5, **arguments):
    model = Perceptron(input_shape=(3,), **arguments)
    model.compile(
        GradientDescent(learning_rate),
        HalfSumSquaredError(),
        metrics=[keras.metrics.Accuracy()],
    )
    return model


def test_fit_is_the_perceptron_rule_and_comes_to_rest():
    rows, targets = separable()
    model = compiled()
    weights, bias = np.zeros(3), 0.0
    for _ in range(40):
        for x, t in zip(rows.astype("float64"), targets[:, 0], strict=True):
            error = t - (1 if weights @ x + bias > 0 else -1)
            weights, bias = weights + 0.5 * error * x, bias + 0.5 * error
    history = model.fit(
        rows, targets, batch_size=1, epochs=40, shuffle=False, verbose=0
    ).history
    kernel, seen_bias = map(keras.ops.convert_to_numpy, model.trainable_variables)
    np.testing.assert_allclose(kernel[:, 0], weights, rtol=1e-5, atol=1e-5)
    assert seen_bias[0] == bias
    assert history["loss"][-1] == 0
    assert history["accuracy"][-1] == 1


@pytest.mark.parametrize("batch_size", [1, 7, 60])
def test_the_linear_unit_finds_the_least_squares(batch_size):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3)).astype("float32")
    targets = rows @ np.array([[1.0], [-2.0], [0.5]], "float32") + 0.25
    model = compiled(0.01, activation="linear")
    model.fit(rows, targets, batch_size=batch_size, epochs=60, verbose=0)
    kernel, bias = map(keras.ops.convert_to_numpy, model.trainable_variables)
    np.testing.assert_allclose(kernel[:, 0], [1, -2, 0.5], atol=1e-3)
    np.testing.assert_allclose(bias, 0.25, atol=1e-3)


def test_scaling_begins_with_adapt():
    rows = np.random.default_rng(0).normal(5, 3, (50, 3)).astype("float32")
    model = Perceptron((3,))
    scale = model.get_layer("standardize")
    before = keras.ops.convert_to_numpy(scale(rows))
    np.testing.assert_allclose(before, rows, rtol=1e-6)
    model.adapt(rows)
    after = keras.ops.convert_to_numpy(scale(rows))
    np.testing.assert_allclose(after.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(after.std(axis=0), 1, rtol=1e-4)


def test_weights_survive_saving(tmp_path):
    rows, targets = separable()
    model = compiled(class_names=["no", "yes"])
    model.fit(rows, targets, batch_size=1, epochs=5, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.class_names == ("no", "yes")
    np.testing.assert_array_equal(
        loaded.predict(rows, verbose=0), model.predict(rows, verbose=0)
    )
    assert loaded.evaluate(rows, targets, verbose=0) == model.evaluate(
        rows, targets, verbose=0
    )


BAD = {  # what is wrong: (arguments, part of the message)
    "images": ({"input_shape": (8, 8, 1)}, "(features,)"),
    "three classes": ({"num_classes": 3}, "MLP"),
    "unknown activation": ({"activation": "relu"}, "sign"),
    "unknown scaling": ({"input_scaling": "pixels"}, "standardize"),
    "one name": ({"class_names": ["yes"]}, "1 names for 2"),
}


@pytest.mark.parametrize("arguments, message", BAD.values(), ids=BAD)
def test_refuses_by_name(arguments, message):
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        Perceptron(**{"input_shape": (3,), **arguments})
    assert message in str(raised.value)


def test_is_in_the_zoo():
    assert zoo.Perceptron is Perceptron
