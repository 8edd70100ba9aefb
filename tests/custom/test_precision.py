"""Half precision becomes float32, and float64 stays float64, on every backend."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

from custom import activations, layers, regularizers
from custom.precision import at_least_float32

WIDE = {
    "float16": "float32",
    "bfloat16": "float32",
    "float32": "float32",
    "float64": "float64",
    "int32": "float32",
}
X = np.random.default_rng(0).uniform(0.5, 2, size=(1, 6, 2))
PAIRS = X.reshape(1, 3, 2, 2)
IN_FLOAT64 = {  # name: (component, value of its formula)
    "softsign": (activations.softsign, X / (1 + X)),
    "L2": (regularizers.L2(0.3), 0.15 * (X**2).sum()),
    "LpPooling": (
        layers.LpPooling1D(3, dtype="float64"),
        (PAIRS**3).sum(2) ** (1 / 3),
    ),
    "MedianPooling": (layers.MedianPooling1D(dtype="float64"), PAIRS.mean(2)),
    "StochasticPooling": (
        layers.StochasticPooling1D(dtype="float64"),
        (PAIRS**2).sum(2) / PAIRS.sum(2),
    ),
}


# On PyTorch, Keras's own `power` and `minimum` compute float64 in float32.
NARROWED_BY_KERAS = {"torch": {"LpPooling", "MedianPooling"}}


@pytest.mark.parametrize("dtype, wide", WIDE.items())
def test_is_at_least_float32(dtype, wide):
    assert at_least_float32(dtype) == wide


@pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="JAX has no float64 unless it is enabled at the start",
)
@pytest.mark.parametrize("name", IN_FLOAT64)
def test_float64_is_kept(name):
    if name in NARROWED_BY_KERAS.get(keras.backend.backend(), ()):
        pytest.skip("Keras computes this in float32 on PyTorch")
    component, expected = IN_FLOAT64[name]
    value = component(keras.ops.convert_to_tensor(X, dtype="float64"))
    assert keras.backend.standardize_dtype(value.dtype) == "float64"
    assert_allclose(keras.ops.convert_to_numpy(value), expected, rtol=1e-12)
