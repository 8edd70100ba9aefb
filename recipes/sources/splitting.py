"""Splitting off the parts that a data set lacks."""

import math

import numpy as np

from recipes.dataset import Part
from zoo.errors import InputError

# Fixed, and not the run's: scores of runs with different seeds are then of the
# same examples.
SEED = 0
TEST, VALIDATION = 0.2, 0.1


def complete(
    train: Part, validation: Part | None, test: Part | None, class_names
) -> tuple[Part, Part, Part, tuple[str, ...]]:
    """The three parts, split off the training part where missing, and notes.

    Raises:
        InputError: If a class has too few examples to be in every part.
    """
    _check_counts(train, validation, test, class_names)
    notes = []
    for name, part, share in (
        ("test", test, TEST),
        ("validation", validation, VALIDATION),
    ):
        if part is not None:
            continue
        train, split_off = _split(train, share, len(class_names))
        notes.append(
            f"{name} part: {len(split_off):,} examples split off, stratified, "
            "always the same"
        )
        if name == "test":
            test = split_off
        else:
            validation = split_off
    return train, validation, test, tuple(notes)


def _check_counts(train, validation, test, class_names):
    """Every class needs an example to keep, and one for each part split off."""
    lacking = [
        name
        for name, part in (("test", test), ("validation", validation))
        if part is None
    ]
    counts = np.bincount(train.labels, minlength=len(class_names))
    rarest, needed = int(counts.argmin()), 1 + len(lacking)
    if counts[rarest] < needed:
        raise InputError(
            f"Class {class_names[rarest]!r} has {counts[rarest]} of {len(train)} "
            f"examples; splitting off a {' and a '.join(lacking)} part takes at least "
            f"{needed} of each class. Add examples, or give the parts yourself."
        )


def _split(part: Part, share: float, num_classes: int) -> tuple[Part, Part]:
    from sklearn.model_selection import train_test_split

    size = max(math.ceil(share * len(part)), num_classes)
    kept, split_off = train_test_split(
        np.arange(len(part)),
        test_size=size,
        stratify=part.labels,
        random_state=SEED,
    )
    return (
        Part(part.inputs[kept], part.labels[kept]),
        Part(part.inputs[split_off], part.labels[split_off]),
    )
