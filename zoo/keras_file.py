"""Reading `.keras` files, and saying what is wrong with them."""

import importlib
import json
import pathlib
import pkgutil
import zipfile

import keras

from zoo.errors import InputError
from zoo.registry import MODELS


def load_keras_file(path: pathlib.Path, *, compiled: bool = False) -> keras.Model:
    """The model in a `.keras` file.

    Args:
        path: The file.
        compiled: Whether to read its optimizer, loss and metrics too.

    Returns:
        The Keras model.

    Raises:
        InputError: If it is no `.keras` file, damaged, holds Python code, or uses
            objects that are not registered with Keras.
    """
    configuration = _configuration(path)
    _register_own_classes()
    try:
        return keras.saving.load_model(path, compile=compiled, safe_mode=True)
    except Exception as error:  # Keras raises many kinds.
        unknown = sorted(set(_unknown_objects(configuration)))
        if unknown:
            names = " and ".join(f"`{name}`" for name in unknown)
            reason = (
                f"uses {names}, which Keras does not know here: decorate with "
                "@keras.saving.register_keras_serializable() and import before loading."
            )
        elif "lambda" in str(error):
            reason = (
                "holds a Python lambda: code from a file is not run. Replace it "
                "with a registered layer or function, and save again."
            )
        else:
            first = str(error).strip().partition("\n")[0][:200]
            reason = f"cannot be read: {first}"
        raise InputError(f"{path} {reason}") from error


def _configuration(path):
    """The model's description in the file, which holds no code to run."""
    if path.suffix != ".keras":
        raise InputError(
            f"{path} is no .keras file. A model of another format can be read with "
            "the library that wrote it, and saved with model.save('model.keras')."
        )
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty.")
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    except KeyError:
        raise InputError(
            f"{path} is a zip archive, but holds no Keras model."
        ) from None
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(f"{path} is damaged, or no .keras file: {error}.") from error


def _register_own_classes():
    """Imports what a file of ours may use, so that Keras knows it."""
    for entry in MODELS.values():
        entry.load()
    package = importlib.import_module("custom")
    for module in pkgutil.walk_packages(package.__path__, "custom."):
        importlib.import_module(module.name)


def _unknown_objects(node):
    """Names in a model's configuration that nothing is registered under."""
    if isinstance(node, list):
        for part in node:
            yield from _unknown_objects(part)
    if not isinstance(node, dict):
        return
    if not _is_known(node):
        is_function = node["registered_name"] == "function"
        yield node["config" if is_function else "registered_name"]
    for key, part in node.items():
        if key != "compile_config":  # Loss and optimizer are not read.
            yield from _unknown_objects(part)


def _is_known(node):
    """Whether Keras finds the class or function that a configuration names."""
    name = node.get("registered_name")
    if name == "function":
        try:
            return bool(keras.saving.deserialize_keras_object(node))
        except (TypeError, ValueError):
            return False
    is_built_in = str(node.get("module")).partition(".")[0] == "keras"
    return (
        not isinstance(name, str)
        or is_built_in
        or keras.saving.get_registered_object(name) is not None
    )
