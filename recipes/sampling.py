"""Samplers: which example stands at which position of an epoch.

A sampler has the length of its epoch and maps positions to examples inside
TensorFlow's graph. Batches ask for positions alone, so a new sampler is one
small class here and changes nothing else.
"""

import tensorflow as tf

from recipes import randomness


class Shuffled:
    """Every example exactly once an epoch, in a new order each epoch.

    The order is a permutation evaluated one index at a time: no buffer, no
    warm-up, and any position of any epoch at once.

    Args:
        num_examples: Number of examples, at least 1.
        seed: Integer; the same seed gives the same orders.
    """

    def __init__(self, num_examples: int, seed: int):
        self.epoch_size = num_examples
        self._seed = randomness.stream(seed, randomness.ORDER)

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Indices `(n,)` of the examples at `positions` `(n,)` of an epoch."""
        return tf.random.experimental.index_shuffle(
            positions,
            seed=tf.cast(randomness.fold(self._seed, epoch), tf.int32),
            max_index=tf.constant(self.epoch_size - 1, positions.dtype),
        )


class Ordered:
    """Every example exactly once, in the order of the data."""

    def __init__(self, num_examples: int):
        self.epoch_size = num_examples

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        return positions
