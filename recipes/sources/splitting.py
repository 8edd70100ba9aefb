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
    notes = []
    for name, part, share in (
        ("test", test, TEST),
        ("validation", validation, VALIDATION),
    ):
        if part is not None:
            continue
        train, split_off = _split(train, share, name, class_names)
        notes.append(
            f"{name} part: {len(split_off):,} examples split off, stratified, "
            "always the same"
        )
        if name == "test":
            test = split_off
        else:
            validation = split_off
    return train, validation, test, tuple(notes)


def _split(part: Part, share: float, name: str, class_names) -> tuple[Part, Part]:
    from sklearn.model_selection import train_test_split

    counts = np.bincount(part.labels, minlength=len(class_names))
    rarest = int(counts.argmin())
    size = max(math.ceil(share * len(part)), len(class_names))
    if counts[rarest] < 2 or len(part) - size < len(class_names):
        raise InputError(
            f"Class {class_names[rarest]!r} has {counts[rarest]} of {len(part)} "
            f"examples: too few to split off a {name} part. Add examples, or give "
            f"the {name} part yourself."
        )
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
