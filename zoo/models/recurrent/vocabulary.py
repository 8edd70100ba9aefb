"""Tokens of text: splitting texts, learning a vocabulary, looking up tokens.

TensorFlow splits the texts, both inside a model and outside, so that both split them
alike.
"""

import collections
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from custom.arguments import one_of, positive_integer
from custom.types import Tensor
from zoo.tokens import PADDING, RESERVED, SPLITS, UNKNOWN, checked_vocabulary

# RE2 syntax: a character that is not part of a word and not white space is a token.
_SIGN = r"([^\p{L}\p{M}\p{N}_'\s\p{Z}])"


def learn_vocabulary(
    texts: Iterable[str],
    size: int | None = 10_000,
    split: str = "word",
    least: int = 1,
) -> list[str]:
    """The most frequent words or characters of some texts, the most frequent first.

    Args:
        texts: The training texts.
        size: The greatest number of entries; `None` for all.
        split: `"word"` for lower-case words and punctuation marks; `"character"`;
            `"space"` for what stands between white space, with its case, such as the
            tokens of a sentence.
        least: The least number of times that an entry occurs in the texts. If none
            occurs so often, all count.

    Raises:
        ValueError: If an argument is out of its range, or the texts are empty.

    >>> learn_vocabulary(["Good, good film!", "a good one"], size=3)
    ['good', '!', ',']
    >>> learn_vocabulary(["abba"], split="character")
    ['a', 'b']
    """
    one_of("split", split, SPLITS)
    if size is not None:
        positive_integer("size", size)
    counts: collections.Counter[str] = collections.Counter()
    for tokens in split_texts(list(texts), split):
        counts.update(tokens)
    if not counts:
        raise ValueError("`texts` must contain at least one word.")
    # Equally frequent entries are in alphabetical order, whatever the texts' order.
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    frequent = [token for token in ordered if counts[token] >= least]
    return (frequent or ordered)[:size]


def split_texts(texts: list[str], split: str) -> list[list[str]]:
    """The words or characters of each text.

    >>> split_texts(["It's GOOD, isn't it?"], "word")
    [["it's", 'good', ',', "isn't", 'it', '?']]
    >>> split_texts([" It's GOOD, "], "space")
    [["It's", 'GOOD,']]
    """
    import tensorflow as tf

    if not texts:
        return []
    with tf.device("CPU:0"):
        tokens = _ragged_tokens(tf.constant(texts, tf.string), split)
    return [[token.decode() for token in row] for row in tokens.to_list()]


class Codec:
    """Converts text to tokens and back, outside the graph, on any backend."""

    def __init__(self, vocabulary: Sequence[str], split: str) -> None:
        self.vocabulary = vocabulary
        self.split = split

    def tokens(self, texts: list[str]) -> np.ndarray:
        """The tokens of each text; shorter ones are padded with zeros at the end."""
        rows = [
            [self._tokens.get(entry, UNKNOWN) for entry in row]
            for row in split_texts(texts, self.split)
        ]
        tokens = np.zeros((len(rows), max(map(len, rows), default=0)), "int32")
        for padded, row in zip(tokens, rows, strict=True):
            padded[: len(row)] = row
        return tokens

    def texts(self, tokens: Any) -> list[str]:
        """The text of each row of tokens, without padding; unknown tokens are �."""
        entries = ["", "\N{REPLACEMENT CHARACTER}", *self.vocabulary]
        separator = "" if self.split == "character" else " "
        return [
            separator.join(entries[token] for token in row if token != PADDING)
            for row in np.asarray(tokens).tolist()
        ]

    @functools.cached_property
    def _tokens(self) -> dict[str, int]:
        return {entry: token for token, entry in enumerate(self.vocabulary, RESERVED)}


@keras.saving.register_keras_serializable(package="zoo")
class TextToTokens(keras.layers.Layer):
    """Converts strings `(batch,)` to tokens `(batch, time)`; needs TensorFlow.

    Args:
        vocabulary: The words or characters from token 2 on.
        split: `"word"`, `"character"` or `"space"`; see `learn_vocabulary`.
        **kwargs: `name` and other arguments of every Keras layer.

    Raises:
        ValueError: If the backend is not TensorFlow.

    >>> import tensorflow as tf
    >>> layer = TextToTokens(["good", "bad"], "word")
    >>> layer(tf.constant(["a good one", "Bad"])).numpy().tolist()
    [[1, 2, 1], [3, 0, 0]]
    """

    def __init__(
        self, vocabulary: list[str], split: str = "word", **kwargs: Any
    ) -> None:
        backend = keras.backend.backend()
        if backend != "tensorflow":
            raise ValueError(
                f"Raw text needs KERAS_BACKEND=tensorflow; {backend} has no strings. "
                "Use inputs='tokens' with the same vocabulary, and convert the texts "
                "with `tokens_of(texts)`."
            )
        kwargs["dtype"] = "int32"
        super().__init__(autocast=False, **kwargs)
        self.vocabulary = checked_vocabulary(vocabulary)
        self.split = one_of("split", split, SPLITS)
        self.lookup = keras.layers.StringLookup(
            vocabulary=self.vocabulary, mask_token="", name="lookup"
        )
        self.supports_jit = False
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    def call(self, texts: Tensor) -> Tensor:
        import tensorflow as tf

        tokens = self.lookup(_ragged_tokens(tf.convert_to_tensor(texts), self.split))
        tokens = tf.cast(tokens.to_tensor(PADDING), tf.int32)
        # A batch of empty texts has no step, but a network needs one.
        missing = tf.maximum(1 - tf.shape(tokens)[1], 0)
        return tf.pad(tokens, [[0, 0], [0, missing]])

    def compute_output_spec(self, texts: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((texts.shape[0], None), "int32")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "split": self.split,
        }


def texts_in_graph(tokens: Tensor, vocabulary: Sequence[str], split: str) -> Tensor:
    """The text of each row of tokens, as `Codec.texts` joins it, in a graph."""
    import tensorflow as tf

    entries = tf.constant(["", "\N{REPLACEMENT CHARACTER}", *vocabulary])
    words = tf.ragged.boolean_mask(tf.gather(entries, tokens), tokens != PADDING)
    separator = "" if split == "character" else " "
    return tf.strings.reduce_join(words, axis=1, separator=separator)


def _ragged_tokens(texts: Tensor, split: str) -> Tensor:
    """The entries of each text, as a ragged tensor."""
    import tensorflow as tf

    if split == "character":
        return tf.strings.unicode_split(texts, "UTF-8")
    if split == "space":
        return tf.strings.split(texts)
    texts = tf.strings.lower(texts, encoding="utf-8")
    texts = tf.strings.regex_replace(texts, _SIGN, r" \1 ")
    return tf.strings.split(tf.strings.regex_replace(texts, r"\p{Z}", " "))
