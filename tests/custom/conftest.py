"""Seed and precision of the tests of components."""

import keras
import pytest


@pytest.fixture(autouse=True)
def fixed_state():
    """Fix the random seed of every test and restore float32 after it."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
