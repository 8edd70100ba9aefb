"""Samplers that draw exactly the quota of each class in every epoch."""

import numpy as np
import tensorflow as tf

from recipes.data import randomness
from recipes.sampling.base import Plan
from recipes.sampling.order import Sampler, drawn_key, numbered_keys, permuted

# Random streams, in addition to those of `recipes.data.randomness`.
CLASS_ORDER, BATCH_ORDER = 101, 102


class Quotas(Sampler):
    r"""Draws exactly the target number of examples of each class, in shuffled order.

    The slots of an epoch are laid out class after class, and a permutation maps
    positions to slots. For a class with $n$ examples and $t$ slots:

    - If $t \le n$, $\lceil n / t \rceil$ consecutive epochs go through one
      permutation of the class. No example comes twice in an epoch, and every example
      comes at least once in those epochs.
    - If $t > n$, an epoch goes through one permutation after another. Every example
      comes $\lfloor t / n \rfloor$ or $\lceil t / n \rceil$ times.
    """

    def __init__(self, plan: Plan, labels: np.ndarray, seed: int) -> None:
        self.epoch_size = plan.epoch_size
        self._seed = randomness.stream(seed, randomness.ORDER)
        self._class_seed = randomness.fold(self._seed, CLASS_ORDER)
        index = "int32" if len(labels) < 2**31 else "int64"
        members = np.argsort(labels, kind="stable").astype(index)
        with tf.device("CPU"):
            self._members = tf.constant(members)
            self._counts = tf.constant(plan.counts, tf.int64)
            self._targets = tf.constant(plan.targets, tf.int64)
            self._ends = tf.cumsum(self._targets)
            self._starts = tf.cumsum(self._counts, exclusive=True)

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        return self._examples_in(epoch, *self._class_slots(epoch, positions))

    def _slots(self, epoch, positions):
        """The slot of each position, by a permutation of the epoch."""
        key = drawn_key(randomness.fold(self._seed, epoch))
        return permuted(positions, key, self.epoch_size)

    def _class_slots(self, epoch, positions):
        """The class at each position, and the number of the slot in that class."""
        slots = self._slots(epoch, positions)
        classes = tf.searchsorted(self._ends, slots, side="right")
        ends, targets = (
            tf.gather(self._ends, classes),
            tf.gather(self._targets, classes),
        )
        return classes, slots - (ends - targets)

    def _rows(self, epoch, classes, slots):
        """The index of each example within its class."""
        counts = tf.gather(self._counts, classes)
        targets = tf.gather(self._targets, classes)
        epochs = -(-counts // targets)  # that show the whole class once; 1 if t ≥ n
        passes = -(-targets // counts)  # through the class in an epoch; 1 if t ≤ n
        permutation = (epoch // epochs) * passes + slots // counts
        within = ((epoch % epochs) * targets + slots) % counts
        numbers = permutation * len(self._counts) + tf.cast(classes, tf.int64)
        return permuted(within, numbered_keys(self._class_seed, numbers), counts)

    def _examples_in(self, epoch, classes, slots):
        rows = self._rows(epoch, classes, slots)
        members = tf.gather(self._starts, classes) + rows
        return tf.cast(tf.gather(self._members, members), tf.int64)


class BatchQuotas(Quotas):
    r"""Quotas that hold in every batch, not only in the epoch.

    The slots of an epoch are laid out class after class. Batch $s$ of $S$, in an order
    drawn for each epoch, takes the slots $s, s + S, s + 2S, \dots$ So a class with $t$
    slots comes $\lfloor t / S \rfloor$ or $\lceil t / S \rceil$ times in each batch,
    and $t$ times in the epoch, which is a whole number of batches.
    """

    def __init__(
        self, plan: Plan, labels: np.ndarray, batch_size: int, seed: int
    ) -> None:
        super().__init__(plan, labels, seed)
        self._batch_size = batch_size
        self._batch_seed = randomness.fold(self._seed, BATCH_ORDER)

    def _slots(self, epoch, positions):
        steps, size = self.epoch_size // self._batch_size, self._batch_size
        key = drawn_key(randomness.fold(self._seed, epoch))
        step = positions // size
        first = permuted(step, key, steps)
        # Shuffled, so that mixing, which pairs neighbours, pairs any two classes.
        keys = numbered_keys(self._batch_seed, epoch * steps + step)
        return permuted(positions % size, keys, size) * steps + first
