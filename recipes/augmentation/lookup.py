"""Finding words in a list, inside the graph.

By a search among sorted hashes rather than a hash table of TensorFlow: that is a
resource beside the graph, and a pipeline with one cannot be serialised.
"""

import functools

import tensorflow as tf

HASHES = 2**62


class Lookup:
    """The places of words in a list without repetitions."""

    def __init__(self, words: tuple[str, ...]):
        # Outside of any graph being traced: several of them use the same tensors.
        with tf.init_scope(), tf.device("CPU"):
            words = tf.constant(words)
            hashes = tf.strings.to_hash_bucket_fast(words, HASHES)
            self._order = tf.argsort(hashes)
            self._hashes = tf.gather(hashes, self._order)
            self._words = tf.gather(words, self._order)

    @classmethod
    @functools.lru_cache(maxsize=32)
    def of(cls, words: tuple[str, ...]) -> "Lookup":
        """The same, made once."""
        return cls(words)

    def find(self, words):
        """The place of each word, int32; −1 where the list has it not.

        >>> Lookup(("cat", "dog", "eel")).find(["dog", "Dog", "eel"]).numpy().tolist()
        [1, -1, 2]
        """
        hashes = tf.strings.to_hash_bucket_fast(words, HASHES)
        place = tf.searchsorted(self._hashes, hashes)
        place = tf.minimum(place, tf.size(self._words) - 1)
        same = tf.gather(self._words, place) == words
        return tf.where(same, tf.gather(self._order, place), -1)
