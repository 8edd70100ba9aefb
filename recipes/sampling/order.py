"""Samplers that show every example once, by permutations without a buffer."""

import tensorflow as tf

from recipes.data import randomness

WORDS = 3  # number of words of the cipher's key
RANGE = 2**32  # number of values of a word


class Sampler:
    """Decides which example stands at which position of an epoch.

    Attributes:
        epoch_size: Number of positions in an epoch.
        weights: Weight of each class `(num_classes,)`, float32; `None` without
            class weights.
    """

    epoch_size: int
    weights: tf.Tensor | None = None

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Returns the indices `(n,)` of the examples at `positions` `(n,)`."""
        raise NotImplementedError

    def batch(
        self, all_inputs: tf.Tensor, epoch: tf.Tensor, positions: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the indices of the examples, for their labels, and their inputs."""
        examples = self.examples(epoch, positions)
        return examples, tf.gather(all_inputs, examples)


class Shuffled(Sampler):
    """Shows every example exactly once per epoch, in a new order each epoch.

    The order is a permutation that is evaluated one index at a time (the Simon block
    cipher, applied until the result is in range). So there is no buffer and no
    warm-up, and any position of any epoch is available at once.

    Args:
        num_examples: Number of examples, at least 1.
        seed: Random seed; the same seed gives the same orders.
    """

    def __init__(self, num_examples: int, seed: int) -> None:
        self.epoch_size = num_examples
        self._seed = randomness.stream(seed, randomness.ORDER)

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        key = drawn_key(randomness.fold(self._seed, epoch))
        return permuted(positions, key, self.epoch_size)


class Ordered(Sampler):
    """Shows every example exactly once, in the order of the data."""

    def __init__(self, num_examples: int) -> None:
        self.epoch_size = num_examples

    def examples(self, epoch: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        return positions


def permuted(indices: tf.Tensor, keys: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """Applies permutations to indices.

    Args:
        indices: int64 `(n,)`, each below its size.
        keys: One key for all indices `(3,)`, or a key for each index `(n, 3)`.
        sizes: One size of the permutations for all indices, or a size for each `(n,)`.
    """
    # `tf.random.experimental.index_shuffle` runs four rounds, after which some
    # neighbours are 20 % too frequent; sixteen rounds cost the same.
    return tf.raw_ops.RandomIndexShuffle(
        index=indices, seed=keys, max_index=tf.cast(sizes, indices.dtype) - 1, rounds=16
    )


def drawn_key(seed: tf.Tensor) -> tf.Tensor:
    """Draws a key `(3,)` for `permuted` from a seed of shape [2]."""
    # The cipher reads only the low bits of each key word (8 bits below 65,536
    # examples), where folded seeds hardly vary: used as keys, they gave 256 different
    # orders in 4,000 epochs. Three drawn words give 4,000.
    return tf.random.stateless_uniform([WORDS], seed, None, None, tf.int32)


def numbered_keys(seed: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Draws a key `(3,)` for each of `numbers` `(n,)`, so that each has a permutation.

    A seed is folded with one number at a time. Here the cipher itself, applied to all
    words, makes the keys of a whole batch. Keys repeat after 2³² / 3 numbers.
    """
    words = numbers[:, tf.newaxis] * WORDS + tf.range(WORDS, dtype=tf.int64)
    drawn = permuted(tf.reshape(words % RANGE, [-1]), drawn_key(seed), RANGE)
    return tf.cast(tf.reshape(drawn, [-1, WORDS]), tf.uint32)
