"""Reads `.keras` files, and explains why one cannot be read."""

import json
import pathlib
import zipfile
from typing import Any

import keras

from zoo.errors import InputError
from zoo.registered import REMEDY, register_ours, unknown_names


def load_keras_file(path: pathlib.Path, *, compiled: bool = False) -> keras.Model:
    """The model in a `.keras` file.

    Raises:
        InputError: If it is not a `.keras` file, is damaged, holds Python code, or uses
            objects that are not registered with Keras.
    """
    configuration = _configuration(path)
    register_ours(configuration)
    try:
        return keras.saving.load_model(path, compile=compiled, safe_mode=True)
    except Exception as error:  # Keras raises many types of exceptions.
        unknown = unknown_names(configuration)
        if unknown:
            reason = f"uses {unknown}, {REMEDY}"
        elif "lambda" in str(error):
            reason = (
                "holds a Python lambda: code from a file is not run. Replace it "
                "with a registered layer or function, and save again."
            )
        else:
            first = str(error).strip().partition("\n")[0][:200]
            reason = f"cannot be read: {first}"
        raise InputError(f"{path} {reason}") from error


def _configuration(path: pathlib.Path) -> dict[str, Any]:
    """The model's description in the file, which holds no code to run."""
    if path.suffix != ".keras":
        raise InputError(
            f"{path} is not a .keras file. A model of another format can be read with "
            "the library that wrote it, and saved with model.save('model.keras')."
        )
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty.")
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    except KeyError:
        raise InputError(
            f"{path} is a zip archive, but does not hold a Keras model."
        ) from None
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(
            f"{path} is damaged, or not a .keras file: {error}."
        ) from error
