"""Runs a SavedModel where only NumPy and TensorFlow can be imported.

It is run as an isolated script, `python -I probe.py FOLDER`, with the folder of
TensorFlow's packages as its argument. It imports TensorFlow, then reads a JSON list
from standard input: the folder of the SavedModel, a file with questions, and a file for
the answers. So it can start while the model is still being written.

Questions are arrays named `NUMBER/SIGNATURE/INPUT`, answers `NUMBER/OUTPUT`.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import types
from typing import Any

REFUSED = frozenset({"custom", "keras", "recipes", "tf_keras", "zoo"})


class Refusal(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An import hook that refuses the packages that a server does not have.

    It refuses when a package is loaded, not when it is looked up, because TensorFlow
    looks Keras up without needing it.
    """

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in REFUSED:
            return importlib.machinery.ModuleSpec(fullname, loader=self)
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        raise ImportError(f"{module.__name__} is not available when a model is served")


def answer(model_folder: str, questions_file: str, answers_file: str) -> None:
    """Runs every question through its signature and writes the answers."""
    import numpy as np
    import tensorflow as tf

    model = tf.saved_model.load(model_folder)
    asked: dict[tuple[str, str], dict[str, Any]] = {}
    answers: dict[str, Any] = {}
    with np.load(questions_file) as questions:
        for key, value in questions.items():
            number, signature, name = key.split("/")
            asked.setdefault((number, signature), {})[name] = tf.constant(value)
    for (number, signature), inputs in asked.items():
        outputs = model.signatures[signature](**inputs)
        for output, value in outputs.items():
            array = value.numpy()
            if array.dtype == object:
                array = array.astype(bytes)
            answers[f"{number}/{output}"] = array
    np.savez(answers_file, **answers)


def prepare() -> None:
    """Makes this a process that has TensorFlow, and nothing that a server lacks."""
    sys.meta_path.insert(0, Refusal())
    if sys.argv[1] not in sys.path:
        sys.path.append(sys.argv[1])
    import tensorflow  # noqa: F401 - takes seconds, so before the first question


def last_line(error: Exception) -> str:
    """What the exporter needs: TensorFlow's last line before the node's name."""
    lines = [line.strip() for line in str(error).splitlines() if "[[" not in line]
    return f"{type(error).__name__}: {' '.join(list(filter(None, lines))[-1:])}"


def main() -> None:
    prepare()
    work = sys.stdin.read()
    if work:  # Empty if the export failed before there was a model.
        answer(*json.loads(work))


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(last_line(error))
