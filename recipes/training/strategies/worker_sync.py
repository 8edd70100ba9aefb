"""Signals and a clock that all workers share, so that they stop and write together.

A training step needs all workers. If one of them stopped after a step and the others
continued, they would wait for it forever. The losses are the same on all workers, since
they are summed over all of them; clocks and signals are not. So about twice a second
the workers exchange the signals they have received and the time, and act only on these.
"""

import signal
import time
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from recipes.training.callbacks import Interruptible
from zoo.errors import InputError

SIGNALS = (signal.SIGTERM, signal.SIGINT)  # the first one wins
INTERVAL = 0.5  # seconds between two exchanges


class SyncedInterruptible(Interruptible):
    """Ends training at a signal once all workers know of it.

    Attributes:
        received: The signal that has come to this process, or `None`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.received: int | None = None

    def _remember(self, number, frame):
        waits = self._training and self.received is None
        self.received = number
        if not waits:
            self.signal = number
            self._check()

    def on_train_end(self, logs: Any = None) -> None:
        super().on_train_end(logs)
        if self.signal is None and self.received is not None:
            self.signal = self.received  # From here on no worker waits for another.
            self._check()


class WorkerSync(keras.callbacks.Callback):
    """Gives all workers the same clock and the same signals; the first callback.

    Args:
        strategy: The strategy of the model.
        interruptible: Gets the signals.
        first_step: Steps that the run has done before, the same on all workers.
        clock: Seconds, ever increasing.

    Attributes:
        now: Seconds, the same on all workers.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        interruptible: SyncedInterruptible,
        first_step: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._strategy = strategy
        self._interruptible = interruptible
        self._first_step = first_step
        self._clock = clock
        self._steps = 0  # since the last exchange
        self._steps_between = 1  # two exchanges
        self.now = 0.0

        @tf.function(autograph=False)
        def mean(values):
            def of_replica(values):
                context = tf.distribute.get_replica_context()
                placed = tf.identity(values)  # The argument is not on a device yet.
                return context.all_reduce(tf.distribute.ReduceOp.MEAN, placed)

            return strategy.run(of_replica, (values,))

        self._mean = mean

    def common_clock(self) -> float:
        """The clock that callbacks use instead of their own."""
        return self.now

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = self._clock()
        (step,) = self._exchanged([self._first_step])
        if step != self._first_step:
            raise InputError(
                f"This worker resumes at step {self._first_step}, other workers do "
                "not: all of them must use the same run folder."
            )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._steps += 1
        if self._steps < self._steps_between:
            return
        received = [self._interruptible.received == number for number in SIGNALS]
        *shares, now = self._exchanged([*received, self._clock() - self._start])
        for number, share in zip(SIGNALS, shares, strict=True):
            if share > 0 and self._interruptible.signal is None:
                self._interruptible.signal = number
        per_step = (now - self.now) / self._steps
        fitting = int(INTERVAL / max(per_step, 1e-6))
        self._steps_between = max(1, min(2 * self._steps_between, fitting))
        self._steps, self.now = 0, now

    def _exchanged(self, values) -> list[float]:
        """Means over all workers."""
        mean = self._mean(tf.constant(values, tf.float32))
        return self._strategy.experimental_local_results(mean)[0].numpy().tolist()
