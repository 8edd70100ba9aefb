"""Labels of the steps of sequences as class numbers."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.data.steps import NO_LABEL
from zoo.errors import InputError

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
IGNORED = -100  # the label that other tools give to a step without one

Label = int | str
# By part, for each sequence: the labels of its steps.
Labels = Mapping[str, Sequence[Sequence[Any]]]


def class_numbers_of_steps(
    labels: Labels,
    where: Mapping[str, Callable[[int], str]],
    class_names: Iterable[str] | None = None,
    *,
    covering: bool = True,
    notes: list[str],
) -> tuple[dict[str, list[list[int]]], tuple[str, ...], bool]:
    """Class numbers for labels, which are whole numbers or words.

    No word is taken for a missing label, since `.` and `-` are tags of words. Missing
    are `None`, NaN, the empty text, and −100.

    Args:
        labels: The labels by part.
        where: What a message calls a sequence, by part and index.
        class_names: Names in the order of the class numbers. Default: the labels of
            the training part, as numbers or alphabetically.
        covering: Whether the training part must have every class, and two at least.
            Otherwise the classes are those of all parts.
        notes: Gets a note on missing labels.

    Returns:
        The numbers, `NO_LABEL` where one is missing; the names; and whether the names
        were given, or made of the numbers `0…K-1`.

    Raises:
        InputError: If a label has another type or is not known.
    """
    spelled = {
        part: [_spelled(some, row, where[part]) for row, some in enumerate(sequences)]
        for part, sequences in labels.items()
    }
    present = {
        part: {label for some in sequences for label in some} - {None}
        for part, sequences in spelled.items()
    }
    everything: set[Any] = set().union(*present.values())
    known = present["train"] if covering else everything
    if not known:
        raise InputError("No step of the training part has a label.")
    given = class_names is not None
    if class_names is None:
        ordered = _ordered(known)
        class_names, given = ordered, ordered != [*range(len(ordered))]
    names = tuple(_normal(str(name)) for name in class_names)
    index = _index(everything, names)
    _check_known(spelled, index, where, names, covering)
    if covering:
        _check_covered(present["train"], index, names)
    numbers = {
        part: [
            [NO_LABEL if label is None else index[label] for label in some]
            for some in sequences
        ]
        for part, sequences in spelled.items()
    }
    flat = [n for sequences in numbers.values() for some in sequences for n in some]
    missing = flat.count(NO_LABEL)
    if missing:
        notes.append(
            f"{missing:,} of {len(flat):,} steps have no label: they are neither "
            "trained on nor scored"
        )
    return numbers, names, given


def _ordered(labels: Collection[Any]) -> list[Any]:
    are_words = any(isinstance(label, str) for label in labels)
    return sorted({str(label) for label in labels} if are_words else labels)


def _index(labels: Collection[Any], names: tuple[str, ...]) -> dict[Label, int]:
    """The class number of each label that is the name of a class, or its number."""
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"`class_names` has {twice!r} twice; each must be unique.")
    by_name = {name: number for number, name in enumerate(names)}
    found = {x: by_name[str(x)] for x in labels if str(x) in by_name}
    are_numbers = not found and all(isinstance(label, int) for label in labels)
    return {x: x for x in labels if 0 <= x < len(names)} if are_numbers else found


def _check_known(spelled, index, where, names, covering) -> None:
    for part, sequences in spelled.items():
        for row, some in enumerate(sequences):
            for label in some:
                if label is not None and label not in index:
                    owner = "part lacks" if covering else "data lack"
                    listed = ", ".join(names[:10]) + ", …" * (len(names) > 10)
                    count = sum(label in each for each in sequences)
                    raise InputError(
                        f"{where[part](row)} has the label {str(label)!r}, which "
                        f"the training {owner}; known are {listed}. {count:,} of "
                        f"{len(sequences):,} sequences have it: leave them out, or "
                        "train on sequences that have it."
                    )


def _check_covered(present, index, names) -> None:
    if len(names) < 2:
        raise InputError(
            f"Every step has the label {names[0]!r}; labels need at least two classes."
        )
    covered = {index[label] for label in present}
    for number, name in enumerate(names):
        if number not in covered:
            raise InputError(f"No step of the training part has the label {name!r}.")


def _spelled(
    labels: Sequence[Any], row: int, where: Callable[[int], str]
) -> list[Label | None]:
    """Labels as whole numbers or words; `None` where one is missing."""
    spelled: list[Label | None] = []
    for value in labels:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str | bool):
            word = _normal(str(value))
            spelled.append(int(word) if WHOLE.fullmatch(word) else word or None)
        elif value is None or value == IGNORED or value != value:
            spelled.append(None)
        elif isinstance(value, int) or (isinstance(value, float) and value % 1 == 0):
            spelled.append(int(value))
        else:
            raise InputError(
                f"{where(row)} has the label {value!r}; the label of a step is a word "
                "or a whole number."
            )
    return spelled


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())
