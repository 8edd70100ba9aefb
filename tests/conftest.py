"""What all tests have in common."""

import gc

import pytest


@pytest.fixture(autouse=True, scope="module")
def light_garbage_collection():
    """Takes what a module leaves behind out of later collections.

    TensorFlow keeps the graphs of a process; after a thousand tests, going through
    all of them took seconds each time.
    """
    yield
    gc.collect()
    gc.freeze()
