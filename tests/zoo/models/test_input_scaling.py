"""Standardisation in the models: constants, and what it is learnt from."""

import numpy as np
import pytest

import recipes
import zoo
from recipes.training.models import build

CONSTANTS = {  # columns that float32 cannot tell from a constant
    "tenth": np.full(100, 0.1),
    "third": np.full(100, 1 / 3),
    "large": np.full(100, 1.7e9),
    "rounding": 0.1 + np.arange(100) * 1e-18,
    "below float32": 1.7e9 + np.arange(100) % 2 * 10.0,
    "zero": np.zeros(100),
    "negative": np.full(100, -0.7),
}
VARYING = {
    "small": np.arange(100) * 1e-4,
    "offset": 1e6 + np.arange(100) % 2,
    "plain": np.arange(100.0),
}
MODELS = {
    "mlp": lambda: zoo.MLP((1,), 2, hidden_units=(2,)),
    "perceptron": lambda: zoo.Perceptron((1,)),
}


def scaled(create, column, values):
    model = create()
    model.adapt(column[:, np.newaxis])
    layer = model.get_layer("standardize")
    return np.asarray(layer(np.float32(values)[:, np.newaxis]))[:, 0]


@pytest.mark.parametrize("create", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("column", CONSTANTS.values(), ids=CONSTANTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_column_has_scale_one(create, column, dtype):
    first = float(column[0])
    seen = scaled(create, column.astype(dtype), [first, first * 1.01 + 1])
    np.testing.assert_allclose(seen[1] - seen[0], first * 0.01 + 1, rtol=1e-5, atol=0.1)


@pytest.mark.parametrize("create", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("column", VARYING.values(), ids=VARYING)
def test_a_column_that_varies_has_deviation_one(create, column):
    np.testing.assert_allclose(scaled(create, column, column).std(), 1, rtol=0.05)


def test_the_scale_is_learnt_from_the_training_part():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype("float32")
    labels = np.arange(60) % 2
    data = recipes.from_arrays(x, labels, x * 9 + 50, labels, x * 5 - 70, labels)
    layer = build("mlp", data, {"hidden_units": [2]}).get_layer("standardize")
    np.testing.assert_allclose(np.asarray(layer.mean)[0], x.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(np.asarray(layer.variance)[0], x.var(axis=0), rtol=1e-5)
