"""Reads `.keras` files, and explains why one cannot be read."""

import pathlib
import tempfile
import zipfile
from typing import Any

import keras

from zoo.archives import refuse_outside
from zoo.errors import InputError, first_line
from zoo.json_files import parse_json
from zoo.registered import REMEDY, refuse_tools, register_ours, unknown_names

LARGEST = 2**26  # bytes of a configuration; that of a large model has 1 MB


def load_keras_file(path: pathlib.Path, *, compiled: bool = False) -> keras.Model:
    """The model in a `.keras` file.

    Raises:
        InputError: If it is not a `.keras` file, is damaged, holds Python code, or uses
            objects that are not registered with Keras.
    """
    configuration = _configuration(path)
    refuse_tools(configuration, path)
    register_ours(configuration)
    try:
        model = keras.saving.load_model(path, compile=compiled, safe_mode=True)
        # The loss says whether the outputs are classes or numbers.
        model.loss_in_file = (configuration.get("compile_config") or {}).get("loss")
        return model
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
            reason = f"cannot be read: {first_line(error)}"
        raise InputError(f"{path} {reason}") from error


def to_bytes(model: keras.Model) -> bytes:
    """The `.keras` file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "model.keras")
        model.save(file)
        return file.read_bytes()


def from_bytes(content: bytes, *, compiled: bool = False) -> keras.Model:
    """The model in a `.keras` file, none of whose code is run."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "model.keras")
        file.write_bytes(content)
        return load_keras_file(file, compiled=compiled)


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
            for member in archive.infolist():
                refuse_outside(member, path)
            members = {member.filename: member for member in archive.infolist()}
            if "config.json" not in members:
                raise InputError(
                    f"{path} is a zip archive, but does not hold a Keras model."
                )
            if members["config.json"].file_size > LARGEST:
                raise ValueError(f"its config.json has more than {LARGEST:,} bytes")
            configuration = parse_json(archive.read("config.json"), finite=False)
        if not isinstance(configuration, dict):
            raise ValueError("its config.json does not hold a JSON object")
        return configuration
    except InputError:
        raise
    except Exception as error:  # `zipfile` raises many types for damaged files.
        raise InputError(
            f"{path} is damaged, or not a .keras file: {first_line(error)}."
        ) from error
