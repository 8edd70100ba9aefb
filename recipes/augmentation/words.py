"""Finding, dropping and swapping the words of texts.

A text is split into words and the pieces between them, and joined again from the same
pieces. So everything that is not a word, such as emoji and null bytes, is preserved.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from recipes.augmentation.base import Augmentation, Batch, argument
from recipes.augmentation.lookup import Lookup
from recipes.augmentation.ranges import odds, words
from zoo.kinds import Kind

# Letters, with apostrophes and hyphens inside: "don't", "well-known".
WORD = r"(\p{L}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*)"
# Separates the pieces while a text is split; a text that contains it is not changed.
MARK = "\x1e"
_DENYING = (
    "ain't aren't barely can't cannot couldn't didn't doesn't don't few hadn't hardly "
    "hasn't haven't isn't lacks least less little mustn't neither never no nobody none "
    "nor not nothing nowhere rarely scarcely seldom shouldn't too wasn't weren't "
    "without won't wouldn't"
)
NEGATIONS = tuple(_DENYING.split())


@dataclasses.dataclass(frozen=True, repr=False)
class WordChange(Augmentation):
    """Base class: changes the words of all texts of a batch at once."""

    kind = Kind.TEXT

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        marked = tf.strings.regex_replace(inputs, WORD, rf"{MARK}\1{MARK}")
        texts = tf.strings.split(marked, MARK)
        # Pieces alternate: between words, word, between words, …, between words.
        index = tf.range(tf.size(texts.values, tf.int64))
        text = texts.value_rowids()
        index -= tf.gather(texts.row_starts(), text)
        at = tf.reshape(tf.where(index % 2 == 1), [-1])
        pieces = self.changed_pieces(texts.values, at, tf.gather(text, at), seed)
        joined = tf.strings.reduce_join(texts.with_values(pieces), axis=-1)
        unmarked = tf.strings.regex_replace(inputs, MARK, "")
        return tf.where(unmarked == inputs, joined, inputs), labels

    def changed_pieces(
        self, pieces: tf.Tensor, at: tf.Tensor, text: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns the changed pieces of all texts.

        Args:
            pieces: Strings `(pieces,)`.
            at: Indices of the pieces that are words, `(words,)`.
            text: Index of the text of each word, `(words,)`.
            seed: Seed of the draws.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, repr=False)
class WordDrop(WordChange):
    """Drops words from a text, each with the same probability.

    A single space after a word is dropped with it. A text keeps at least one word, and
    always keeps the words in `keep`: without its "not", a text means the opposite.

    Args:
        probability: Fraction of the words that are dropped, in (0, 1].
        keep: Words that are never dropped, in lower case. Default: English words that
            negate or weaken.

    Raises:
        InputError: If an argument is out of its range.

    >>> text = ["It was not a very good film, but not too long."]
    >>> changed, _ = WordDrop(0.2)(text, [0], seed=(1, 2))
    >>> print(changed[0].numpy().decode())
    It not very good , not too long.

    Compared with Keras: Keras has no equivalent.

    Source: Wei and Zou 2019, "EDA: easy data augmentation techniques for boosting
    performance on text classification tasks", §2, "random deletion".
    """

    probability: float = argument(odds)
    keep: Sequence[str] = argument(words, NEGATIONS)

    def changed_pieces(
        self, pieces: tf.Tensor, at: tf.Tensor, text: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        draws = tf.random.stateless_uniform(tf.shape(at), seed)
        last = tf.math.segment_max(draws, text)
        dropped = (draws < self.probability) & (draws < tf.gather(last, text))
        at = tf.boolean_mask(at, dropped)
        at = tf.boolean_mask(at, ~_kept(self.keep, tf.gather(pieces, at)))
        after = tf.gather(pieces, at + 1)
        after = tf.where(after == " ", "", after)
        pieces = put(pieces, at + 1, after)
        return put(pieces, at, tf.zeros_like(after))


@dataclasses.dataclass(frozen=True, repr=False)
class WordSwap(WordChange):
    """Swaps neighbouring words.

    The words of a text are paired, starting at random with the first or the second
    word, and each pair is swapped with the same probability. Only words with a single
    space between them are swapped, so words stay in their clause. Words in `keep` are
    not swapped, so a negation still refers to the same words.

    Args:
        probability: Fraction of the pairs that are swapped, in (0, 1].
        keep: Words that are never swapped, in lower case. Default: English words that
            negate or weaken.

    Raises:
        InputError: If an argument is out of its range.

    >>> changed, _ = WordSwap(1)(["one two three, four"], [0], seed=(1, 2))
    >>> print(changed[0].numpy().decode())
    one three two, four

    Compared with Keras: Keras has no equivalent.

    Source: Wei and Zou 2019, "EDA: easy data augmentation techniques for boosting
    performance on text classification tasks", §2, "random swap", which swaps any
    two words of a text.
    """

    probability: float = argument(odds)
    keep: Sequence[str] = argument(words, NEGATIONS)

    def changed_pieces(
        self, pieces: tf.Tensor, at: tf.Tensor, text: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        # Draws where the pairs begin in a text, and which pairs are swapped.
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        texts = tf.math.reduce_max(tf.concat([[-1], text], 0)) + 1
        begin = tf.random.stateless_uniform([texts], seeds[0], 0, 2, tf.int64)
        draws = tf.random.stateless_uniform(tf.shape(at), seeds[1])
        word = tf.range(tf.size(at, tf.int64))
        starts = tf.math.segment_min(word, text)
        index = word - tf.gather(starts, text) - tf.gather(begin, text)
        first = (index >= 0) & (index % 2 == 0) & (draws < self.probability)
        # The last word of a text has no word after it.
        first &= tf.concat([text[1:], [-1]], 0)[: tf.size(text)] == text
        left = tf.boolean_mask(at, first)
        right = left + 2
        swapped = tf.gather(pieces, left + 1) == " "
        for side in (left, right):
            swapped &= ~_kept(self.keep, tf.gather(pieces, side))
        left, right = tf.boolean_mask(left, swapped), tf.boolean_mask(right, swapped)
        both = tf.concat([left, right], 0)
        return put(pieces, both, tf.gather(pieces, tf.concat([right, left], 0)))


def _kept(keep, words):
    """Whether each word is in `keep`."""
    if not keep:
        return tf.zeros_like(words, tf.bool)
    # Typographic apostrophes count as apostrophes.
    plain = tf.strings.regex_replace(words, "’", "'")
    return Lookup.of(keep).find(tf.strings.lower(plain, "utf-8")) >= 0


def put(pieces: tf.Tensor, at: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    """Replaces the pieces at some indices with words."""
    return tf.tensor_scatter_nd_update(pieces, at[:, tf.newaxis], words)
