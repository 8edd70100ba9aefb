"""Positions to examples, one index at a time: permutations without a buffer."""

import tensorflow as tf

from recipes.data import randomness

WORDS = 3  # of the cipher's key
RANGE = 2**32  # of a word


class Sampler:
    """What stands at which position of an epoch.

    Attributes:
        epoch_size: Number of positions in an epoch.
        weights: Weight of each class `(num_classes,)`, float32; `None` for none.
    """

    epoch_size: int
    weights: tf.Tensor | None = None

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Indices `(n,)` of the examples at `positions` `(n,)` of an epoch."""
        raise NotImplementedError

    def batch(self, all_inputs: tf.Tensor, epoch: tf.Tensor, positions: tf.Tensor):
        """The examples' indices, for their labels, and their inputs."""
        examples = self.examples(epoch, positions)
        return examples, tf.gather(all_inputs, examples)


class Shuffled(Sampler):
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
        key = drawn_key(randomness.fold(self._seed, epoch))
        return permuted(positions, key, self.epoch_size)


class Ordered(Sampler):
    """Every example exactly once, in the order of the data."""

    def __init__(self, num_examples: int):
        self.epoch_size = num_examples

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        return positions


def permuted(indices: tf.Tensor, keys: tf.Tensor, sizes) -> tf.Tensor:
    """Where permutations take `indices` `(n,)`, each below its size.

    Args:
        indices: int64 `(n,)`.
        keys: Key of all the permutations `(3,)`, or of each `(n, 3)`.
        sizes: Size of all the permutations, or of each `(n,)`.
    """
    # `tf.random.experimental.index_shuffle` runs four rounds, which leave some
    # neighbours 20 % too frequent; sixteen cost the same.
    return tf.raw_ops.RandomIndexShuffle(
        index=indices,
        seed=keys,
        max_index=tf.cast(sizes, indices.dtype) - 1,
        rounds=16,
    )


def drawn_key(seed: tf.Tensor) -> tf.Tensor:
    """A key `(3,)` for `permuted` from a seed of shape [2]."""
    # The cipher reads the low bits of each key word alone (8 of them below 65,536
    # examples), where a folded seed hardly varies: given as it is, it made 256
    # different orders in 4,000 epochs. Three drawn words make all 4,000.
    return tf.random.stateless_uniform([WORDS], seed, None, None, tf.int32)


def numbered_keys(seed: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """A key for each of `numbers` `(n,)`, as `(n, 3)`: a permutation per number.

    Folding takes one number at a time; the cipher itself, over all words, makes
    the keys of a batch at once. It repeats after 2³² / 3 numbers.
    """
    words = numbers[:, tf.newaxis] * WORDS + tf.range(WORDS, dtype=tf.int64)
    drawn = permuted(tf.reshape(words % RANGE, [-1]), drawn_key(seed), RANGE)
    return tf.cast(tf.reshape(drawn, [-1, WORDS]), tf.uint32)
