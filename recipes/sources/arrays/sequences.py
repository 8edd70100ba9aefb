"""Sequences of vectors of different length, padded with zeros into one array."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from zoo.errors import InputError

MILD = 10.0  # a larger standard deviation or mean gets a note


def are_ragged_sequences(x: Any) -> bool:
    """Whether `x` is a list of float arrays `(time, features)` of different lengths.

    Integer arrays of different lengths may also be images.
    """
    is_array_of_arrays = getattr(x, "dtype", np.dtype(bool)).kind == "O"
    if not isinstance(x, list | tuple) and not is_array_of_arrays:
        return False
    arrays = [item for item in x if isinstance(item, np.ndarray)]
    return (
        len(arrays) == len(x) > 0
        and all(item.ndim == 2 and item.dtype.kind == "f" for item in arrays)
        and len({item.shape[1] for item in arrays}) == 1
        and len({len(item) for item in arrays}) > 1
    )


def as_sequences(part: str, x: Iterable[Any]) -> list[np.ndarray]:
    """Checks sequences: float32 `(time, features)`, or `(time,)` with one feature."""
    sequences: list[np.ndarray] = []
    for number, sequence in enumerate(x):
        name = f"Sequence {number} of the {part} part"
        sequence = np.asarray(sequence)
        if sequence.dtype.kind not in "iufb":
            raise InputError(f"{name} must be numbers, got {sequence.dtype.name}.")
        if sequence.ndim == 1:
            sequence = sequence[:, np.newaxis]
        if sequence.ndim != 2 or sequence.size == 0:
            raise InputError(
                f"{name} must have the shape (time, features) and at least one step, "
                f"got {sequence.shape}."
            )
        if sequences and sequence.shape[1] != sequences[0].shape[1]:
            raise InputError(
                f"{name} has {sequence.shape[1]} features, the first "
                f"{sequences[0].shape[1]}."
            )
        with np.errstate(over="ignore"):  # It becomes infinite and is refused.
            sequence = sequence.astype("float32")
        if not np.isfinite(sequence).all():
            at = tuple(int(i) for i in np.argwhere(~np.isfinite(sequence))[0])
            raise InputError(
                f"{name} has a number that is NaN, infinite or beyond float32 at {at}; "
                "replace it, or leave the sequence out."
            )
        sequences.append(sequence)
    if not sequences:
        raise InputError(f"The {part} part has no examples.")
    return sequences


def check_lengths(part: str, shape: tuple[int, ...], lengths: np.ndarray) -> None:
    """Refuses lengths that do not fit an array `(n, time[, features])`."""
    fits = (
        len(shape) in (2, 3)
        and lengths.shape == tuple(shape[:1])
        and lengths.dtype.kind in "iu"
        and ((lengths >= 1) & (lengths <= shape[1])).all()
    )
    if not fits:
        raise InputError(
            f"The lengths of the {part} part must be an integer for each example of "
            f"{shape}, from 1 to its steps, got the shape {lengths.shape}."
        )


def cut_at(part: str, x: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """The sequences of an array without their padding."""
    lengths = np.asarray(lengths)
    check_lengths(part, x.shape, lengths)
    return [row[:length] for row, length in zip(x, lengths.tolist(), strict=True)]


def padded_sequences(
    sequences: dict[str, list[np.ndarray]], notes: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Arrays `(n, time, features)` padded with zeros, and lengths without padding.

    All parts have as many steps as the longest sequence of all parts.
    """
    features = sequences["train"][0].shape[1]
    steps = max(len(s) for part in sequences.values() for s in part)
    inputs, lengths = {}, {}
    for part, some in sequences.items():
        if some[0].shape[1] != features:
            raise InputError(
                f"Sequences of the {part} part have {some[0].shape[1]} features, those "
                f"of the training part {features}."
            )
        lengths[part] = np.array([len(sequence) for sequence in some], "int64")
        inputs[part] = np.zeros((len(some), steps, features), "float32")
        for row, sequence in zip(inputs[part], some, strict=True):
            row[: len(sequence)] = sequence
    seen = np.concatenate(sequences["train"])
    deviation = float(seen.std(axis=0, dtype="float64").max())
    if deviation > MILD or abs(float(seen.mean(dtype="float64"))) > MILD:
        notes.append(
            f"features have standard deviations up to {deviation:.3g}, and models do "
            "not scale sequences: scale them to about 1 first"
        )
    return inputs, lengths
