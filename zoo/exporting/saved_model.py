"""Writes and publishes a SavedModel, for every export."""

import contextlib
import logging
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.atomic_writes import json_text
from zoo.exporting.portable import refuse_cudnn, without_cudnn
from zoo.exporting.questions import Question
from zoo.exporting.trial import Trial
from zoo.exporting.versions import new_version
from zoo.exporting.warmup import write_warmup

DESCRIPTION = "assets.extra/zoo.json"  # TensorFlow Serving's place for extra files
FORMAT = 1  # of the description; a reader refuses a higher one


def publish(
    path: str | os.PathLike,
    save: Callable[[pathlib.Path], None],
    ask: Callable[[], Sequence[Question]],
) -> pathlib.Path:
    """Writes the next version of a served model, and publishes it if its answers fit.

    Args:
        path: Folder of the versions.
        save: Function that writes the SavedModel into a folder.
        ask: Function that returns the `Question`s, which also warm a server up.

    Raises:
        InputError: If `path` cannot be written.
        ExportError: If the SavedModel fails or answers differently.
        OSError: If the disk is full.
    """
    with new_version(path) as draft, Trial(draft.workplace) as trial:
        questions = ask()
        save(draft.folder)
        write_warmup(draft.folder, pathlib.Path(path).name, questions)
        trial.run(draft.folder, questions)
        return draft.publish()


@contextlib.contextmanager
def quiet(logger: logging.Logger) -> Iterator[None]:
    """Inside the block, a logger reports only errors."""
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def write_saved_model(
    folder: pathlib.Path, archive: Any, layers: list, description: dict
) -> None:
    """Writes signatures that run on any device, and their description."""
    with quiet(tf.get_logger()), without_cudnn(layers):
        archive.write_out(str(folder), verbose=False)
    refuse_cudnn(folder)
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    text = json_text({"format": FORMAT, **description, **versions})
    file = folder / DESCRIPTION
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
