"""Seeds inside a pipeline: folded together, never added.

Adding makes streams collide: with `seed + epoch`, the second epoch of run 0 is
the first of run 1. Folding hashes instead, so that every (seed, stream, epoch,
step) has numbers of its own.
"""

import tensorflow as tf

from zoo.errors import InputError

# One stream of random numbers per purpose.
ORDER = 1
AUGMENTATION = 2


def stream(seed: int, purpose: int) -> tf.Tensor:
    """The seed, of shape [2], of one purpose's random numbers.

    Raises:
        InputError: If `seed` is not an integer in 0…2⁶³ - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise InputError(f"`seed` must be an integer in 0…2⁶³ - 1, got {seed!r}.")
    halves = tf.constant([seed & 0x7FFFFFFF, seed >> 31], tf.int64)
    return fold(halves, purpose)


def fold(seed: tf.Tensor, number) -> tf.Tensor:
    """A new seed from a seed and a number, such as an epoch or a step."""
    return tf.random.experimental.stateless_fold_in(seed, tf.cast(number, tf.int64))
