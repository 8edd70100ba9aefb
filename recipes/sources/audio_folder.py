"""Data sets from folders of WAV files, one folder per class."""

import collections
import functools
import pathlib
from typing import Any

from recipes.data.dataset import Dataset
from recipes.sources.class_folders import Files, cached_folder
from recipes.sources.grouping import Grouping
from recipes.sources.wav import read_wav, resampled
from zoo.errors import InputError
from zoo.kinds import Kind


def load_audio_folder(
    path: pathlib.Path,
    *,
    sample_rate: int | None,
    clip_seconds: float | None,
    grouping: Grouping,
    skip_corrupt: bool,
    cache_dir: str | None,
) -> Dataset:
    """Reads `path/CLASS/*.wav` or `path/{train,test,validation}/CLASS/*.wav`.

    Several channels are averaged. Files are resampled to the rate that most have.
    """
    options: dict[str, Any] = {"sample_rate": sample_rate, "clip_seconds": clip_seconds}
    how: dict[str, Any] = {"grouping": grouping, "skip_corrupt": skip_corrupt}
    build = functools.partial(_read, path, **options, **how)
    return cached_folder(build, path, Kind.AUDIO, cache_dir=cache_dir, **options, **how)


def _read(path, sample_rate, clip_seconds, grouping, skip_corrupt) -> Dataset:
    files = Files(path, Kind.AUDIO, skip_corrupt)
    read = {
        part: [audio for _, audio in files.read(part, read_wav)]
        for part in [*files.parts]
    }
    everything = [audio for part in read.values() for audio in part]
    if not everything:
        raise InputError("None of the files is a readable WAV file.")
    rates = collections.Counter(audio.rate for audio in everything)
    # The lower of two rates that are as frequent.
    rate = sample_rate or max(sorted(rates), key=lambda each: rates[each])
    clips = {
        part: [resampled(audio.samples, audio.rate, rate) for audio in some]
        for part, some in read.items()
    }
    return files.dataset(
        clips,
        grouping,
        _changes(everything, rate),
        sample_rate=rate,
        clip_seconds=clip_seconds,
    )


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
    return notes
