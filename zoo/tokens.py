"""Tokens of texts: the numbers that are reserved, and checks of a vocabulary.

Token 0 is padding, token 1 stands for every word that is not in the vocabulary, and
the entries of the vocabulary follow from token 2 on.
"""

from collections.abc import Iterable
from typing import Any

SPLITS = ("word", "character", "space")
PADDING, UNKNOWN, RESERVED = 0, 1, 2


def checked_vocabulary(vocabulary: Any) -> list[str]:
    """Check for a list of different, non-empty strings."""
    if isinstance(vocabulary, str) or not isinstance(vocabulary, Iterable):
        raise ValueError(
            "`vocabulary` must be a list of words or characters, as "
            f"`learn_vocabulary` returns it, got {vocabulary!r:.50}."
        )
    vocabulary = [str(entry) for entry in vocabulary]
    if not vocabulary or "" in vocabulary or len({*vocabulary}) < len(vocabulary):
        raise ValueError(
            "`vocabulary` must have at least one entry, no empty entry and no entry "
            f"twice, got {len(vocabulary)} entries, {len({*vocabulary})} different."
        )
    return vocabulary
