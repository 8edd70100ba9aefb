"""Classes and functions that must be registered with Keras to load a file."""

import importlib
import pkgutil
import warnings
from collections.abc import Iterator
from typing import Any

import keras

import custom

REMEDY = (
    "which Keras does not know here: decorate with "
    "@keras.saving.register_keras_serializable() and import before loading; for a zoo "
    "command, name the module by --import."
)


def register_ours(configuration: Any) -> None:
    """Imports our modules that a configuration may use, so that Keras knows them.

    These are all modules of `custom`, and the modules of `zoo` that the configuration
    names. No other module that a file names is imported.
    """
    for module in pkgutil.walk_packages(custom.__path__, "custom."):
        importlib.import_module(module.name)
    for name in {node.get("module") for node in _nodes(configuration)}:
        if str(name).startswith("zoo."):
            _import_nearest(str(name))


def _import_nearest(name: str) -> None:
    """Imports a module, or the package that it was in before it moved."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        while "." in name:
            try:
                importlib.import_module(name)
                return
            except (ImportError, ValueError):  # A name with dots only.
                name = name.rpartition(".")[0]


def unknown_names(configuration: Any) -> str:
    """Names in a model's configuration that nothing is registered under.

    Returns:
        The names joined by "and"; empty if Keras knows all.
    """
    names = {
        str(
            node.get("config")
            if node["registered_name"] == "function"
            else node["registered_name"]
        )
        for node in _nodes(configuration)
        if not _is_known(node)
    }
    return " and ".join(f"`{name}`" for name in sorted(names))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary in a tree, except those of loss and optimizer."""
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)
    elif isinstance(tree, dict):
        yield tree
        for key, part in tree.items():
            if key != "compile_config":
                yield from _nodes(part)


def _is_known(node: dict[str, Any]) -> bool:
    """Whether Keras finds the class or function that a configuration names."""
    name = node.get("registered_name")
    if name == "function":
        try:
            return bool(keras.saving.deserialize_keras_object(node))
        except Exception:  # Keras raises many types of exceptions.
            return False
    is_built_in = str(node.get("module")).partition(".")[0] == "keras"
    return (
        not isinstance(name, str)
        or is_built_in
        or keras.saving.get_registered_object(name) is not None
    )
