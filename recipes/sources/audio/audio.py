"""Audio clips of different length, padded with silence into one array."""

from collections.abc import Iterable

import numpy as np

from recipes.sources.audio.audio_files import (
    clipped_note,
    exceeds_unit_range,
    in_unit_range,
)
from zoo.errors import InputError

WHOLE = 0.99  # share of the training clips that the default length does not cut


def as_clips(part: str, x: Iterable[np.ndarray], notes: list[str]) -> list[np.ndarray]:
    """Checks clips: `float32` samples `(n,)` in −1…1 each; notes what was clipped."""
    clips, clipped = [], 0
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
        clipped += exceeds_unit_range(clip)
    if not clips:
        raise InputError(f"The {part} part has no examples.")
    notes += clipped_note(clipped, len(clips))
    return clips


def clip_samples(
    lengths: dict[str, np.ndarray],
    sample_rate: int,
    clip_seconds: float | None,
    notes: list[str],
) -> int:
    """The number of samples that every clip gets; a note says how many that cuts.

    By default 99 % of the training clips stay whole, since one long recording would
    make every example as long.
    """
    if clip_seconds is None:
        samples = int(np.quantile(lengths["train"], WHOLE, method="higher"))
    else:
        samples = max(1, round(clip_seconds * sample_rate))
    everything = np.concatenate([*lengths.values()])
    longer = int((everything > samples).sum())
    if longer:
        notes.append(
            f"{longer:,} of {len(everything):,} clips were cut to their first "
            f"{samples / sample_rate:.2f} s (--clip-seconds chooses another length)"
        )
    return samples


def padded(clips: list[np.ndarray], samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Cuts or pads clips to `(n, samples)`; returns their lengths without padding too.

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
    """Adds a note on clips that are silent throughout: nothing is learnt from them."""
    silent = sum(int((~array.any(axis=1)).sum()) for array in inputs.values())
    if silent:
        clips = "1 clip is" if silent == 1 else f"{silent:,} clips are"
        notes.append(f"{clips} silent from beginning to end")
