"""Several training steps in one call of the graph.

Keras's loop, its callbacks and the call of the graph cost about a millisecond of
Python for every step, as much as the step of a small model. A loop in the graph avoids
that: an MLP on batches of 64 trained on 38,000 examples a second instead of 21,000. The
steps are the same to the last bit however they are grouped, and a callback finds the
model as it is after the step that the callback is called for.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from recipes.training.keras_overrides import Override, Overrides, untested_version
from recipes.training.kernels import fused
from recipes.training.not_finite import losses_of

SECONDS = 0.1  # duration of a block, for which Ctrl-C has to wait
GROWTH = 8  # largest factor from the size of one block to the next


@contextlib.contextmanager
def in_blocks(
    model: keras.Model,
    callbacks: list,
    *,
    epochs: int,
    steps_per_epoch: int,
    validation: tf.data.Dataset,
    checkpoint_steps: int | None = None,
    every_step: bool = False,
) -> Iterator[list]:
    """Lets `fit` do several steps in one call while the `with` block runs.

    Yields the `callbacks` for `fit`. They are called at the beginning of every step,
    but at the end only of a block's last step, when the model is as it is after that
    step. A block ends with the epoch, at every multiple of `checkpoint_steps`, and at a
    loss that is not finite. There are no blocks for models that run eagerly, under a
    strategy, or with versions of Keras and TensorFlow that were not tested.
    """
    with fused(model):
        if model.run_eagerly or tf.distribute.has_strategy() or untested_version():
            yield callbacks
            return
        training = Block(model.train_step, model.jit_compile)
        testing = Block(model.test_step, model.jit_compile)
        functions = [
            Override(model, "train_function", training),
            Override(model, "test_function", testing),
        ]
        with Overrides(functions):
            yield BlockCallbacks(
                callbacks,
                training,
                testing,
                model=model,
                epochs=epochs,
                steps_per_epoch=steps_per_epoch,
                test_steps=int(validation.cardinality()),
                checkpoint_steps=checkpoint_steps or math.inf,
                every_step=every_step,
            )


class Block:
    """Replaces Keras's function of a step: postpones steps until a block is complete.

    Args:
        step: `train_step` or `test_step` of the model.
        jit_compile: Whether XLA compiles it.
        clock: Seconds, ever increasing.

    Attributes:
        due: Steps in the current block.
        waiting: Steps of the current block that are postponed.
        unused: Steps of the last block that were left out, since they came after a
            loss that was not finite.
    """

    def __init__(
        self,
        step: Callable,
        jit_compile: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._python_step = tf.autograph.experimental.do_not_convert(step)
        self._jit_compile = jit_compile
        self._clock = clock
        self.waiting = self.unused = 0
        self.retrace()

    def retrace(self) -> None:
        """Traces the step again when it is next called."""
        self._step = tf.function(
            self._python_step, jit_compile=self._jit_compile, reduce_retracing=True
        )
        self._run = tf.function(self._loop, autograph=False, reduce_retracing=True)
        self._logs = None
        self._size = self.due = 1

    def begin(self, most: float) -> None:
        """Begins a step; a block that starts with it has `most` steps at most."""
        if self.waiting == 0:
            self.due = int(min(self._size, max(1, most)))

    def __call__(self, iterator):
        self.waiting += 1
        if self.waiting < self.due:
            return self._logs
        if self._logs is None:  # Creates variables, which a loop cannot do.
            self._step.get_concrete_function(iterator.element_spec)
        start = self._clock()
        done, logs = self._run(iterator, tf.constant(self.due))
        done = int(done)
        if self._logs is not None:  # The first call traces.
            self._adapt((self._clock() - start) / done)
        self.waiting, self.unused, self._logs = 0, self.due - done, logs
        return logs

    def _adapt(self, seconds_per_step):
        fitting = int(SECONDS / max(seconds_per_step, 1e-6))
        self._size = max(1, min(fitting, self._size * GROWTH))

    def _loop(self, iterator, count):
        """Does `count` steps, but stops after a loss that is not finite."""
        spec = self._step.get_concrete_function(iterator.element_spec)
        # All steps are in the loop, even the first one, for the same numbers.
        logs = tf.nest.map_structure(_zeros, spec.structured_outputs)

        def continues(done, logs):
            finite = [tf.math.is_finite(loss) for loss in losses_of(logs).values()]
            return tf.reduce_all([done < count, *finite])

        def body(done, logs):
            return done + 1, self._step(iterator.get_next())

        return tf.while_loop(
            continues, body, (tf.constant(0), logs), parallel_iterations=1
        )


def _zeros(tensor):
    return tf.zeros(tensor.shape, tensor.dtype)


class BlockCallbacks(keras.callbacks.CallbackList):
    """Calls callbacks at the end of blocks instead of steps; see `in_blocks`."""

    def __init__(
        self,
        callbacks: list,
        training: Block,
        testing: Block,
        *,
        model: keras.Model,
        epochs: int,
        steps_per_epoch: int,
        test_steps: int,
        checkpoint_steps: float,
        every_step: bool,
    ) -> None:
        super().__init__(
            callbacks,
            add_history=True,
            model=model,
            verbose=0,
            epochs=epochs,
            steps=steps_per_epoch,
        )
        self._training, self._testing = training, testing
        self._steps_per_epoch = steps_per_epoch
        self._test_steps = test_steps
        self._checkpoint_steps = checkpoint_steps
        self._most = 1 if every_step else math.inf

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = epoch * self._steps_per_epoch
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        to_checkpoint = self._checkpoint_steps
        if math.isfinite(to_checkpoint):
            to_checkpoint -= (self._before + batch) % to_checkpoint
        left = self._steps_per_epoch - batch
        self._training.begin(min(left, to_checkpoint, self._most))
        super().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._training.waiting:
            super().on_train_batch_end(batch - self._training.unused, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._testing.begin(min(self._test_steps - batch, self._most))
        super().on_test_batch_begin(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._testing.waiting:
            super().on_test_batch_end(batch, logs)
