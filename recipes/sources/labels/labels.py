"""Labels of all spellings as class numbers."""

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from recipes.sources.labels.missing import is_missing, told_left_out
from recipes.sources.tables.number_formats import read_numbers
from recipes.sources.tables.words import Words
from zoo.errors import InputError

MISSING = -1  # class number of an example whose label is missing
# Longer digit strings are identifiers, which int64 cannot hold.
WHOLE = re.compile(r"([-+]?[0-9]{1,18})(\.0*)?")
MOST_NUMBERS = 20  # that are classes although they do not count from 0 or 1

Label = int | float | str


@dataclasses.dataclass(frozen=True)
class Labels:
    """The labels of each part as class numbers.

    Attributes:
        numbers: `int64` class numbers `(n,)` by part; `MISSING` without a label.
        names: The name of each class.
        names_given: Whether the names were given, or made of class numbers `0…K-1`.
        notes: What was left out or chosen.
        value_names: The name of each number to predict. Then `numbers` are float32
            `(n, k)`, NaN where one is missing, and `names` is empty.
        label_names: The name of each label, if examples have any number. Then `numbers`
            are zeros and ones `(n, k)`, and `names` is empty.
    """

    numbers: dict[str, np.ndarray]
    names: tuple[str, ...]
    names_given: bool
    notes: tuple[str, ...] = ()
    value_names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()


def class_numbers(
    parts: dict[str, Any],
    class_names: Iterable[str] | None = None,
    *,
    covering: bool = True,
    may_be_numbers: bool = False,
) -> Labels:
    """Class numbers for the labels of each part, and class names.

    Labels may be whole numbers of any type and spelling, such as `0…K-1`, `1…K` and
    `-1, 1`; booleans; text; or one-hot rows. Missing ones get the number `MISSING`.

    Args:
        parts: Labels by the name of their part.
        class_names: Names in the order of the class numbers. Default: the labels of
            the training part, as numbers or alphabetically.
        covering: Whether the training part must have an example of every class, and
            two classes at least. Otherwise the classes are those of all parts.
        may_be_numbers: Whether labels may be classes that look like numbers to predict.

    Raises:
        InputError: If labels have another form, are numbers and not classes, or are not
            among `class_names`; or if the training part does not cover the classes.
    """
    names = None if class_names is None else tuple(map(_normal, class_names))
    if names is not None and len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InputError(f"`class_names` has {twice!r} twice; each must be unique.")
    read = {part: _distinct(part, labels) for part, labels in parts.items()}
    labels = {part: _spelled(values, names or ()) for part, (values, _) in read.items()}
    present: dict[str, set[Any]] = {
        part: {*some} - {None} for part, some in labels.items()
    }
    if covering and not present["train"]:
        raise InputError("The training part has no label; every one is missing.")
    known: set[Any] = present["train"] if covering else set().union(*present.values())
    if any(isinstance(label, str) for some in present.values() for label in some):
        known, labels, present = (
            {str(label) for label in known},
            {p: [None if x is None else str(x) for x in s] for p, s in labels.items()},
            {part: {str(label) for label in some} for part, some in present.items()},
        )
    notes: list[str] = []
    is_given = names is not None
    if names is None:
        if not may_be_numbers:
            _refuse_numbers(known)
        ordered = sorted(known)
        names, is_given = tuple(map(str, ordered)), ordered != [*range(len(ordered))]
        if is_given and not isinstance(ordered[0], str):
            notes.append(
                f"the labels are the numbers {_range(ordered)}, kept as class names "
                "(--task regression predicts them as numbers)"
            )
        elif len(ordered) > MOST_NUMBERS and not is_given:
            notes.append(f"the labels {_range(ordered)} are read as classes")
        index = {label: number for number, label in enumerate(ordered)}
    else:
        index = _index(names, present, covering)
        are_positions = any(str(label) != names[n] for label, n in index.items())
        if not covering and are_positions and np.ndim(parts["train"]) == 1:
            notes.append(
                f"the labels are numbers, which are read as positions among the "
                f"{_listed(names)}"
            )
    numbers = {}
    for part, (_, codes) in read.items():
        unknown = sorted(present[part] - index.keys())
        if unknown:
            are_new = [label in unknown for label in labels[part]]
            count = int(np.array(are_new)[codes].sum())
            are_all = {*names} == {str(label) for label in present["train"]}
            lacking = "the training part lacks" if are_all else "`class_names` lacks"
            raise InputError(
                f"{count:,} of {len(codes):,} examples of the {part} part have the "
                f"{_listed([*map(str, unknown)])}, which "
                f"{lacking if covering else 'the training data lack'}: leave those "
                "examples out, or add some of the class to the training data."
            )
        found = [MISSING if x is None else index[x] for x in labels[part]]
        numbers[part] = np.array(found, "int64")[codes]
        gone = np.flatnonzero(numbers[part] == MISSING)
        if len(gone):
            first = f"number {gone[0]:,} of the {part} part, counted from 0"
            notes.append(told_left_out(len(gone), len(codes), "label", first))
    if covering:
        _check_classes(numbers["train"], names)
    return Labels(numbers, names, is_given, tuple(notes))


