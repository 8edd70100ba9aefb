"""Labels of all types as class numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from zoo.errors import InputError

MOST_GAPS = 1000  # with more unused numbers below the highest, labels are not classes


def class_numbers(
    parts: dict[str, Any], class_names: Iterable[str] | None = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Class numbers `int64 (n,)` for the labels of each part, and class names.

    Labels may be integers `0…K-1`, whole floats, text, or one-hot rows.

    Args:
        parts: Labels by the name of their part.
        class_names: Names in the order of the class numbers. Default: the numbers, or
            the texts of the training part in alphabetical order.

    Raises:
        InputError: If labels have another form, are out of range, or are of one class
            only; if the training part lacks a class, or two names are the same.
    """
    parts = {name: _flat(name, labels) for name, labels in parts.items()}
    names = None if class_names is None else tuple(str(name) for name in class_names)
    if names is not None and len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InputError(f"`class_names` has {twice!r} twice; each must be unique.")
    if parts["train"].dtype.kind in "US":
        numbered, names = _from_text(parts, names)
    else:
        numbered = {name: _whole(name, labels) for name, labels in parts.items()}
        if names is None:
            names = tuple(map(str, range(_number_of_classes(numbered))))
        for name, labels in numbered.items():
            wrong = labels[(labels < 0) | (labels >= len(names))]
            if len(wrong):
                raise InputError(
                    f"Labels of the {name} part are out of range: {wrong[0]} is not in "
                    f"0…{len(names) - 1}."
                )
    _check_classes(numbered, names)
    return numbered, names


def _from_text(parts, class_names):
    lacking = "`class_names` lacks"
    if class_names is None:
        lacking = "the training part lacks"
        class_names = tuple(str(name) for name in np.unique(parts["train"]))
    numbers = {name: number for number, name in enumerate(class_names)}
    numbered = {}
    for name, labels in parts.items():
        unknown = sorted({str(label) for label in labels} - numbers.keys())
        if unknown:
            raise InputError(
                f"The {name} part has the class {unknown[0]!r}, which {lacking}."
            )
        numbered[name] = np.array([numbers[str(label)] for label in labels], "int64")
    return numbered, class_names


def _flat(name, labels):
    """One label per example: columns and one-hot rows are flattened."""
    labels = np.asarray(labels)
    if labels.dtype.kind == "O" and all(isinstance(x, str) for x in labels.flat):
        labels = labels.astype(str)  # As pandas keeps text.
    elif labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and ((labels == 0) | (labels == 1)).all():
        if not (labels.sum(axis=1) == 1).all():
            raise InputError(
                f"Labels of the {name} part mark several classes, or none, for an "
                "example; one class per example is needed."
            )
        return labels.argmax(axis=1)
    if labels.ndim != 1:
        raise InputError(
            f"Labels of the {name} part must have shape (n,), or (n, classes) "
            f"one-hot, got {labels.shape}."
        )
    return labels


def _whole(name, labels):
    if labels.dtype.kind not in "iufb":
        raise InputError(
            f"Labels of the {name} part must be integers or text, got "
            f"{labels.dtype.name}."
        )
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        value = labels[labels != np.rint(labels)][0]
        raise InputError(
            f"Labels of the {name} part must be whole numbers, got {value}; this "
            "looks like a regression target, not a class."
        )
    return labels.astype("int64")


def _number_of_classes(parts):
    """One more than the highest label, unless labels look like identifiers."""
    highest = max(int(labels.max()) for labels in parts.values())
    # Identifiers and years would make as many names as their size.
    used = len(np.unique(parts["train"]))
    if highest >= MOST_GAPS + used:
        raise InputError(
            f"Labels reach {highest}, but the training part has {used} different "
            "ones; number them 0, 1, 2 …, or give them as text."
        )
    return highest + 1


def _check_classes(parts, class_names):
    if len(class_names) < 2:
        raise InputError(
            f"There is one class only, {class_names[0]!r}; classification needs at "
            "least two."
        )
    counts = np.bincount(parts["train"], minlength=len(class_names))
    missing = [class_names[number] for number in np.flatnonzero(counts == 0)]
    if missing:
        raise InputError(
            f"The training part has no example of {_listed(missing)}; labels must "
            f"cover 0…{len(class_names) - 1}."
        )


def _listed(names, most=5):
    listed = ", ".join(map(repr, names[:most]))
    more = len(names) - most
    classes = "class" if len(names) == 1 else "classes"
    return f"{classes} {listed}" + (f" and {more} more" if more > 0 else "")
