"""What every test of the components starts from."""

import keras
import pytest


@pytest.fixture(autouse=True)
def fixed_state():
    """The same random numbers in every test, and float32 before and after it."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
