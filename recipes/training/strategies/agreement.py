"""What several processes must decide alike: when to stop, and when to write.

A step of training takes all workers. If one of them stopped after a step that another
goes on from, the others would wait for it for ever. What they learn from losses is
alike, since losses are summed over all; clocks and signals are not. So workers tell
each other, about twice a second, which signals have come and what time it is, and act
upon that alone.
"""

import signal
import time

import keras
import tensorflow as tf

from recipes.training.callbacks import Interruptible
from zoo.errors import InputError

SIGNALS = (signal.SIGTERM, signal.SIGINT)  # the first one wins
INTERVAL = 0.5  # seconds between two exchanges


class InterruptibleTogether(Interruptible):
    """Ends training at a signal once all workers know of it.

    Attributes:
        asked: The signal that has come to this process, or `None`.
    """

    def __init__(self):
        super().__init__()
        self.asked = None

    def _remember(self, number, frame):
        waits = self._training and self.asked is None
        self.asked = number
        if not waits:
            self.signal = number
            self._check()

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        if self.signal is None and self.asked is not None:
            self.signal = self.asked  # From here on nobody waits for another.
            self._check()


class Agreement(keras.callbacks.Callback):
    """Gives all workers the same clock and the same signals; the first callback.

    Args:
        strategy: That of the model.
        interruptible: Gets the signals.
        first_step: Steps that the run has behind it, the same for all.
        clock: Seconds, ever increasing.

    Attributes:
        now: Seconds, the same on all workers.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        interruptible: InterruptibleTogether,
        first_step: int = 0,
        clock=time.monotonic,
    ):
        super().__init__()
        self._strategy = strategy
        self._interruptible = interruptible
        self._first_step = first_step
        self._clock = clock
        self._steps = 0  # since the last exchange
        self._pause = 1  # steps between two
        self.now = 0.0

        @tf.function(autograph=False)
        def mean(values):
            def of_replica(values):
                context = tf.distribute.get_replica_context()
                here = tf.identity(values)  # An argument is on no device yet.
                return context.all_reduce(tf.distribute.ReduceOp.MEAN, here)

            return strategy.run(of_replica, (values,))

        self._mean = mean

    def common_clock(self) -> float:
        """What takes the place of a clock of one's own."""
        return self.now

    def on_train_begin(self, logs=None):
        self._start = self._clock()
        (step,) = self._exchanged([self._first_step])
        if step != self._first_step:
            raise InputError(
                f"This worker goes on from step {self._first_step}, others do not: the "
                "run folder must be the same for all of them."
            )

    def on_train_batch_end(self, batch, logs=None):
        self._steps += 1
        if self._steps < self._pause:
            return
        asked = [self._interruptible.asked == number for number in SIGNALS]
        *asked, now = self._exchanged([*asked, self._clock() - self._start])
        for number, share in zip(SIGNALS, asked, strict=True):
            if share > 0 and self._interruptible.signal is None:
                self._interruptible.signal = number
        per_step = (now - self.now) / self._steps
        self._pause = max(1, min(2 * self._pause, int(INTERVAL / max(per_step, 1e-6))))
        self._steps, self.now = 0, now

    def _exchanged(self, values) -> list[float]:
        """Means over all workers."""
        mean = self._mean(tf.constant(values, tf.float32))
        return self._strategy.experimental_local_results(mean)[0].numpy().tolist()
