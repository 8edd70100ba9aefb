"""ONNX and LiteRT files: converted from a SavedModel, checked in their own engine."""

import importlib
import importlib.util
import os
import pathlib
from collections.abc import Callable, Sequence

import keras

from custom.arguments import one_of
from zoo.atomic_writes import checked_atomic_write
from zoo.errors import InputError
from zoo.exporting.questions import Question
from zoo.exporting.trial import ExportError
from zoo.exporting.versions import disk_full, naming_full_disk

CONVERTERS = {"onnx": "zoo.exporting.onnx_file", "litert": "zoo.exporting.litert_file"}
FORMATS = ("saved_model", *CONVERTERS)


def check_format(name: str) -> None:
    """Refuses a format that does not exist, or that cannot be written here.

    Raises:
        ValueError: If the format does not exist.
        InputError: If Keras runs on another backend than TensorFlow, or if a package
            is missing; names the command that installs it.
    """
    one_of("format", name, FORMATS)
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"Export needs Keras on TensorFlow, not on {keras.backend.backend()}: "
            "save the model as .keras and export it with KERAS_BACKEND=tensorflow."
        )
    if name == "saved_model":
        return
    converter = importlib.import_module(CONVERTERS[name])
    for package in converter.PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"The format {name!r} needs {package}: pip install "
                f"'zoo-keras[{converter.EXTRA}]'."
            )


def export_file(
    path: str | os.PathLike,
    name: str,
    save: Callable[[pathlib.Path], None],
    questions: Sequence[Question],
) -> pathlib.Path:
    """Writes a file that appears once its own engine has given the right answers."""
    path = pathlib.Path(path)
    converter = importlib.import_module(CONVERTERS[name])
    if path.suffix != converter.SUFFIX:
        raise InputError(
            f"A file of the format {name!r} ends in {converter.SUFFIX}, got {path}."
        )
    with naming_full_disk(path), checked_atomic_write(path) as file:
        saved_model = file.with_name("saved_model")
        save(saved_model)
        try:
            converter.convert(saved_model, questions[0].signature, file)
            found = [converter.answers(file, asked.inputs) for asked in questions]
        except Exception as error:  # They raise many types of exceptions.
            if disk_full(error, path):
                raise
            first = str(error).strip().partition("\n")[0][:200]
            raise ExportError(
                f"The format {name!r} cannot hold this model; export a SavedModel. "
                f"The converter says: {first}"
            ) from error
        for asked, answers in zip(questions, found, strict=True):
            asked.check(answers)
    return path
