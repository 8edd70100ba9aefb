"""What `fit` does beside training: progress, metrics, the best model, Ctrl-C."""

import contextlib
import csv
import math
import pathlib
import signal
import sys
import threading
import time

import keras

from recipes.run_folder import written_aside


class BestModel(keras.callbacks.Callback):
    """Keeps the model of the lowest validation loss on disk.

    The file is replaced as a whole, so that one is there at any moment after the
    first epoch. An epoch whose loss is not finite is never kept, and stops
    training: nothing good follows it.

    Attributes:
        epoch: Number of the best epoch from 1, or `None` before there is one.
        loss: Its validation loss.
        diverged: Whether a loss was not finite.
    """

    def __init__(self, path: pathlib.Path):
        super().__init__()
        self.path = path
        self.epoch = None
        self.loss = math.inf
        self.diverged = False

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]) or not math.isfinite(logs["val_loss"]):
            self.diverged = True
            self.model.stop_training = True
        elif logs["val_loss"] < self.loss:
            with written_aside(self.path) as aside:
                self.model.save(aside)
            self.loss = logs["val_loss"]
            self.epoch = epoch + 1


class MetricsFile(keras.callbacks.Callback):
    """Writes one row per epoch to a CSV file as soon as the epoch ends.

    Attributes:
        rows: The same, as a list of dictionaries.
    """

    def __init__(self, path: pathlib.Path, clock=time.monotonic):
        super().__init__()
        self.path = path
        self.rows = []
        self._clock = clock

    def on_train_begin(self, logs=None):
        self._start = self._clock()

    def on_epoch_end(self, epoch, logs=None):
        row = {
            "epoch": epoch + 1,
            **{name: float(value) for name, value in logs.items()},
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": round(self._clock() - self._start, 3),
        }
        self.rows.append(row)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=row, lineterminator="\n")
            if len(self.rows) == 1:
                writer.writeheader()
            writer.writerow(row)


class Interruptible(keras.callbacks.Callback):
    """Turns Ctrl-C into a `KeyboardInterrupt` between two steps.

    Python would raise it anywhere, in the middle of writing a file too. A second
    Ctrl-C does not wait. Outside the main thread, where signals cannot be
    handled, it does nothing.
    """

    def __init__(self):
        super().__init__()
        self._asked = False

    @contextlib.contextmanager
    def listening(self):
        """Handles Ctrl-C this way while the block runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._remember)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _remember(self, number, frame):
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def _check(self):
        if self._asked:
            raise KeyboardInterrupt

    def on_train_batch_end(self, batch, logs=None):
        self._check()

    def on_test_batch_end(self, batch, logs=None):
        self._check()

    def on_epoch_end(self, epoch, logs=None):
        self._check()


class Progress(keras.callbacks.Callback):
    """Shows how far training is and how long it will take.

    On a terminal a bar over all steps with the latest losses; elsewhere a line
    per epoch. Both go to standard error, so that standard output stays free for
    results. Use it with `with`, so that the bar is gone however training ends.
    """

    def __init__(self, epochs: int, steps_per_epoch: int, stream=None):
        super().__init__()
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self._stream = stream or sys.stderr
        self._bar = None

    def on_train_begin(self, logs=None):
        self._start = time.monotonic()
        if self._stream.isatty():
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task(
                "epoch 1", total=self.epochs * self.steps_per_epoch, figures=""
            )
            self._bar.start()

    def on_epoch_begin(self, epoch, logs=None):
        if self._bar:
            self._bar.update(self._task, description=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch, logs=None):
        if self._bar:
            self._bar.update(self._task, advance=1)

    def on_epoch_end(self, epoch, logs=None):
        figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        if self._bar:
            self._bar.update(self._task, figures=figures)
            return
        spent = time.monotonic() - self._start
        left = spent / (epoch + 1) * (self.epochs - epoch - 1)
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
