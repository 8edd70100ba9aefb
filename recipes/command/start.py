"""Starting TensorFlow without its log messages."""

import contextlib
import importlib.abc
import importlib.util
import os
import sys
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

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
    with _silence():
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_physical_devices()


def start_tensorflow_if_needed() -> None:
    """Drops those messages when something imports TensorFlow later, if it does."""
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, SilentImport("tensorflow"))


class SilentImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module, once, and drops what is written while it is imported.

    Args:
        name: Name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loader: Any = None

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with _silence():
            self._loader.exec_module(module)
            if hasattr(module, "config"):
                module.config.list_physical_devices()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drops what is written to file descriptor 2 while TensorFlow starts."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    if os.isatty(terminal):
        os.write(terminal, "starting TensorFlow …".encode())
    os.dup2(nowhere, 2)
    try:
        yield
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
