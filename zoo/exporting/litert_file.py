"""LiteRT files, for phones and small devices, tested in LiteRT."""

import contextlib
import os
import pathlib
import sys

import numpy as np

SUFFIX = ".tflite"
EXTRA = "litert"  # the extra of the package that installs PACKAGES
PACKAGES = ("ai_edge_litert",)


def convert(saved_model: pathlib.Path, signature: str, file: pathlib.Path) -> None:
    """Converts a signature to a file, with the same names of inputs and outputs."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(saved_model), signature_keys=[signature]
    )
    with _quiet():
        content = converter.convert()
    file.write_bytes(content)


def answers(file: pathlib.Path, inputs: dict[str, np.ndarray]) -> dict:
    """The outputs of LiteRT by name, strings as bytes."""
    from ai_edge_litert.interpreter import Interpreter

    with _quiet():
        interpreter = Interpreter(model_path=str(file))
        (signature,) = interpreter.get_signature_list()
        return dict(interpreter.get_signature_runner(signature)(**inputs))


@contextlib.contextmanager
def _quiet():
    """Keeps progress messages of C++ libraries off standard error."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with pathlib.Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
