"""Words of texts: what they are, and dropping and swapping them.

A text is cut into words and what is between them, and put together again from the
same pieces, so that what is no word, emoji or null bytes, comes through as it was.
"""

import dataclasses

import tensorflow as tf

from recipes.augmentation.base import Augmentation, argument
from recipes.augmentation.lookup import Lookup
from recipes.augmentation.ranges import odds, words
from zoo.kinds import Kind

# Letters, with apostrophes and hyphens inside: "don't", "well-known".
WORD = r"(\p{L}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*)"
# Stands between the pieces while they are cut; a text that has one is left alone.
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
    """What changes the words of texts, all those of a batch at once."""

    kind = Kind.TEXT

    def changed(self, inputs, labels, seed):
        marked = tf.strings.regex_replace(inputs, WORD, rf"{MARK}\1{MARK}")
        texts = tf.strings.split(marked, MARK)
        # Pieces alternate: between words, word, between words, …, between words.
        place = tf.range(tf.size(texts.values, tf.int64))
        text = texts.value_rowids()
        place -= tf.gather(texts.row_starts(), text)
        at = tf.reshape(tf.where(place % 2 == 1), [-1])
        pieces = self.changed_pieces(texts.values, at, tf.gather(text, at), seed)
        joined = tf.strings.reduce_join(texts.with_values(pieces), axis=-1)
        unmarked = tf.strings.regex_replace(inputs, MARK, "")
        return tf.where(unmarked == inputs, joined, inputs), labels

    def changed_pieces(self, pieces, at, text, seed):
        """The pieces of all texts, changed.

        Args:
            pieces: Strings `(pieces,)`.
            at: The indices of those that are words, `(words,)`.
            text: The number of the text of each word.
            seed: Of the draws.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, repr=False)
class WordDrop(WordChange):
    """Leaves words out of a text, each with the same probability.

    A single space behind a word goes with it. A text keeps one of its words at
    least, and always those of `keep`: without its "not", a text says the contrary.

    Args:
        probability: Part of the words that are left out, in (0, 1].
        keep: Words that stay, in lower case. Default: English words that deny or
            belittle.

    Raises:
        InputError: If an argument is out of its range.

    >>> text = ["It was not a very good film, but not too long."]
    >>> changed, _ = WordDrop(0.2)(text, [0], seed=(1, 2))
    >>> print(changed[0].numpy().decode())
    It not very good , not too long.

    Against Keras: it has none for texts.

    Source: Wei and Zou 2019, "EDA: easy data augmentation techniques for boosting
    performance on text classification tasks", §2, "random deletion".
    """

    probability: float = argument(odds)
    keep: tuple[str, ...] = argument(words, NEGATIONS)

    def changed_pieces(self, pieces, at, text, seed):
        draws = tf.random.stateless_uniform(tf.shape(at), seed)
        last = tf.math.segment_max(draws, text)
        dropped = (draws < self.probability) & (draws < tf.gather(last, text))
        at = tf.boolean_mask(at, dropped)
        at = tf.boolean_mask(at, ~_kept(self.keep, tf.gather(pieces, at)))
        behind = tf.gather(pieces, at + 1)
        behind = tf.where(behind == " ", "", behind)
        pieces = put(pieces, at + 1, behind)
        return put(pieces, at, tf.zeros_like(behind))


@dataclasses.dataclass(frozen=True, repr=False)
class WordSwap(WordChange):
    """Has neighbouring words change places.

    The words of a text are paired, beginning at the first or the second, by chance;
    each pair changes places with the same probability. Only words with a single
    space between them do, so that none leaves its clause, and none of `keep`, so
    that what is denied stays denied.

    Args:
        probability: Part of the pairs that change places, in (0, 1].
        keep: Words that stay where they are, in lower case. Default: English words
            that deny or belittle.

    Raises:
        InputError: If an argument is out of its range.

    >>> changed, _ = WordSwap(1)(["one two three, four"], [0], seed=(1, 2))
    >>> print(changed[0].numpy().decode())
    one three two, four

    Against Keras: it has none for texts.

    Source: Wei and Zou 2019, "EDA: easy data augmentation techniques for boosting
    performance on text classification tasks", §2, "random swap", which swaps any
    two words of a text.
    """

    probability: float = argument(odds)
    keep: tuple[str, ...] = argument(words, NEGATIONS)

    def changed_pieces(self, pieces, at, text, seed):
        # Where the pairs begin in a text, and which of them change places.
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        texts = tf.math.reduce_max(tf.concat([[-1], text], 0)) + 1
        begin = tf.random.stateless_uniform([texts], seeds[0], 0, 2, tf.int64)
        draws = tf.random.stateless_uniform(tf.shape(at), seeds[1])
        number = tf.range(tf.size(at, tf.int64))
        starts = tf.math.segment_min(number, text)
        place = number - tf.gather(starts, text) - tf.gather(begin, text)
        first = (place >= 0) & (place % 2 == 0) & (draws < self.probability)
        # The last word of a text has no other behind it.
        first &= tf.concat([text[1:], [-1]], 0)[: tf.size(text)] == text
        left = tf.boolean_mask(at, first)
        right = left + 2
        swapped = tf.gather(pieces, left + 1) == " "
        for side in (left, right):
            swapped &= ~_kept(self.keep, tf.gather(pieces, side))
        left, right = tf.boolean_mask(left, swapped), tf.boolean_mask(right, swapped)
        places = tf.concat([left, right], 0)
        return put(pieces, places, tf.gather(pieces, tf.concat([right, left], 0)))


def _kept(keep, words):
    """Which of the words are among those to keep."""
    if not keep:
        return tf.zeros_like(words, tf.bool)
    # Typographic apostrophes are apostrophes.
    plain = tf.strings.regex_replace(words, "’", "'")
    return Lookup.of(keep).find(tf.strings.lower(plain, "utf-8")) >= 0


def put(pieces, at, words):
    return tf.tensor_scatter_nd_update(pieces, at[:, tf.newaxis], words)
