"""Clips of different length as one array, zeros after the end of each."""

import os

import numpy as np

from recipes.sources.wav import in_unit_range
from zoo.errors import InputError

WHOLE = 0.99  # part of the training clips that the default length does not cut


def as_clips(part: str, x) -> list[np.ndarray]:
    """Each clip as `float32` samples `(n,)` in −1…1.

    Args:
        part: Name of the part, for errors.
        x: Array `(clips, samples)`, or a list of arrays `(samples,)`.

    Raises:
        InputError: If a clip is empty, has several channels, or has values outside.
    """
    clips = []
    for number, clip in enumerate(x):
        name = f"Clip {number} of the {part} part"
        clip = np.asarray(clip)
        if clip.ndim != 1:
            raise InputError(
                f"{name} must have the shape (samples,), got {clip.shape}; average its "
                "channels into one."
            )
        if len(clip) == 0:
            raise InputError(f"{name} is empty; leave it out.")
        clips.append(in_unit_range(clip, name))
    if not clips:
        raise InputError(f"The {part} part has no examples.")
    return clips


def clip_samples(
    clips: dict[str, list[np.ndarray]],
    sample_rate: int,
    clip_seconds: float | None,
    notes: list[str],
) -> int:
    """The length, in samples, that all clips get; tells what that cuts.

    Raises:
        InputError: If all clips together would not fit into memory.
    """
    lengths = [len(clip) for clip in clips["train"]]
    if clip_seconds is None:
        # One long recording would make every example as long.
        samples = int(np.quantile(lengths, WHOLE, method="higher"))
    else:
        samples = max(1, round(clip_seconds * sample_rate))
    everything = [len(clip) for part in clips.values() for clip in part]
    longer = sum(length > samples for length in everything)
    if longer:
        notes.append(
            f"{longer:,} of {len(everything):,} clips were cut to their first "
            f"{samples / sample_rate:.2f} s (--clip-seconds chooses another length)"
        )
    _check_memory(len(everything), samples, sample_rate)
    return samples


def _check_memory(number, samples, sample_rate):
    if not hasattr(os, "sysconf"):  # Windows
        return
    needed = number * samples * 4
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there / 2:  # Batches are gathered from a second copy.
        raise InputError(
            f"{number:,} clips of {samples / sample_rate:.2f} s at {sample_rate:,} Hz "
            f"take {needed / 1e9:.1f} GB, twice, and there are {there / 1e9:.1f} GB of "
            "memory; choose a lower --clip-seconds or --sample-rate."
        )


def padded(clips: list[np.ndarray], samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Clips `(n, samples)`, cut or with zeros at the end, and their true lengths.

    >>> array, lengths = padded([np.ones(1, "float32"), np.ones(5, "float32")], 3)
    >>> array.tolist(), lengths.tolist()
    ([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]], [1, 3])
    """
    array = np.zeros((len(clips), samples), "float32")
    lengths = np.array([min(len(clip), samples) for clip in clips], "int64")
    for row, clip, length in zip(array, clips, lengths, strict=True):
        row[:length] = clip[:length]
    return array, lengths


def tell_silent(inputs: dict[str, np.ndarray], notes: list[str]) -> None:
    """Adds a note on clips of nothing but zeros, which teach nothing."""
    silent = sum(int((~array.any(axis=1)).sum()) for array in inputs.values())
    if silent:
        clips = "1 clip is" if silent == 1 else f"{silent:,} clips are"
        notes.append(f"{clips} silent from beginning to end")


def checked_rate(sample_rate) -> int:
    """A sample rate that is a positive integer.

    Raises:
        InputError: If it is not.
    """
    if (
        isinstance(sample_rate, bool)
        or not isinstance(sample_rate, int | np.integer)
        or sample_rate < 1
    ):
        raise InputError(
            f"`sample_rate` must be a positive integer (samples in a second), got "
            f"{sample_rate!r}."
        )
    return int(sample_rate)


def checked_seconds(clip_seconds) -> float | None:
    """A length in seconds above 0, or `None`.

    Raises:
        InputError: If it is neither.
    """
    if clip_seconds is None:
        return None
    is_number = isinstance(clip_seconds, int | float) and not isinstance(
        clip_seconds, bool
    )
    if not is_number or not 0 < clip_seconds < float("inf"):
        raise InputError(
            f"`clip_seconds` must be a finite number above 0, got {clip_seconds!r}."
        )
    return float(clip_seconds)
