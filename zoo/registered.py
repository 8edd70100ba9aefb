"""Classes and functions that must be registered with Keras to load a file."""

import importlib
import pathlib
import pkgutil
import warnings
from collections.abc import Iterator
from typing import Any

import keras

import custom
from zoo.errors import InputError

# Rooms of Keras whose functions, and whose classes, a model may consist of.
FUNCTIONS = {"activations", "losses", "metrics", "ops", "random"}
CLASSES = FUNCTIONS | {"constraints", "dtype_policies", "initializers", "layers"}
CLASSES |= {"models", "optimizers", "quantizers", "regularizers", "src"}

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
    for name in {str(node.get("module")) for node in _nodes(configuration)}:
        if name.startswith("zoo."):
            _import_nearest(name)


def refuse_tools(configuration: Any, file: pathlib.Path) -> None:
    """Refuses a configuration with parts of Keras that are not parts of a model.

    Keras would call them: functions that read files, change settings, or load models.

    Raises:
        InputError: If there are any, with their names.
    """
    names = set()
    for node in _nodes(configuration, compiled=True):
        package, *rooms = str(node.get("module")).split(".")
        is_function = node.get("class_name") == "function"
        name = node.get("config" if is_function else "class_name")
        allowed = FUNCTIONS if is_function else CLASSES
        if package == "keras" and rooms and rooms[0] not in allowed:
            names.add(f"`{node['module']}.{name}`")
    if names:
        raise InputError(
            f"{file} holds {' and '.join(sorted(names))}, which cannot be part of a "
            "model."
        )


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


def _nodes(tree: Any, compiled: bool = False) -> Iterator[dict[str, Any]]:
    """Every dictionary in a tree; those of loss and optimizer only if `compiled`."""
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part, compiled)
    elif isinstance(tree, dict):
        yield tree
        for key, part in tree.items():
            if compiled or key != "compile_config":
                yield from _nodes(part, compiled)


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
