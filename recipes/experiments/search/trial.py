"""One trial of a search: a run that reports its validation score to Optuna."""

import errno
import math
import os
import pathlib
import time
from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.experiments.arguments import with_settings
from recipes.experiments.repeated import run_once
from recipes.experiments.search.request import Request
from recipes.experiments.search.study import Study
from recipes.training.loop import Diverged
from recipes.training.metrics_file import kept_epoch, read_metrics
from zoo.errors import InputError, first_line
from zoo.names import nearest

FULL = {errno.ENOSPC, errno.EDQUOT}
OUT_OF_MEMORY = ("MemoryError", "ResourceExhaustedError")


class ReportScores(keras.callbacks.Callback):
    """Reports the validation score of each epoch, and stops what is not worth it.

    The score of an epoch is that of the model which the run would keep: the one with
    the lowest validation loss so far.

    Args:
        study: The study.
        trial: Optuna's trial.
        by: The measure, such as `"loss"`.
        deadline: When to end, by `time.monotonic`.
    """

    def __init__(self, study: Study, trial: Any, by: str, deadline: float) -> None:
        super().__init__()
        self._study, self._trial, self._by = study, trial, by
        self._deadline = deadline
        self._best: dict[str, float | None] = {"loss": None, "score": None}

    def get_state(self) -> dict[str, float | None]:
        return dict(self._best)

    def set_state(self, state: dict[str, float | None]) -> None:
        self._best = state

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        score = measured(logs, self._by)
        loss = float(logs["val_loss"])
        if not math.isfinite(loss) or not math.isfinite(float(logs["loss"])):
            return  # The run stops by itself.
        if self._best["loss"] is None or loss < self._best["loss"]:
            self._best = {"loss": loss, "score": score}
        trials = self._study.optuna.get_trials(deepcopy=False)
        # A run that was resumed repeats the epochs after its last checkpoint.
        if epoch not in trials[self._trial.number].intermediate_values:
            self._trial.report(self._best["score"], epoch)
        if self._trial.should_prune():
            self._trial.set_user_attr("pruned", True)
            self.model.stop_training = True
        elif time.monotonic() > self._deadline and epoch + 1 < self.params["epochs"]:
            raise KeyboardInterrupt  # As Ctrl-C: the run can be resumed.


def measured(row: dict[str, float], by: str) -> float:
    """A validation measure of an epoch."""
    if f"val_{by}" not in row:
        names = [name[4:] for name in row if name.startswith("val_")]
        raise InputError(
            f"There is no validation measure {by!r} (`by`, --by); {nearest(by, names)}"
        )
    return float(row[f"val_{by}"])


def run_trial(
    study: Study,
    trial: Any,
    folder: pathlib.Path,
    dataset: Dataset,
    request: Request,
    deadline: float,
) -> None:
    """Trains a trial, or continues it, and records how it has ended.

    Args:
        study: The study.
        trial: Optuna's trial.
        folder: Its run folder.
        dataset: The data.
        request: What the search was asked for.
        deadline: When to end, by `time.monotonic`.

    Raises:
        InputError: If the disk is full, or the defaults cannot be trained.
        KeyboardInterrupt: On Ctrl-C, and after the deadline.
    """
    settings = study.settings_of(trial)
    trial.set_user_attr("settings", settings)
    began = time.monotonic()
    try:
        run_once(
            folder,
            scores_only=True,
            untested=True,
            data=dataset,
            callbacks=[ReportScores(study, trial, request.by, deadline)],
            progress=False,
            **with_settings(request.arguments, settings),
        )
        rows = read_metrics(folder / "metrics.csv")
    except Exception as error:
        if disk_is_full(error):
            raise InputError(
                f"The disk is full at {folder}: all trials that are finished are kept. "
                "Make room, then continue with --resume."
            ) from error
        is_lost = isinstance(error, Diverged) or (
            trial.number > 0 and isinstance(error, InputError)
        )
        names = {cls.__name__ for cls in type(error).__mro__}
        if not is_lost and not names & set(OUT_OF_MEMORY):
            if isinstance(error, InputError):
                facts = {"reason": str(error), "refused": True}
                study.tell(trial, "lost", None, **facts)
            raise
        seconds = round(time.monotonic() - began, 1)
        study.tell(trial, "lost", None, reason=first_line(error), seconds=seconds)
        return
    facts = {"epochs": len(rows), "seconds": round(rows[-1]["seconds"], 1)}
    if not all(math.isfinite(row["val_loss"] * row["loss"]) for row in rows):
        reason = f"The loss was not finite in epoch {len(rows)}."
        study.tell(trial, "lost", None, reason=reason, **facts)
        return
    score = measured(rows[kept_epoch(rows) - 1], request.by)
    is_pruned = trial.user_attrs.get("pruned")
    study.tell(trial, "pruned" if is_pruned else "complete", score, **facts)


def disk_is_full(error: BaseException) -> bool:
    """Whether an error, from any library, says that the disk is full."""
    texts = [os.strerror(number) for number in FULL]
    return getattr(error, "errno", None) in FULL or any(
        text in str(error) for text in texts
    )
