"""Text as numbers: splitting it, learning a vocabulary, looking tokens up.

Token 0 is padding, 1 stands for what the vocabulary has not, and from 2 on come its
entries. Splitting is done by TensorFlow in every case, inside a model and outside, so
that there is one way of doing it.
"""

import collections
import functools
from collections.abc import Iterable

import keras
import numpy as np

from custom.arguments import one_of, positive_integer

SPLITS = ("word", "character")
PADDING, UNKNOWN, RESERVED = 0, 1, 2

# In RE2's syntax: neither of a word nor white space, so a token of its own.
_SIGN = r"([^\p{L}\p{M}\p{N}_'\s\p{Z}])"


def learn_vocabulary(
    texts: Iterable[str], size: int | None = 10_000, split: str = "word"
) -> list[str]:
    """The most frequent words or characters of some texts, the most frequent first.

    Args:
        texts: The training texts.
        size: How many at most; `None` for all.
        split: `"word"`: lower-case words and punctuation marks; `"character"`.

    Returns:
        What `RecurrentNetwork(vocabulary=…)` takes.

    Raises:
        ValueError: If an argument is out of its range or there is nothing in the texts.

    >>> learn_vocabulary(["Good, good film!", "a good one"], size=3)
    ['good', '!', ',']
    >>> learn_vocabulary(["abba"], split="character")
    ['a', 'b']
    """
    one_of("split", split, SPLITS)
    if size is not None:
        positive_integer("size", size)
    counts = collections.Counter()
    for tokens in split_texts(list(texts), split):
        counts.update(tokens)
    if not counts:
        raise ValueError("`texts` holds no word to learn.")
    # Equally frequent ones in alphabetical order, whatever the order of the texts.
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    return ordered[:size]


def split_texts(texts: list[str], split: str) -> list[list[str]]:
    """The words or characters of each text.

    >>> split_texts(["It's GOOD, isn't it?"], "word")
    [["it's", 'good', ',', "isn't", 'it', '?']]
    """
    import tensorflow as tf

    if not texts:
        return []
    with tf.device("CPU:0"):
        tokens = _ragged_tokens(tf.constant(texts, tf.string), split)
    return [[token.decode() for token in row] for row in tokens.to_list()]


def checked_vocabulary(vocabulary) -> list[str]:
    """A list of different, non-empty strings.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(vocabulary, str) or not isinstance(vocabulary, Iterable):
        raise ValueError(
            "`vocabulary` must be a list of words or characters, such as "
            f"`learn_vocabulary` gives, got {vocabulary!r:.50}."
        )
    vocabulary = [str(entry) for entry in vocabulary]
    if not vocabulary or "" in vocabulary or len({*vocabulary}) < len(vocabulary):
        raise ValueError(
            "`vocabulary` must hold at least one entry, none of them empty and none "
            f"twice, got {len(vocabulary)} entries, {len({*vocabulary})} different."
        )
    return vocabulary


class Codec:
    """Text to tokens and back, outside the graph, for any backend."""

    def __init__(self, vocabulary: list[str], split: str):
        self.vocabulary = vocabulary
        self.split = split

    def tokens(self, texts: list[str]) -> np.ndarray:
        """Tokens of each text, with zeros behind the shorter ones."""
        rows = [
            [self._numbers.get(token, UNKNOWN) for token in row]
            for row in split_texts(texts, self.split)
        ]
        tokens = np.zeros((len(rows), max(map(len, rows), default=0)), "int32")
        for row, numbers in zip(tokens, rows, strict=True):
            row[: len(numbers)] = numbers
        return tokens

    def texts(self, tokens) -> list[str]:
        """The text of each row of tokens; padding is left out, unknown ones are �."""
        names = [None, "\N{REPLACEMENT CHARACTER}", *self.vocabulary]
        between = " " if self.split == "word" else ""
        return [
            between.join(names[token] for token in row if token != PADDING)
            for row in np.asarray(tokens).tolist()
        ]

    @functools.cached_property
    def _numbers(self):
        return {token: n for n, token in enumerate(self.vocabulary, RESERVED)}


@keras.saving.register_keras_serializable(package="zoo")
class TextToTokens(keras.layers.Layer):
    """Strings `(batch,)` to tokens `(batch, time)`, on TensorFlow alone.

    Args:
        vocabulary: The words or characters from token 2 on.
        split: `"word"` or `"character"`.
        **kwargs: `name` and what else any Keras layer takes.

    Raises:
        ValueError: If the backend is not TensorFlow.

    >>> import tensorflow as tf
    >>> layer = TextToTokens(["good", "bad"], "word")
    >>> layer(tf.constant(["a good one", "Bad"])).numpy().tolist()
    [[1, 2, 1], [3, 0, 0]]
    """

    def __init__(self, vocabulary, split="word", **kwargs):
        backend = keras.backend.backend()
        if backend != "tensorflow":
            raise ValueError(
                f"Raw text needs KERAS_BACKEND=tensorflow, and it is {backend}, which "
                "has no strings: give inputs='tokens' with the same vocabulary, and "
                "what `tokens_of(texts)` makes of the texts."
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

    def call(self, texts):
        import tensorflow as tf

        tokens = self.lookup(_ragged_tokens(tf.convert_to_tensor(texts), self.split))
        tokens = tf.cast(tokens.to_tensor(PADDING), tf.int32)
        # A batch of empty texts has no step, and a network needs one.
        missing = tf.maximum(1 - tf.shape(tokens)[1], 0)
        return tf.pad(tokens, [[0, 0], [0, missing]])

    def compute_output_spec(self, texts):
        return keras.KerasTensor((texts.shape[0], None), "int32")

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "split": self.split,
        }


def _ragged_tokens(texts, split):
    """Words or characters of each text, as a ragged tensor."""
    import tensorflow as tf

    if split == "character":
        return tf.strings.unicode_split(texts, "UTF-8")
    texts = tf.strings.lower(texts, encoding="utf-8")
    texts = tf.strings.regex_replace(texts, _SIGN, r" \1 ")
    return tf.strings.split(tf.strings.regex_replace(texts, r"\p{Z}", " "))
