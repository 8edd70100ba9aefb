"""Data sets from folders of WAV files, one folder per class."""

import collections
import concurrent.futures
import pathlib

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from recipes.sources.class_folders import class_files, part_folders, tell_skipped
from recipes.sources.grouping import Grouping
from recipes.sources.wav import Sound, read_wav, resampled
from recipes.sources.waveforms import checked_rate
from zoo.errors import InputError
from zoo.kinds import Kind


def load_audio_folder(
    path: pathlib.Path,
    sample_rate: int | None,
    clip_seconds: float | None,
    grouping: Grouping,
    skip_corrupt: bool,
) -> Dataset:
    """Reads `path/CLASS/*.wav` or `path/{train,test,validation}/CLASS/*.wav`.

    Several channels are averaged. Files of another rate than most are resampled.

    Raises:
        InputError: If there are no two classes of sounds, or a file is no WAV file
            and `skip_corrupt` is false; the file is named.
    """
    sounds, labels, groups, skipped = {}, {}, None, []
    for part, folder in part_folders(path).items():
        files = class_files(folder, part, Kind.AUDIO)
        sounds[part], kept = _read(files, skipped if skip_corrupt else None)
        labels[part] = np.array([file.parent.name for file in kept])
        if part == "train":
            groups = grouping.of_files(kept)
    notes = list(tell_skipped(skipped))
    rate = _common_rate([s for part in sounds.values() for s in part], sample_rate)
    clips = {part: _at_rate(some, rate) for part, some in sounds.items()}
    _tell_changes([s for part in sounds.values() for s in part], rate, notes)
    return from_arrays(
        **{f"x_{part}": some for part, some in clips.items()},
        **{f"y_{part}": some for part, some in labels.items()},
        sample_rate=rate,
        clip_seconds=clip_seconds,
        groups=groups,
        test_groups=grouping.test,
        name=path.resolve().name,
        notes=tuple(notes),
    )


def _read(files, skipped) -> tuple[list[Sound], list[pathlib.Path]]:
    """Sounds and the files they are of; unreadable ones go to `skipped`."""
    sounds, kept = [], []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = zip(files, pool.map(_sound_or_error, files), strict=True)
        for file, sound in track(results, "reading sounds", len(files)):
            if isinstance(sound, Sound):
                sounds.append(sound)
                kept.append(file)
            elif skipped is None:
                pool.shutdown(wait=False, cancel_futures=True)
                raise sound
            else:
                skipped.append(file)
    return sounds, kept


def _sound_or_error(path) -> Sound | InputError:
    try:
        return read_wav(path)
    except InputError as error:
        return error


def _common_rate(sounds, sample_rate) -> int:
    """The rate asked for, else that of most files, the lower of two as frequent."""
    if sample_rate is not None:
        return checked_rate(sample_rate)
    if not sounds:
        raise InputError("None of the files is a readable WAV file.")
    rates = collections.Counter(sound.rate for sound in sounds)
    return max(sorted(rates), key=rates.get)


def _at_rate(sounds, rate) -> list[np.ndarray]:
    return [resampled(sound.samples, sound.rate, rate) for sound in sounds]


def _tell_changes(sounds, rate, notes):
    others = sorted({sound.rate for sound in sounds if sound.rate != rate})
    if others:
        number = sum(sound.rate != rate for sound in sounds)
        listed = ", ".join(f"{other:,}" for other in others)
        notes.append(
            f"{number:,} of {len(sounds):,} sounds were resampled from {listed} Hz to "
            f"{rate:,} Hz (--sample-rate chooses another)"
        )
    several = sum(sound.channels > 1 for sound in sounds)
    if several:
        notes.append(
            f"{several:,} of {len(sounds):,} sounds have several channels, which were "
            "averaged"
        )
