"""Arrays and lists of sequences with a label at each step."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.arrays.sequences import are_ragged_sequences
from recipes.sources.labels.labels import are_numbers
from recipes.sources.parts.division import Division
from recipes.sources.steps.step_labels import SPACE, LabelledSequences, labelled_dataset
from zoo.errors import InputError


def are_step_labels(x: Any, y: Any, sequences: bool | None) -> bool:
    """Whether `y` holds a label for each step of the sequences `x`.

    An array `(n, steps)` of zeros and ones could also mark labels of images: then
    `x` must be known to be sequences.

    >>> are_step_labels([["a", "dog"], ["no"]], [["D", "N"], ["D"]], None)
    True
    >>> are_step_labels(np.zeros((2, 3, 1)), np.array([[0, 1, 2], [2, 1, 0]]), None)
    True
    >>> are_step_labels(np.zeros((2, 3, 1)), np.array([[0, 1, 0], [1, 0, 0]]), None)
    False
    """
    if isinstance(x, np.ndarray) and x.ndim < 3 and x.dtype.kind in "iufb":
        return False
    try:
        counts = [_count(item) for item in x]
        lengths = [None if isinstance(item, str) else _count(item) for item in y]
    except TypeError:
        return False
    longest = max((count for count in counts if count is not None), default=0)
    if not longest or len(counts) != len(lengths) or None in (*counts, *lengths):
        return False
    if _is_text(x[0]):
        return counts == lengths
    labels = _as_array(y)
    if labels is None:
        return counts == lengths
    if labels.dtype.kind in "US":
        return True
    if labels.ndim != 2 or labels.dtype.kind not in "iub":
        return False
    are_sequences = sequences or are_ragged_sequences(x)
    if lengths[0] != longest or (not are_sequences and np.ndim(x) != 3):
        return False
    are_marks = bool(((labels == 0) | (labels == 1)).all())
    if are_marks:
        return bool(are_sequences and (labels.sum(axis=1) != 1).any())
    return not are_numbers({*np.unique(labels).tolist()})


def from_step_arrays(
    given: dict[str, tuple[Any, Any]],
    *,
    class_names: Iterable[str] | None,
    groups: Any,
    division: Division,
    name: str,
    notes: Iterable[str],
) -> Dataset:
    """A data set from `(x, y)` of each part, where `y` has a label for each step.

    Args:
        given: For each part: lists of tokens, texts with spaces between tokens, arrays
            `(time, features)` or one array `(n, time, features)` padded with zeros; and
            lists of labels, or an array `(n, time)`, which may be longer.
        class_names: As in `from_arrays`.
        groups: As in `from_arrays`.
        division: How parts that are not given are split off.
        name: Name of the data set.
        notes: Notes to begin with.
    """
    told, parts = list(notes), {}
    for part, (x, y) in given.items():
        if not hasattr(x, "__len__") or not hasattr(y, "__len__") or len(y) != len(x):
            raise InputError(
                f"The {part} part must have as many lists of labels as sequences, one "
                "label for each step."
            )
        inputs = _sequences(part, x, told)
        # An array of labels has as many columns as the longest sequence.
        padded = isinstance(y, np.ndarray) and y.ndim == 2
        parts[part] = LabelledSequences(
            inputs,
            [
                some[: len(steps)] if padded else some
                for some, steps in zip(y, inputs, strict=True)
            ],
            f"sequence {{}} of the {part} part, counted from 0,".format,
            None if groups is None or part != "train" else groups,
        )
    return labelled_dataset(
        parts,
        name=name,
        notes=told,
        class_names=class_names,
        division=division,
    )


def _sequences(part: str, x: Any, notes: list[str]) -> Sequence[Any]:
    if not len(x):
        raise InputError(f"The {part} part has no sequences.")
    if isinstance(x[0], str):
        return [[token for token in SPACE.split(text) if token] for text in x]
    if not isinstance(x, np.ndarray) or x.dtype == object or x.ndim < 2:
        return x
    if x.dtype.kind not in "iufb" or x.ndim > 3:
        raise InputError(
            f"The {part} part has inputs {x.shape} of {x.dtype.name}; sequences with a "
            "label at each step are numbers (n, time, features), or tokens."
        )
    present = (x.reshape(*x.shape[:2], -1) != 0).any(axis=2)
    lengths = x.shape[1] - np.argmax(present[:, ::-1], axis=1)
    lengths[~present.any(axis=1)] = 1
    if (lengths < x.shape[1]).any():
        shorter = int((lengths < x.shape[1]).sum())
        notes.append(
            f"{shorter:,} of {len(x):,} sequences of the {part} part end in zeros, "
            "which are taken for padding"
        )
    return [row[:length] for row, length in zip(x, lengths.tolist(), strict=True)]


def _count(item: Any) -> int | None:
    """The number of steps of a sequence or of its labels; `None` if it has none."""
    if isinstance(item, str):
        return sum(map(bool, SPACE.split(item)))
    if isinstance(item, np.ndarray):
        return len(item) if item.ndim in (1, 2) else None
    return len(item) if isinstance(item, list | tuple) else None


def _is_text(item: Any) -> bool:
    return isinstance(item, str) or (len(item) > 0 and isinstance(item[0], str))


def _as_array(y: Any) -> np.ndarray | None:
    """The labels as one array `(n, time)`; `None` if their lengths differ."""
    try:
        array = np.asarray(y)
    except ValueError:
        return None
    return None if array.ndim != 2 else array
