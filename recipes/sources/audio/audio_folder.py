"""Data sets from folders of audio files, one folder per class."""

import collections
import functools
import pathlib
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.audio.audio_files import Audio, clipped_note, read_audio, resampled
from recipes.sources.files.class_folders import Files, cached_folder
from recipes.sources.parts.division import Division
from zoo.errors import InputError
from zoo.kinds import Kind


def load_audio_folder(
    path: pathlib.Path,
    *,
    sample_rate: int | None,
    clip_seconds: float | None,
    division: Division,
    skip_corrupt: bool,
    cache_dir: str | None,
) -> Dataset:
    """Reads `path/CLASS/*` or `path/{train,test,validation}/CLASS/*`.

    Several channels are averaged. Files are resampled to the rate that most have.
    """
    options: dict[str, Any] = {"sample_rate": sample_rate, "clip_seconds": clip_seconds}
    files = Files(path, Kind.AUDIO, skip_corrupt, division.split)
    options["division"] = division
    build = functools.partial(_read, files, **options)
    return cached_folder(build, files, cache_dir=cache_dir, **options)


def _read(files, sample_rate, clip_seconds, division) -> Dataset:
    read = {
        part: [audio for _, audio in files.read(part, read_audio)]
        for part in [*files.parts]
    }
    clips, rate, notes = clips_of(read, sample_rate)
    return files.dataset(
        clips, division, notes, sample_rate=rate, clip_seconds=clip_seconds
    )


def clips_of(
    read: dict[str, list[Audio]], sample_rate: int | None
) -> tuple[dict[str, list[np.ndarray]], int, list[str]]:
    """The clips of each part at one sample rate, the rate, and notes on changes."""
    everything = [audio for part in read.values() for audio in part]
    if not everything:
        raise InputError("None of the files is a readable audio file.")
    rates = collections.Counter(audio.rate for audio in everything)
    # The lower of two rates that are as frequent.
    rate = sample_rate or max(sorted(rates), key=lambda each: rates[each])
    clips = {
        part: [resampled(audio.samples, audio.rate, rate) for audio in some]
        for part, some in read.items()
    }
    return clips, rate, _changes(everything, rate)


def _changes(everything, rate) -> list[str]:
    """Notes on files that were resampled, or had several channels."""
    notes = []
    others = sorted({audio.rate for audio in everything} - {rate})
    if others:
        number = sum(audio.rate != rate for audio in everything)
        rates = ", ".join(f"{other:,}" for other in others)
        notes.append(
            f"{number:,} of {len(everything):,} clips were resampled from {rates} Hz "
            f"to {rate:,} Hz (--sample-rate chooses another)"
        )
    several = sum(audio.channels > 1 for audio in everything)
    if several:
        notes.append(
            f"{several:,} of {len(everything):,} clips have several channels, which "
            "were averaged"
        )
    unclosed = sum(audio.unclosed for audio in everything)
    if unclosed:
        notes.append(
            f"{unclosed:,} of {len(everything):,} clips do not say how long they are, "
            "and were read to their end"
        )
    clipped = sum(audio.clipped for audio in everything)
    return notes + clipped_note(clipped, len(everything))
