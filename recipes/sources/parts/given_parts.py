"""Parts of a data set that are given as sources of their own."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.windows import Windows
from recipes.sources.location import Location
from recipes.sources.parts.duplicates import note_on_copies
from recipes.sources.registry import OF_PARTS
from zoo.errors import InputError
from zoo.kinds import Kind

NOUNS = ("examples", "windows")


def with_part(
    dataset: Dataset,
    part: str,
    source: Any,
    options: Mapping[str, Any],
    read: Callable[..., Dataset],
) -> Dataset:
    """A data set with a part from another source, read as a model's data are.

    Args:
        dataset: The data set, without the part.
        part: The name of the part.
        source: As `recipes.load` takes it.
        options: The options that the data set was read with.
        read: `recipes.sources.load_with_defaults`.

    Raises:
        InputError: If the source cannot be read, or differs from the training data.
    """
    options = {name: value for name, value in options.items() if name not in OF_PARTS}
    known, of_model = _knowledge(dataset)
    try:
        other = read(source, {**options, **known}, {}, of_model)
        found = _part_named(part, other)
        _check_fit(dataset, other, found)
    except InputError as error:
        told = str(error).replace("train part", f"{part} part")
        raise InputError(f"`{part}` (--{part}): {told}") from error
    all_of = sum(map(len, other.parts.values()))
    its = f", its {part} part" if len(found) < all_of else ""
    notes = [f"{part} part: {len(found):,} examples of {_shown(source)}{its}"]
    unneeded = {f"all {len(found):,} {noun} are used" for noun in NOUNS}
    for note in (
        note for note in other.notes if note not in unneeded | {*dataset.notes}
    ):
        # The reader takes it for the training part.
        notes.append(f"{part} part: {note.replace('train part', f'{part} part')}")
    parts: dict[str, Any] = {**dataset.parts, part: found}
    if dataset.kind == Kind.SEQUENCES and dataset.task != "forecasting":
        parts = _of_equal_length(parts)
    others = {name: each for name, each in parts.items() if name != part}
    notes += note_on_copies(part, found, others)
    return dataclasses.replace(
        dataset, **parts, notes=(*dataset.notes, *dict.fromkeys(notes))
    )


def _knowledge(dataset: Dataset) -> tuple[dict[str, Any], dict[str, Any]]:
    """What readers need to know of a data set: options, and what a model knows."""
    known: dict[str, Any] = {}
    of_model: dict[str, Any] = {"scored": True, "is_part": True}
    train: Any = dataset.train
    if dataset.class_names:
        of_model["class_names"] = dataset.class_names
    elif dataset.task in ("regression", "multilabel", "forecasting"):
        of_model["value_names"] = dataset.value_names or dataset.label_names
    if dataset.task != "classification":
        known["task"] = dataset.task
    if dataset.kind == Kind.SEQUENCES:
        known["sequences"] = True  # Those of one length could be images, too.
    if dataset.kind == Kind.IMAGES:
        known["image_size"] = dataset.input_shape[:2]
        of_model["bit_depth"] = dataset.bit_depth
    elif dataset.kind == Kind.AUDIO:
        rate = dataset.sample_rate or 1
        seconds = dataset.input_shape[0] / rate
        known |= {"sample_rate": rate, "clip_seconds": seconds}
    elif dataset.task == "forecasting":
        known |= {name: getattr(train, name) for name in ("window", "horizon")}
        known["season"] = train.season
    elif dataset.task == "text_generation":
        of_model["vocabulary"] = train.vocabulary
        known["tokens"] = f"{train.split}s"
    texts = [role.name for role in dataset.roles if role.role == "text"]
    if len(texts) == 1:
        (known["text_column"],) = texts
    if dataset.columns is not None:
        known["columns"] = dataset.columns.get_config()
    elif dataset.feature_names:
        of_model["feature_names"] = dataset.feature_names
    return known, of_model


def _part_named(part: str, other: Dataset) -> Part:
    """The only part of a data set, or that of this name."""
    found = {name: each for name, each in other.parts.items() if len(each)}
    if len(found) == 1:
        return next(iter(found.values()))
    if part not in found:
        raise InputError(
            f"{other.name} has the parts {' and '.join(found)}, and none of them is "
            f"for {part}: give one of them."
        )
    return found[part]


def _check_fit(dataset: Dataset, other: Dataset, part: Part) -> None:
    """Refuses data of another form than the training data."""
    for name, own, found in (
        ("kind", dataset.kind.noun, other.kind.noun),
        ("task", dataset.task, other.task),
        ("shape of an example", _shape(dataset.train), _shape(part)),
        ("sample rate", dataset.sample_rate, other.sample_rate),
    ):
        if own != found:
            raise InputError(
                f"the {name} differs: {found} in {other.name}, {own} in the training "
                f"data {dataset.name}; give data of the same form."
            )
    if isinstance(part, Windows) and isinstance(dataset.train, Windows):
        own, found = dataset.train.axis.describe(), part.axis.describe()
        if own != found:
            raise InputError(
                f"the rows of {other.name} are {found} apart, those of the training "
                f"data {own}; resample them."
            )


def _shape(part: Part) -> tuple[int | None, ...]:
    """The shape of an example; sequences may have any length."""
    shape = part.input_shape
    are_sequences = part.inputs.ndim == 3 and part.lengths is not None
    return (None, *shape[1:]) if are_sequences else shape


def _of_equal_length(parts: dict[str, Part]) -> dict[str, Part]:
    """Sequences padded to the longest of all parts, as one source has them."""
    longest = max(each.inputs.shape[1] for each in parts.values())
    padded = {}
    for name, each in parts.items():
        missing = longest - each.inputs.shape[1]
        if missing:
            inputs = np.pad(each.inputs, ((0, 0), (0, missing), (0, 0)))
            each = dataclasses.replace(each, inputs=inputs)
        padded[name] = each
    return padded


def _shown(source: Any) -> str:
    """What a note calls a source."""
    location = Location(source)
    if location.in_memory:
        return f"the {location.name} that was given"
    return pathlib.Path(location.name).name
