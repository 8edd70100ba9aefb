"""Replacing words with synonyms."""

import dataclasses
import functools
import os
import pathlib

import numpy as np
import tensorflow as tf

from custom.arguments import path
from custom.formula import Section, formula
from recipes.augmentation.base import argument
from recipes.augmentation.lookup import Lookup
from recipes.augmentation.ranges import odds
from recipes.augmentation.thesaurus import ENGLISH, read
from recipes.augmentation.words import WordChange, put
from recipes.data.options import optional
from zoo.errors import InputError


def _path(name, value):
    try:
        given = path(name, value)
    except ValueError as error:
        reason = str(error).rstrip(".")
        raise ValueError(
            f"{reason}: a file of synonyms, or a WordNet folder."
        ) from None
    # Absolute, so that a run can be resumed from any folder.
    return str(given.absolute())


@formula("More data: texts with synonyms", Section.REGULARIZATION)
@dataclasses.dataclass(frozen=True, repr=False)
class Synonyms(WordChange):
    r"""Replaces words with synonyms, each word with the same probability.

    $$w' = \begin{cases} s \sim \mathrm{U}(S(w)) &
    \text{with probability } p \\ w & \text{otherwise} \end{cases}$$

    $S(w)$ are the synonyms of the word $w$, all equally likely; $p$ is `probability`. A
    synonym gets the case of its word, as in "Good", "GOOD" and "good". Punctuation and
    spaces do not change.

    Args:
        path: A file with `word<TAB>synonym,synonym` on each line, or the WordNet folder
            with `data.noun`, `index.noun` and so on. Default: the included English
            thesaurus of 3,100 word forms, each in the group of its most common meaning.
        probability: Fraction of the words with synonyms that are replaced, in (0, 1].
            Default: 0.1, as the paper recommends.

    Raises:
        InputError: If an argument is out of its range, or the file or folder cannot be
            read. The message gives file and line.

    >>> changed, _ = Synonyms(probability=1)(["A BIG boat. Big!"], [0], seed=(1, 2))
    >>> print(changed[0].numpy().decode())
    A LARGE boat. Large!

    Compared with Keras: Keras has no augmentation of texts.

    Source: notes, "Data augmentation"; Wei and Zou 2019, "EDA: easy data augmentation
    techniques for boosting performance on text classification tasks", §2, "synonym
    replacement".
    """

    path: str | os.PathLike | None = argument(optional(_path), None)
    probability: float = argument(odds, 0.1)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._table()  # So that a bad file is reported before any work.

    def _table(self):
        path = ENGLISH if self.path is None else self.path
        try:
            # A file that has changed in the meantime is read again.
            return _table(path, pathlib.Path(path).stat().st_mtime_ns)
        except OSError as error:
            raise InputError(f"Synonyms: cannot read {path}: {error.strerror}.") from (
                error
            )

    def changed_pieces(
        self, pieces: tf.Tensor, at: tf.Tensor, text: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        draws = tf.random.stateless_uniform(tf.shape(at), seed)
        chosen = draws < self.probability
        # A draw that is below the probability is uniform below it.
        draws = tf.boolean_mask(draws, chosen) / self.probability
        at = tf.boolean_mask(at, chosen)
        replaced, words = self._table().replace(tf.gather(pieces, at), draws)
        return put(pieces, tf.boolean_mask(at, replaced), words)


class Table:
    """All synonyms of all words in one list, in lower, title and upper case."""

    def __init__(self, synonyms: dict[str, tuple[str, ...]]) -> None:
        self._lookup = Lookup(tuple(synonyms))
        numbers = [len(others) for others in synonyms.values()]
        flat = [word for others in synonyms.values() for word in others]
        capital = [word[:1].upper() + word[1:] for word in flat]
        with tf.init_scope(), tf.device("CPU"):
            self._number = tf.constant(numbers, tf.int32)
            self._first = tf.constant(np.cumsum([0, *numbers[:-1]]), tf.int32)
            self._cases = tf.constant([flat, capital, [word.upper() for word in flat]])

    def replace(
        self, words: tf.Tensor, draws: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns whether each word has synonyms, and one for each word that has.

        `draws`, in [0, 1), choose among the synonyms of each word.
        """
        lower = tf.strings.lower(words, "utf-8")
        index = self._lookup.find(lower)
        known = index >= 0
        words, lower, index, draws = (
            tf.boolean_mask(tensor, known) for tensor in (words, lower, index, draws)
        )
        number = tf.gather(self._number, index)
        chosen = tf.cast(draws * tf.cast(number, tf.float32), tf.int32)
        # The product of a draw just below 1 may be rounded up to `number`.
        chosen = tf.gather(self._first, index) + tf.minimum(chosen, number - 1)
        initial, low = (tf.strings.substr(s, 0, 1, "UTF8_CHAR") for s in (words, lower))
        capitals = tf.strings.length(words, "UTF8_CHAR") > 1
        capitals &= words == tf.strings.upper(words, "utf-8")
        case = tf.where(capitals, 2, tf.cast(initial != low, tf.int32))
        return known, tf.gather_nd(self._cases, tf.stack([case, chosen], axis=1))


@functools.lru_cache(maxsize=4)
def _table(path, changed_at):
    return Table(read(path))
