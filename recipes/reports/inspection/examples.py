"""Sizes, durations and lengths of examples, and what is unusual about them."""

import collections
import pathlib
from collections.abc import Callable

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.reports.inspection.findings import Distribution, distribution
from recipes.reports.page import number_text
from zoo.errors import InputError
from zoo.kinds import Kind

FILES = 2000  # whose headers are read, at most, evenly spread
IMAGES = 500  # whose pixels are looked at; they may be decoded for it
TEXTS = 200_000

Found = tuple[list[Distribution | None], dict[str, str], list[str]]


def examples_of(dataset: Dataset, folder: pathlib.Path | None) -> Found:
    """Distributions, facts by name, and warnings.

    Args:
        dataset: The data.
        folder: The folder of files that they were read from, if there is one.
    """
    if dataset.task == "text_generation":
        return _continuous_text(dataset)
    if dataset.task == "forecasting":
        return _windows(dataset)
    if dataset.kind not in READERS:
        return [], {}, []
    found, facts, warnings = READERS[dataset.kind](dataset)
    if folder is not None and dataset.kind in HEADERS:
        in_files, more = _files(folder, dataset.kind)
        found, facts = [*in_files, *found], {**more, **facts}
    return found, facts, warnings


def _images(dataset: Dataset) -> Found:
    height, width, channels = dataset.input_shape
    facts = {"read as": f"{height}×{width} pixels, channels: {channels}"}
    pixels = _some(dataset, IMAGES)
    flat = pixels.reshape(len(pixels), -1)
    blank = int((flat.min(axis=1) == flat.max(axis=1)).sum()) if flat.size else 0
    warnings = []
    if blank:
        warnings.append(
            f"{blank:,} of {len(flat):,} images are blank: all their pixels are equal"
        )
    brightness = distribution("brightness", flat.mean(axis=1), "of 255")
    return [brightness], facts, warnings


def _audio(dataset: Dataset) -> Found:
    rate = dataset.sample_rate or 1
    facts = {"read as": f"{dataset.input_shape[0] / rate:.4g} s at {rate:,} Hz"}
    seconds = _lengths(dataset) / rate
    return [distribution("duration without padding", seconds, "s")], facts, []


def _sequences(dataset: Dataset) -> Found:
    return [distribution("length", _lengths(dataset), "steps")], {}, []


def _texts(dataset: Dataset) -> Found:
    texts = [str(text) for text in _some(dataset, TEXTS)]
    found = _text_lengths("text", texts)
    if dataset.task == "translation":
        answers = [str(a) for p in dataset.parts.values() for a in p.labels[:TEXTS]]
        found += _text_lengths("answer", answers)
    empty = sum(not text.strip() for text in texts)
    warnings = [f"{empty:,} of {len(texts):,} texts are empty"] if empty else []
    return found, {}, warnings


def _text_lengths(name: str, texts: list[str]) -> list[Distribution | None]:
    words = np.array([len(text.split()) for text in texts])
    letters = np.array([len(text) for text in texts])
    return [
        distribution(f"length of {name}", words, "words"),
        distribution(f"length of {name}", letters, "characters"),
    ]


def _continuous_text(dataset: Dataset) -> Found:
    parts = dataset.parts
    main = parts["train"] if len(parts["train"]) else parts["test"]
    unknown = sum(part.unknown for part in parts.values())
    facts = {
        f"different {main.unit}": f"{len(main.vocabulary):,}",
        f"rare {main.unit} that are not learnt": f"{unknown:,}",
    }
    return [], facts, []


def _windows(dataset: Dataset) -> Found:
    parts = dataset.parts
    main = parts["train"] if len(parts["train"]) else parts["test"]
    facts = {
        "window": f"{main.window:,} steps to predict from",
        "horizon": f"{main.horizon:,} steps to predict",
        "season": f"{main.season:,} steps" if main.season > 1 else "none",
        "distance between two steps": main.axis.describe(),
    }
    for name, part in parts.items():
        if len(part.times):
            low, high = float(part.times.min()), float(part.times.max())
            label = part.axis.label
            told = f"{label(low)} to {label(high)}, {len(part.times):,} steps"
            facts[f"{name} times"] = told
    return [], facts, []


def _lengths(dataset: Dataset) -> np.ndarray:
    return np.concatenate([_part_lengths(part) for part in dataset.parts.values()])


def _part_lengths(part: Part) -> np.ndarray:
    if part.lengths is not None:
        return part.lengths
    return np.full(len(part), part.input_shape[0])


def _some(dataset: Dataset, most: int) -> np.ndarray:
    """Inputs of all parts, evenly spread."""
    parts = dataset.parts.values()
    every = 1 + sum(map(len, parts)) // most
    return np.concatenate([part.inputs[::every] for part in parts])


READERS: dict[Kind, Callable[[Dataset], Found]] = {
    Kind.IMAGES: _images,
    Kind.AUDIO: _audio,
    Kind.SEQUENCES: _sequences,
    Kind.TEXT: _texts,
}


def _files(
    folder: pathlib.Path, kind: Kind
) -> tuple[list[Distribution | None], dict[str, str]]:
    """What the headers of files say, before they are resized or resampled."""
    from recipes.sources.files.file_listing import files_below

    files = files_below(folder).files
    suffixes = collections.Counter(file.suffix.lower() or "no suffix" for file in files)
    headers = []
    for file in files[:: 1 + len(files) // FILES]:
        try:
            headers.append(HEADERS[kind](file))
        except InputError:  # It is not an image, or was skipped.
            continue
    facts = {"files": _counted(suffixes)}
    if len(files) > FILES:
        facts["headers that were read"] = f"{len(headers):,}"
    names = [*headers[0]] if headers else []
    columns = {name: np.array([header[name] for header in headers]) for name in names}
    found = []
    for name, numbers in columns.items():
        what, _, unit = name.partition(", ")
        if unit:
            found.append(distribution(f"{what} in the file", numbers, unit))
        else:
            facts[f"{what} in the file"] = _counted(
                collections.Counter(numbers.tolist())
            )
    return found, facts


def _counted(counts: collections.Counter) -> str:
    told = [
        f"{count:,} × {value if isinstance(value, str) else number_text(value)}"
        for value, count in counts.most_common(6)
    ]
    return ", ".join(told) + ", …" * (len(counts) > 6)


def _image_header(path: pathlib.Path) -> dict[str, float]:
    from recipes.sources.images.image_files import read_header

    header = read_header(path)
    return {
        "height, pixels": header.height,
        "width, pixels": header.width,
        "channels": header.channels,
    }


def _audio_header(path: pathlib.Path) -> dict[str, float]:
    import soundfile

    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(error) from error
    return {
        "duration, s": info.duration,
        "sample rate": info.samplerate,
        "channels": info.channels,
    }


HEADERS = {Kind.IMAGES: _image_header, Kind.AUDIO: _audio_header}
