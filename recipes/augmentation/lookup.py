"""Finding words in a list, inside the graph.

This searches sorted hashes. A hash table of TensorFlow would be a resource outside the
graph, and a pipeline with such a resource cannot be serialised.
"""

import functools

import tensorflow as tf

HASHES = 2**62


class Lookup:
    """Finds the indices of words in a list without repetitions."""

    def __init__(self, words: tuple[str, ...]) -> None:
        # Outside any graph that is being traced: several graphs share these tensors.
        with tf.init_scope(), tf.device("CPU"):
            words = tf.constant(words)
            hashes = tf.strings.to_hash_bucket_fast(words, HASHES)
            self._order = tf.argsort(hashes)
            self._hashes = tf.gather(hashes, self._order)
            self._words = tf.gather(words, self._order)

    @classmethod
    @functools.lru_cache(maxsize=32)
    def of(cls, words: tuple[str, ...]) -> "Lookup":
        """Returns the lookup of these words, made once."""
        return cls(words)

    def find(self, words: tf.Tensor) -> tf.Tensor:
        """Returns the index of each word, int32; −1 for words that are not in the list.

        >>> Lookup(("cat", "dog", "eel")).find(["dog", "Dog", "eel"]).numpy().tolist()
        [1, -1, 2]
        """
        hashes = tf.strings.to_hash_bucket_fast(words, HASHES)
        index = tf.searchsorted(self._hashes, hashes)
        index = tf.minimum(index, tf.size(self._words) - 1)
        found = tf.gather(self._words, index) == words
        return tf.where(found, tf.gather(self._order, index), -1)
