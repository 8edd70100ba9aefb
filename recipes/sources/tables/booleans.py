"""Yes and no as people write them, in one spelling for each column."""

from collections.abc import Collection, Sequence

import numpy as np

PAIRS = tuple(
    frozenset(pair.split("/"))
    for pair in (
        *("true/false", "t/f", "yes/no", "y/n", "on/off", "ja/nein", "j/n", "oui/non"),
        *("vrai/faux", "si/no", "sí/no", "sim/não", "sì/no", "да/нет", "tak/nie"),
        *("wahr/falsch", "ano/ne", "kyllä/ei", "igen/nem", "evet/hayır", "ja/nee"),
        *("ja/nej", "yes/no/unknown", "true/false/unknown"),
    )
)


def in_one_spelling(words: Sequence[str]) -> list[str] | None:
    """The words in lower case, if they are yes and no in several spellings.

    >>> in_one_spelling(["Yes", "no", "YES", ""])
    ['yes', 'no', 'yes', '']
    >>> in_one_spelling(["Yes", "No"]) is in_one_spelling(["May", "may"]) is None
    True
    """
    if len(words) > 3 * 4:  # lower case, capitals, a capital, and others
        return None
    folded = [word.casefold() for word in words]
    several = len({*folded}) < len({*words})
    return folded if several and _are_booleans(folded) else None


def as_known(words: np.ndarray, categories: Collection[str]) -> np.ndarray:
    """The words of a column as a model knows them, if it knows one spelling."""
    if not _are_booleans(categories):
        return words
    return np.array([word.casefold() for word in words.tolist()], object)


def _are_booleans(words: Collection[str]) -> bool:
    present = {*words} - {""}
    return len(present) > 1 and any(present <= pair for pair in PAIRS)
