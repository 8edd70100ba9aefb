"""Data sets from `.npz` files, and from pairs of arrays as Keras gives them."""

import pathlib
from typing import Any

from recipes.data.dataset import Dataset
from recipes.sources.arrays.array_files import read_npz
from recipes.sources.arrays.array_names import arrays_named
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.arrays.sequences import cut_at
from recipes.sources.images.resizing import resized
from recipes.sources.labels.targets import Task
from recipes.sources.parts.division import USUAL, Division
from zoo.errors import InputError

PARTS = ("train", "validation", "test")
SHAPES = (
    "(x, y), ((x_train, y_train), (x_test, y_test)) or "
    "((x_train, y_train), (x_validation, y_validation), (x_test, y_test))"
)


def load_npz(
    path: pathlib.Path,
    *,
    image_size: tuple[int, int] | None = None,
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
    division: Division = USUAL,
    sequences: bool = False,
    task: Task | None = None,
    value_names: tuple[str, ...] = (),
) -> Dataset:
    """A data set from a file with `x_train` and `y_train`, or `x` and `y`.

    Arrays of a test and a validation part, `lengths` and `class_names` are optional;
    `array_names` has the spellings. Nothing is ever unpickled. With `sample_rate` the
    examples are audio clips. With `sequences` or `lengths`, they are sequences.
    """
    arrays = read_npz(path)
    used = {"class_names", division.by or "class_names"}
    found = arrays_named([name for name in arrays if name not in used], str(path))
    for key in ("x_train", "y_train"):
        if key not in found:
            raise InputError(
                f"{path} has no array {key!r} (nor {key[0]!r}); it has "
                f"{', '.join(arrays) or 'none'}."
            )
    if division.key is not None and division.key not in arrays:
        raise InputError(
            f"{path} has no array {division.key!r}{division.why}; it has "
            f"{', '.join(arrays)}."
        )
    given: dict[str, Any] = {holds: arrays[name] for holds, name in found.items()}
    for part in PARTS:
        lengths = given.pop(f"lengths_{part}", None)
        if lengths is not None and f"x_{part}" in given:
            given[f"x_{part}"] = cut_at(part, given[f"x_{part}"], lengths)
            sequences = True
    unused = arrays.keys() - used - {*found.values()}
    notes = [f"arrays that are not used: {', '.join(sorted(unused))}"] if unused else []
    dataset = from_arrays(
        **given,
        class_names=division.class_names or arrays.get("class_names"),
        task=task,
        value_names=value_names,
        sample_rate=sample_rate,
        clip_seconds=clip_seconds,
        sequences=sequences or None,
        groups=None if division.key is None else arrays[division.key],
        name=path.stem,
        notes=tuple(notes),
        split=division,
    )
    return resized(dataset, image_size)


def load_pairs(
    data: Any,
    *,
    image_size: tuple[int, int] | None = None,
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
    sequences: bool = False,
    task: Task | None = None,
    value_names: tuple[str, ...] = (),
    division: Division = USUAL,
) -> Dataset:
    """A data set from `(x, y)`, or from one such pair for each part."""
    pairs = data
    if len(data) == 2 and not all(_is_pair(item) for item in data):
        pairs = (tuple(data),)
    if not 1 <= len(pairs) <= 3 or not all(_is_pair(pair) for pair in pairs):
        raise InputError(
            f"Arrays must be given with their labels, as {SHAPES}; got a "
            f"{type(data).__name__} of {len(data)}."
        )
    parts = {1: ("train",), 2: ("train", "test"), 3: ("train", "validation", "test")}
    arrays = {}
    for part, (x, y) in zip(parts[len(pairs)], pairs, strict=True):
        arrays[f"x_{part}"], arrays[f"y_{part}"] = x, y
    dataset = from_arrays(
        **arrays,
        sample_rate=sample_rate,
        clip_seconds=clip_seconds,
        sequences=sequences or None,
        task=task,
        class_names=division.class_names,
        value_names=value_names,
        split=division,
    )
    return resized(dataset, image_size)


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) and len(item) == 2
