"""Fixtures shared by all tests."""

import gc
import os

# Each process of pytest-xdist has a processor of its own. More threads only wait for
# each other. TensorFlow, PyTorch and NumPy read this when they are imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    for library in ("TF_NUM_INTRAOP", "TF_NUM_INTEROP", "OMP_NUM"):
        os.environ.setdefault(f"{library}_THREADS", "1")

import keras
import pytest


@pytest.fixture(autouse=True, scope="session")
def light_runs():
    """Tries exports in processes that need not import TensorFlow again.

    `tests/zoo/exporting/test_export.py` starts the processes that users start. The
    reports of runs explain no answers; tests/recipes/reports explains them.
    """
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tests.forked_probe import ForkedProbe
    from tests.light_runs import EXPLANATIONS, replace
    from zoo.exporting import trial

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "start_process", ForkedProbe)
        replace(patch, EXPLANATIONS)
        yield


@pytest.fixture(autouse=True, scope="module")
def light_garbage_collection():
    """Excludes the objects of each finished test module from garbage collection.

    TensorFlow keeps the graphs of a process. After a thousand tests, each collection
    took seconds to go through all of them.
    """
    yield
    gc.collect()
    gc.freeze()
