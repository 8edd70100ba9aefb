"""Starting TensorFlow without its log messages."""

import os
import sys

from zoo.errors import InputError, first_line

# Environment variables that decide whether Keras starts.
READ = ("KERAS_BACKEND", "KERAS_HOME", "MPLBACKEND")


def start_tensorflow() -> None:
    """Imports TensorFlow and Keras, and shows a message on a terminal meanwhile.

    The import takes seconds. The C++ libraries write messages about instruction sets
    and missing GPUs directly to file descriptor 2, before any log level applies. These
    messages are dropped.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    if os.isatty(terminal):
        os.write(terminal, "starting TensorFlow …".encode())
    os.dup2(nowhere, 2)
    try:
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_physical_devices()
    except Exception as error:  # They raise many types of exceptions.
        given = [f"{n} is {os.environ[n]!r}" for n in READ if n in os.environ]
        raise InputError(
            f"Keras or TensorFlow does not start: {type(error).__name__}: "
            f"{first_line(error)}. They read ~/.keras/keras.json and "
            f"{', '.join(READ)}{'; ' if given else ''}{', '.join(given)}."
        ) from error
    finally:
        os.dup2(terminal, 2)
        if os.isatty(terminal):
            os.write(terminal, b"\r\x1b[K")
        os.close(terminal)
        os.close(nowhere)
