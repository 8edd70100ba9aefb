"""Starting TensorFlow without its notices."""

import os
import sys
import tempfile


def start_tensorflow() -> None:
    """Imports TensorFlow and Keras, which takes seconds, and says so on a terminal.

    Their C++ libraries write notices about instruction sets and missing GPUs
    straight to file descriptor 2, before any logging level is heard; they are
    kept back, and shown if the import fails.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    if os.isatty(terminal):
        os.write(terminal, "starting TensorFlow …".encode())
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), 2)
        started = False
        try:
            import keras  # noqa: F401
            import tensorflow as tf

            tf.config.list_physical_devices()
            started = True
        finally:
            os.dup2(terminal, 2)
            if os.isatty(terminal):
                os.write(terminal, b"\r\x1b[K")
            if not started:
                notices.seek(0)
                os.write(terminal, notices.read())
            os.close(terminal)
