"""Writing checkpoints during training, and resuming from one."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from recipes.training.callbacks import Interruptible
from recipes.training.checkpoints.state import captured, restore, variables_of
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.keras_overrides import TESTED, Override, Overrides
from zoo.errors import InputError

SECONDS = 30.0  # between two checkpoints, unless steps are counted


def write_first_checkpoint(checkpoints: Checkpoints, model: keras.Model) -> None:
    """Writes a checkpoint of a model before its first step, without callbacks.

    It holds the random states, which no file of Keras does.
    """
    arrays, entries = captured(model.variables)
    facts = {"variables": entries, "callbacks": {}}
    checkpoints.write(Checkpoint(0, arrays, facts))


class Checkpointing(keras.callbacks.Callback):
    """Writes the whole state of a run from time to time, and resumes from one.

    A state whose loss is not finite is not written, since nothing could resume from it.

    A run can resume in the middle of an epoch: `fit` begins that epoch, and the steps
    that are already done are passed over. The last of them is done once more, because
    Keras creates the variables of the optimizer and the metrics in the first step; then
    every variable gets its value from the checkpoint. So the batches that `fit` gets
    begin with the checkpoint's `last_batch`.

    Args:
        checkpoints: Where to write them.
        steps_per_epoch: Steps in an epoch.
        stateful: Callbacks with a state, by name: `get_state` returns it as JSON can
            hold it, and `set_state` restores it.
        interruptible: A checkpoint is written when it has received a signal.
        after: The checkpoint to resume from. Default: start at step 0.
        every: Steps between two checkpoints. Default: 30 seconds.
        clock: Seconds, ever increasing.

    Attributes:
        initial_epoch: The `initial_epoch` for `fit`.
        last_step: Step of the newest checkpoint.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        steps_per_epoch: int,
        stateful: dict,
        interruptible: Interruptible,
        *,
        after: Checkpoint | None = None,
        every: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._checkpoints = checkpoints
        self._steps_per_epoch = steps_per_epoch
        self._stateful = stateful
        self._interruptible = interruptible
        self._after = after
        self._every = every
        self._clock = clock
        self.initial_epoch = self.last_step = self._to_pass = 0
        if after is not None:
            for name, state in after.facts["callbacks"].items():
                if name in stateful:
                    stateful[name].set_state(state)
            self.last_step = after.step
        if after is not None and after.step > 0:
            # After the last step of an epoch, its validation is still to be done.
            self.initial_epoch, done = divmod(after.last_batch, steps_per_epoch)
            self._to_pass = done + 1

    def on_train_begin(self, logs: Any = None) -> None:
        self._written = self._clock()
        if self._after is None:
            self._write(0, self.model.variables)
        elif self._after.step == 0:
            self._restore(self.model.variables)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = epoch * self._steps_per_epoch
        if self._to_pass:
            self._train = self.model.train_function
            override = Override(self.model, "train_function", self._pass_over)
            self._overrides = Overrides([override])
            self._overrides.__enter__()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._after is not None:
            raise InputError(
                f"Keras {keras.__version__} does not call `train_function`, so that no "
                "run can be resumed in the middle of an epoch: install "
                f"'keras=={TESTED['keras']}.*'."
            )
        step = self._before + batch + 1
        lost = not all(map(math.isfinite, logs.values()))
        if step > self.last_step and self._is_time(step) and not lost:
            self._write(step, variables_of(self.model))
            self._written = self._clock()

    def _is_time(self, step):
        if self._interruptible.signal is not None:
            return True
        if self._every is not None:
            return step % self._every == 0
        return self._clock() - self._written >= SECONDS

    def _write(self, step, variables):
        arrays, entries = captured(variables)
        states = {name: each.get_state() for name, each in self._stateful.items()}
        facts = {"variables": entries, "callbacks": states}
        self._checkpoints.write(Checkpoint(step, arrays, facts))
        self.last_step = step

    def _restore(self, variables):
        restore(variables, self._after.arrays, self._after.facts["variables"])
        self._after = None

    def _pass_over(self, iterator):
        """Replaces the function of a step; returns the metrics so far, as it does."""
        if self._after is not None:
            self._train(iterator)
            self._restore(variables_of(self.model))
            self._metrics = self.model.get_metrics_result()
        self._to_pass -= 1
        if self._to_pass == 0:
            self._overrides.__exit__()
        return self._metrics