def are_numbers(labels: Collection[Label]) -> bool:
    """Whether distinct labels are numbers to predict, a regression target, not classes.

    Fractions are. Whole numbers are if there are many, unless they count classes from
    0 or 1 with few gaps.

    >>> are_numbers({*range(18, 80)}), are_numbers({1, 2, 3}), are_numbers({0.5})
    (True, False, True)
    """
    if any(isinstance(label, str) for label in labels):
        read = read_numbers([*map(str, labels)])
        if read.problem or read.how.startswith(("dates", "times")):
            return False
        numbers = read.numbers
    else:
        numbers = np.array([*labels], "float64")
    if not len(numbers) or np.isnan(numbers).any():
        return False
    count, low, high = len(numbers), numbers.min(), numbers.max()
    counts_classes = low in (0, 1) and count >= 0.9 * high
    has_fractions = bool((numbers % 1 != 0).any())
    return has_fractions or (count > MOST_NUMBERS and not counts_classes)


def is_labelled(labels: np.ndarray) -> np.ndarray:
    """Whether each example has a label, a class number or all its numbers."""
    if labels.ndim == 2:
        return ~np.isnan(labels).any(axis=1)
    return labels != MISSING


def distinct_labels(labels: np.ndarray | Words) -> set[Label]:
    """The distinct labels as `class_numbers` reads them, without missing ones."""
    if labels.ndim == 2 and labels.shape[1] > 1:  # one-hot rows
        return set()
    values, _ = _distinct("training", labels)
    return {label for label in _spelled(values, ()) if label is not None}


def _refuse_numbers(labels: Collection[Any]) -> None:
    if are_numbers(labels):
        fraction = next((x for x in labels if isinstance(x, float)), None)
        found = f"{len(labels):,} different ones" if fraction is None else f"{fraction}"
        raise InputError(
            f"The labels are numbers, not classes, {found} among them: this is a "
            "regression target, which classification does not support. Give classes, "
            "such as ranges written as words."
        )


def _index(names, present, covering) -> dict[Any, int]:
    """The class number of each label, for names that were given."""
    by_name = {name: number for number, name in enumerate(names)}
    everything = set().union(*present.values())
    if any(isinstance(label, str) for label in everything):
        return by_name
    spelled = {str(label): label for label in everything}
    known = {x: by_name[name] for name, x in spelled.items() if name in by_name}
    if len(known) == len(everything) == len(names):
        return known
    # Labels to be scored may lack classes; those that have others are refused.
    if not covering and (
        len(known) == len(everything) or all(map(WHOLE.fullmatch, names))
    ):
        return known
    wrong = sorted(everything - {*range(len(names))})
    if not wrong or not covering:
        return {number: number for number in range(len(names))}
    part = next(part for part, some in present.items() if wrong[0] in some)
    raise InputError(
        f"Labels of the {part} part are out of range: {wrong[0]} is not in "
        f"0…{len(names) - 1}, the numbers of `class_names`."
    )


