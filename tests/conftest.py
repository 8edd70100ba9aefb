"""Fixtures shared by all tests."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def light_garbage_collection():
    """Excludes the objects of each finished test module from garbage collection.

    TensorFlow keeps the graphs of a process. After a thousand tests, each collection
    took seconds to go through all of them.
    """
    yield
    gc.collect()
    gc.freeze()
