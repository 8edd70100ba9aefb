"""A column of words, each different one held once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from recipes.data.objects import as_objects


class Words(Sequence):
    """The words of a column, without space around them.

    Args:
        distinct: The different words.
        codes: The index of each row's word among them.
        is_category: Whether the data say that they are categories, also if all look
            like numbers.

    >>> words = Words(["red", " blue "], [0, 1, 0])
    >>> list(words), words[1], len(words)
    (['red', 'blue', 'red'], 'blue', 3)
    """

    ndim = 1

    def __init__(
        self, distinct: Iterable[Any], codes: Any, is_category: bool = False
    ) -> None:
        stripped = [
            word.strip() if isinstance(word, str) else word for word in distinct
        ]
        numbers = {word: n for n, word in enumerate(dict.fromkeys(stripped))}
        codes = np.asarray(codes)
        if len(numbers) < len(stripped):
            codes = np.array([numbers[word] for word in stripped])[codes]
        self.distinct = as_objects([*numbers])
        self.codes = codes.astype("int32", copy=False)
        self.is_category = is_category

    @property
    def shape(self) -> tuple[int]:
        return self.codes.shape

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: Any) -> Any:
        return self.distinct[self.codes[row]]

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:].tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:] if dtype is None else self[:].astype(dtype)

    def take(self, rows: np.ndarray) -> "Words":
        """The words of some rows, by their index."""
        present, codes = np.unique(self.codes[rows], return_inverse=True)
        return Words(self.distinct[present].tolist(), codes, self.is_category)


def joined_words(columns: Sequence[Any]) -> Words:
    """The words of several columns, one after another."""
    columns = [
        each if isinstance(each, Words) else words_of(np.asarray(each, object))
        for each in columns
    ]
    starts = np.cumsum([0, *(len(each.distinct) for each in columns)]).tolist()
    return Words(
        [word for each in columns for word in each.distinct],
        np.concatenate([c.codes + n for c, n in zip(columns, starts, strict=False)]),
        any(each.is_category for each in columns),
    )


def words_of(values: np.ndarray) -> Words:
    """The words of an array; objects must be hashable."""
    if values.dtype.kind != "O":
        distinct, codes = np.unique(values, return_inverse=True)
        return Words(distinct.tolist(), codes)
    numbers: dict[Any, int] = {}
    indices = [numbers.setdefault(value, len(numbers)) for value in values.tolist()]
    return Words(numbers, indices)


def word_of(value: Any) -> str:
    """A value as a word: without space around it, whole numbers without a point."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