def _range(ordered) -> str:
    if len(ordered) <= 5:
        return ", ".join(map(str, ordered))
    return f"{ordered[0]} … {ordered[-1]} ({len(ordered)} different ones)"


def _normal(name: Any) -> str:
    return unicodedata.normalize("NFC", str(name).strip())


def _distinct(part: str, labels: Any) -> tuple[list, np.ndarray]:
    """The distinct labels, and the index of each example's label among them."""
    if isinstance(labels, Words):  # Some of its words may not occur.
        present, codes = np.unique(labels.codes, return_inverse=True)
        return labels.distinct[present].tolist(), codes.reshape(-1)
    labels = _flat(part, labels)
    if labels.dtype.kind in "biufUS":
        values, codes = np.unique(labels, return_inverse=True)
        return values.tolist(), codes.reshape(-1)
    if labels.dtype.kind != "O":
        raise InputError(
            f"Labels of the {part} part must be integers or text, got "
            f"{labels.dtype.name}."
        )
    seen: list[Any] = []
    found: dict[Any, int] = {}
    codes = np.empty(len(labels), "int64")
    for row, label in enumerate(labels):
        label = label.item() if isinstance(label, np.generic) else label
        if not isinstance(label, str | bytes) and is_missing(label):
            label = None
        try:  # True equals 1, and is another label.
            codes[row] = found.setdefault((isinstance(label, bool), label), len(found))
        except TypeError as error:
            raise InputError(
                f"Labels of the {part} part must be integers or text, got "
                f"{type(label).__name__} in row {row}."
            ) from error
        if len(seen) < len(found):
            seen.append(label)
    return seen, codes


def _spelled(values: list, names: Collection[str]) -> list[Label | None]:
    """Labels as whole numbers where they are, as text, or `None` where missing.

    A label that is one of the given names is never missing.
    """
    spelled: list[Label | None] = []
    for value in values:
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if isinstance(value, str | bool):
            name = _normal(value)
            whole = WHOLE.fullmatch(name)
            if name in names:
                spelled.append(name)
            elif is_missing(name):
                spelled.append(None)
            else:
                spelled.append(int(whole[1]) if whole else name)
        elif is_missing(value):
            spelled.append(None)
        else:
            try:
                number = float(value) if not isinstance(value, int) else value
            except (TypeError, ValueError) as error:
                raise InputError(
                    "Labels must be integers or text, got "
                    f"{value!r} of the type {type(value).__name__}: give their names."
                ) from error
            is_whole = isinstance(number, int) or number.is_integer()
            spelled.append(int(number) if is_whole else number)
    return spelled


def _flat(part: str, labels: Any) -> np.ndarray:
    """One label per example: columns and one-hot rows are flattened."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    is_marked = labels.ndim == 2 and labels.dtype.kind in "biuf"
    if is_marked and ((labels == 0) | (labels == 1)).all():
        if not (labels.sum(axis=1) == 1).all():
            raise InputError(
                f"Labels of the {part} part mark several classes, or none, for an "
                "example; one class per example is needed."
            )
        return labels.argmax(axis=1)
    if labels.ndim != 1:
        raise InputError(
            f"Labels of the {part} part must have shape (n,), or (n, classes) "
            f"one-hot, got {labels.shape}."
        )
    return labels


def _check_classes(numbers: np.ndarray, class_names: tuple[str, ...]) -> None:
    if len(class_names) < 2:
        raise InputError(
            f"There is one class only, {class_names[0]!r}; classification needs at "
            "least two."
        )
    counts = np.bincount(numbers[numbers != MISSING], minlength=len(class_names))
    missing = [class_names[number] for number in np.flatnonzero(counts == 0)]
    if missing:
        raise InputError(
            f"The training part has no example of {_listed(missing)}; it must have "
            "examples of every class."
        )


def _listed(names, most=5):
    listed = ", ".join(map(repr, names[:most]))
    more = len(names) - most
    classes = "class" if len(names) == 1 else "classes"
    return f"{classes} {listed}" + (f" and {more} more" if more > 0 else "")
