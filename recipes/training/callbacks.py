"""Callbacks of a run: progress, metrics, the kept model, signals."""

import contextlib
import csv
import math
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import keras

from recipes.training.strategies.cluster import TRY_AGAIN
from zoo.atomic_writes import atomic_write, flush_to_disk


class BestModel(keras.callbacks.Callback):
    """Keeps the model with the lowest validation loss; stops if it does not improve.

    The file is replaced as a whole, so that it exists at any moment after the first
    epoch. An epoch whose loss is not finite is never kept, and stops training, since
    nothing good follows it.

    Args:
        path: The file.
        patience: Epochs without a better model before training stops. Default: no
            limit.

    Attributes:
        epoch: Number of the best epoch from 1; `None` before the first one.
        loss: Validation loss of the best epoch.
        diverged: Whether a loss was not finite.
    """

    def __init__(self, path: pathlib.Path, patience: float = math.inf) -> None:
        super().__init__()
        self.path = path
        self.patience = patience
        self.epoch: int | None = None
        self.loss = math.inf
        self.diverged = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not math.isfinite(logs["loss"]) or not math.isfinite(logs["val_loss"]):
            self.diverged = True
            self.model.stop_training = True
        elif logs["val_loss"] < self.loss:
            with atomic_write(self.path) as draft:
                self.to_keep().save(draft)
            self.loss = logs["val_loss"]
            self.epoch = epoch + 1
        elif epoch + 1 - (self.epoch or 0) >= self.patience:
            self.model.stop_training = True

    def to_keep(self) -> keras.Model:
        """The model to write, as it is now."""
        return self.model

    def get_state(self) -> dict:
        return {"epoch": self.epoch, "loss": self.loss}

    def set_state(self, state: dict) -> None:
        self.epoch, self.loss = state["epoch"], state["loss"]


class LatestModel(keras.callbacks.Callback):
    """Keeps the model of the latest epoch, for models whose losses do not rank them.

    The file is replaced as a whole. An epoch with a loss that is not finite is never
    kept, and stops training.

    Attributes:
        epoch: Number of the kept epoch from 1; `None` before the first one.
        diverged: Whether a loss was not finite.
    """

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.path = path
        self.epoch: int | None = None
        self.diverged = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not all(map(math.isfinite, logs.values())):
            self.diverged = True
            self.model.stop_training = True
            return
        with atomic_write(self.path) as draft:
            self.model.save(draft)
        self.epoch = epoch + 1

    def get_state(self) -> dict:
        return {"epoch": self.epoch}

    def set_state(self, state: dict) -> None:
        self.epoch = state["epoch"]


class MetricsFile(keras.callbacks.Callback):
    """Writes one row per epoch to a CSV file as soon as the epoch ends."""

    def __init__(
        self, path: pathlib.Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.path = path
        self.rows: list[dict] = []
        self._clock = clock
        self._seconds_before = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = self._clock()

    @property
    def _seconds(self):
        """Seconds spent training, including earlier processes of the same run."""
        return round(self._seconds_before + self._clock() - self._start, 3)

    def get_state(self) -> dict:
        return {"rows": self.rows, "seconds": self._seconds}

    def set_state(self, state: dict) -> None:
        """Restores the rows of a checkpoint and removes later ones from the file."""
        self.rows, self._seconds_before = state["rows"], state["seconds"]
        with atomic_write(self.path) as draft:
            self._append(self.rows, draft)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        row: dict[str, float] = {"epoch": epoch + 1}
        row |= {name: float(value) for name, value in logs.items()}
        if self.model.optimizer is not None:  # A DCGAN has two others.
            row["learning_rate"] = float(self.model.optimizer.learning_rate)
        row["seconds"] = self._seconds
        self.rows.append(row)
        self._append([row], self.path)

    @staticmethod
    def _append(rows, path):
        is_new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            if not rows:
                return
            writer = csv.DictWriter(file, fieldnames=rows[0], lineterminator="\n")
            if file.tell() == 0:
                writer.writeheader()
            writer.writerows(rows)
        flush_to_disk(path)
        if is_new:
            flush_to_disk(path.parent)


class Terminated(SystemExit):
    """The process received SIGTERM; its exit status says "try again"."""

    def __init__(self) -> None:
        super().__init__(TRY_AGAIN)


class Interruptible(keras.callbacks.Callback):
    """Ends training between two steps after Ctrl-C or SIGTERM.

    Python would stop anywhere, even in the middle of writing a file. Ctrl-C becomes a
    `KeyboardInterrupt`, SIGTERM a `Terminated`; a second signal does not wait for the
    end of the step. Outside the main thread, where signals cannot be handled, this does
    nothing.

    Attributes:
        signal: The signal that was received, or `None`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal: int | None = None
        self._training = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handles the two signals while the block runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._remember) for number in handled]
        try:
            yield
        finally:
            for number, handler in zip(handled, before, strict=True):
                signal.signal(number, handler)

    def _remember(self, number, frame):
        waits = self._training and self.signal is None
        self.signal = number
        if not waits:
            self._check()

    def _check(self):
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal == signal.SIGTERM:
            raise Terminated

    def on_train_begin(self, logs: Any = None) -> None:
        self._training = True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._check()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._check()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._check()

    def on_train_end(self, logs: Any = None) -> None:
        self._training = False


class Progress(keras.callbacks.Callback):
    """Shows the progress of training and the time left.

    On a terminal that is a bar over all steps with the latest losses; elsewhere a line
    per epoch. Both go to standard error, so that standard output stays free for
    results. Use it in a `with` block, which removes the bar however training ends.
    """

    def __init__(
        self,
        epochs: int,
        steps_per_epoch: int,
        initial_epoch: int = 0,
        stream: TextIO | None = None,
    ) -> None:
        super().__init__()
        self.epochs = epochs
        self.initial_epoch = initial_epoch
        self.steps_per_epoch = steps_per_epoch
        self._stream = stream or sys.stderr
        self._bar: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = time.monotonic()
        if self._stream.isatty():
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task(
                f"epoch {self.initial_epoch + 1}",
                total=self.epochs * self.steps_per_epoch,
                completed=self.initial_epoch * self.steps_per_epoch,
                figures="",
            )
            self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = epoch * self.steps_per_epoch
        if self._bar:
            self._bar.update(self._task, description=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._bar:
            self._bar.update(self._task, completed=self._before + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        if self._bar:
            self._bar.update(self._task, figures=figures)
            return
        spent = time.monotonic() - self._start
        done = epoch + 1 - self.initial_epoch
        left = spent / done * (self.epochs - epoch - 1)
        print(
            f"epoch {epoch + 1}/{self.epochs}: {figures}; {_duration(left)} left",
            file=self._stream,
            flush=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._bar:
            self._bar.stop()


def _bar(stream):
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("/ left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=Console(file=stream),
    )


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
