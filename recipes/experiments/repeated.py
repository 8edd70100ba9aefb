"""One run of an experiment of many: read if it is finished, resumed, or trained."""

import contextlib
import gc
import logging
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import keras

from recipes.data.options import checked_arguments
from recipes.reports.run_folder import RunFolder
from recipes.training.fit import fit
from recipes.training.new_run import dataset_for, start
from recipes.training.resume import resume
from zoo.errors import InputError


def run_once(
    out: str | os.PathLike[str],
    *,
    scores_only: bool = False,
    untested: bool = False,
    **arguments: Any,
) -> pathlib.Path:
    """Trains a run unless its folder has it: an experiment goes on where it stopped.

    A finished run in `out` is left as it is, one that was cut off is resumed, and
    otherwise it is trained. Afterwards nothing of it stays in memory.

    Args:
        out: The run folder.
        scores_only: Leave out pictures and export. The scores are the same.
        untested: Leave out the scores on the test part, too.
        arguments: Those of `recipes.fit`.

    Returns:
        The folder.

    Raises:
        InputError: As `recipes.fit` and `recipes.resume` do, and if `out` holds
            something else.
        KeyboardInterrupt: On Ctrl-C.
    """
    folder = RunFolder(pathlib.Path(out))
    if folder.path.exists() and not folder.config.is_file():
        raise InputError(
            f"{folder.path} exists and is not a run folder: remove it, or choose "
            "another folder for the experiment."
        )
    if folder.config.is_file() and not folder.checkpoints.exists():
        return folder.path
    bound = checked_arguments(fit, **arguments, out=out)
    bound.apply_defaults()
    try:
        with expecting_traces():
            if folder.config.is_file():
                ended = _resumed(folder, bound.arguments)
            else:
                ended = start(
                    **bound.arguments, scores_only=scores_only, untested=untested
                ).ended
    finally:
        free_memory()
    if ended == "interrupted":
        raise KeyboardInterrupt
    return folder.path


def _resumed(folder: RunFolder, given: dict[str, Any]) -> str:
    """How a run that was cut off has ended, after it went on."""
    in_memory = not isinstance(given["data"], str | os.PathLike)
    return resume(
        folder.path,
        data=dataset_for(given) if in_memory else None,
        augment=given["augment"] if callable(given["augment"]) else None,
        callbacks=given["callbacks"],
        progress=given["progress"],
    ).ended


@contextlib.contextmanager
def expecting_traces() -> Iterator[None]:
    """Leaves out TensorFlow's warnings that models are traced: each is another one."""

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


def free_memory() -> None:
    """Forgets the models and graphs of earlier runs; the precision policy stays."""
    policy = keras.config.dtype_policy()
    keras.utils.clear_session()
    keras.config.set_dtype_policy(policy)
    gc.collect()
