"""Samplers: which example stands at which position of an epoch.

A sampler has the length of its epoch and maps positions to examples inside
TensorFlow's graph. Batches ask for positions alone, so a new sampler is one
small class here and changes nothing else.
"""

import tensorflow as tf

from recipes import randomness


class Shuffled:
    """Every example exactly once an epoch, in a new order each epoch.

    The order is a permutation evaluated one index at a time (the Simon block
    cipher, walked until it stays in range): no buffer, no warm-up, and any
    position of any epoch at once.

    Args:
        num_examples: Number of examples, at least 1.
        seed: Integer; the same seed gives the same orders.
    """

    def __init__(self, num_examples: int, seed: int):
        self.epoch_size = num_examples
        self._seed = randomness.stream(seed, randomness.ORDER)

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Indices `(n,)` of the examples at `positions` `(n,)` of an epoch."""
        # The cipher reads the low bits of each key word alone (8 of them below
        # 65,536 examples), where a folded seed hardly varies: given as it is, it
        # made 256 different orders in 4,000 epochs. Three drawn words make all
        # 4,000. `tf.random.experimental.index_shuffle` has two, and four rounds,
        # which leave some neighbours 20 % too frequent; sixteen cost the same.
        key = tf.random.stateless_uniform(
            [3], randomness.fold(self._seed, epoch), None, None, tf.int32
        )
        return tf.raw_ops.RandomIndexShuffle(
            index=positions,
            seed=key,
            max_index=tf.constant(self.epoch_size - 1, positions.dtype),
            rounds=16,
        )


class Ordered:
    """Every example exactly once, in the order of the data."""

    def __init__(self, num_examples: int):
        self.epoch_size = num_examples

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        return positions
