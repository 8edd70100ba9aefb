"""Starting TensorFlow without its log messages."""

import os
import sys
import tempfile


def start_tensorflow() -> None:
    """Imports TensorFlow and Keras, and shows a message on a terminal meanwhile.

    The import takes seconds. The C++ libraries write messages about instruction sets
    and missing GPUs directly to file descriptor 2, before any log level applies. These
    messages are held back, and shown only if the import fails.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    if os.isatty(terminal):
        os.write(terminal, "starting TensorFlow …".encode())
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
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
                messages.seek(0)
                os.write(terminal, messages.read())
            os.close(terminal)
