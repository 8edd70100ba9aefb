"""Modules that have moved can be imported by their old names for one more version."""

import importlib
import sys
import warnings

import pytest

MOVED = {  # old name: (new name, a class or function in it)
    "zoo.cnn": ("zoo.models.cnn", "CNN"),
    "zoo.recurrent.vocabulary": ("zoo.models.recurrent.vocabulary", "learn_vocabulary"),
    "zoo.recurrent.carrying": ("zoo.models.recurrent.stateful", "Segments"),
    "zoo.recurrent.memory": (
        "zoo.models.recurrent.chrono_initializer",
        "ChronoInitializer",
    ),
    "zoo.dcgan.serving": ("zoo.exporting.generator", "export_generator"),
    "recipes.dataset": ("recipes.data.dataset", "Dataset"),
    "recipes.strategies.placement": ("recipes.training.strategies.placement", "place"),
}


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_gives_the_same_module_and_a_warning(old, monkeypatch):
    new, name = MOVED[old]
    importlib.import_module("recipes")
    # Another test may have loaded a file that names the module.
    monkeypatch.delitem(sys.modules, old, raising=False)
    with warnings.catch_warnings(record=True, action="always") as caught:
        module = importlib.import_module(old)
    assert all(warning.category is DeprecationWarning for warning in caught)
    assert f"import {new} instead" in str(caught[-1].message)
    assert module is importlib.import_module(new)
    assert module.__name__ == new
    assert module.__spec__.name == new
    assert getattr(module, name).__module__.startswith(new)
