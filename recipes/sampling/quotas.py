"""Samplers that give each class exactly its quota of an epoch."""

import numpy as np
import tensorflow as tf

from recipes.data import randomness
from recipes.sampling.base import Plan
from recipes.sampling.order import Sampler, drawn_key, numbered_keys, permuted

# Purposes of random numbers, beside those of `recipes.data.randomness`.
CLASS_ORDER, BATCH_ORDER = 101, 102


class Quotas(Sampler):
    r"""Every class as often in an epoch as its target says, in a shuffled order.

    An epoch is laid out class after class in slots, and a permutation takes
    positions to slots. Of a class of $n$ examples with $t$ slots:

    - where $t \le n$, $\lceil n / t \rceil$ epochs in a row go through one
      permutation of the class: no example twice in an epoch, and every example at
      least once in those epochs;
    - where $t > n$, an epoch goes through permutation after permutation: every
      example $\lfloor t / n \rfloor$ or $\lceil t / n \rceil$ times.

    Args:
        plan: Counts and targets.
        labels: Class number of each example.
        seed: Integer; the same seed gives the same epochs.
    """

    def __init__(self, plan: Plan, labels: np.ndarray, seed: int):
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
        return self._examples_in(epoch, *self._places(epoch, positions))

    def _slots(self, epoch, positions):
        """The slots at positions: a permutation of the epoch."""
        key = drawn_key(randomness.fold(self._seed, epoch))
        return permuted(positions, key, self.epoch_size)

    def _places(self, epoch, positions):
        """Class, and place among the class's slots, at each position."""
        slots = self._slots(epoch, positions)
        classes = tf.searchsorted(self._ends, slots, side="right")
        ends, targets = (
            tf.gather(self._ends, classes),
            tf.gather(self._targets, classes),
        )
        return classes, slots - (ends - targets)

    def _rows(self, epoch, classes, places):
        """Numbers of the examples within their classes."""
        counts = tf.gather(self._counts, classes)
        targets = tf.gather(self._targets, classes)
        epochs = -(-counts // targets)  # that show the whole class; 1 if t ≥ n
        passes = -(-targets // counts)  # through the class in an epoch; 1 if t ≤ n
        turns = (epoch // epochs) * passes + places // counts
        within = ((epoch % epochs) * targets + places) % counts
        numbers = turns * len(self._counts) + tf.cast(classes, tf.int64)
        return permuted(within, numbered_keys(self._class_seed, numbers), counts)

    def _examples_in(self, epoch, classes, places):
        rows = self._rows(epoch, classes, places)
        members = tf.gather(self._starts, classes) + rows
        return tf.cast(tf.gather(self._members, members), tf.int64)


class BatchQuotas(Quotas):
    r"""Quotas of the epoch that every batch has its exact part of.

    Batch $s$ of $S$, in an order drawn for the epoch, takes the slots
    $s, s + S, s + 2S, \dots$ of an epoch laid out class after class. A class with
    $t$ slots is then in each batch $\lfloor t / S \rfloor$ or $\lceil t / S \rceil$
    times, and $t$ times in the epoch.

    Args:
        plan: Counts and targets; the epoch is a whole number of batches.
        labels: Class number of each example.
        batch_size: Examples in a batch.
        seed: Integer; the same seed gives the same epochs.
    """

    def __init__(self, plan: Plan, labels: np.ndarray, batch_size: int, seed: int):
        super().__init__(plan, labels, seed)
        self._batch_size = batch_size
        self._batch_seed = randomness.fold(self._seed, BATCH_ORDER)

    def _slots(self, epoch, positions):
        steps, size = self.epoch_size // self._batch_size, self._batch_size
        key = drawn_key(randomness.fold(self._seed, epoch))
        step = positions // size
        first = permuted(step, key, steps)
        # In a drawn order: what pairs neighbours, as mixing does, pairs any classes.
        keys = numbered_keys(self._batch_seed, epoch * steps + step)
        return permuted(positions % size, keys, size) * steps + first
