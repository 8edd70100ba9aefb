"""Layout of TFRecord files: described by `tfrecords.json`, or found in a record."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from custom.arguments import shown
from recipes.sources.audio.audio_files import FASTEST
from zoo.errors import InputError
from zoo.json_files import read_json
from zoo.kinds import OLDER_NAMES, Kind, kind_named

LAYOUT = "tfrecords.json"
KINDS = (Kind.IMAGES, Kind.TABLE, Kind.SEQUENCES, Kind.AUDIO, Kind.TEXT)
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8")
MAIN = ("image", "image/encoded", "image_raw", "text", "features", "x", "input")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which features are the input and the class, and what the input holds.

    Attributes:
        kind: What an example is.
        input: The feature to learn from.
        label: The feature that holds the class, a number or a name.
        shape: Shape of one example if needed: `(height, width, channels)` for raw
            pixels, `(None, features)` for sequences.
        class_names: Names for integer labels.
        sample_rate: Samples per second of audio.
        clip_seconds: Clip length in seconds.
        image_size: Size to resize images to.
        label_type: Type of the labels: `"int64"`, `"float"` or `"bytes"`.
        notes: What was chosen.
        bit_depth: Bits of 16-bit images that a model reads; `None` to find them.
    """

    kind: Kind
    input: str
    label: str
    shape: tuple | None = None
    class_names: tuple[str, ...] | None = None
    sample_rate: int | None = None
    clip_seconds: float | None = None
    image_size: tuple[int, int] | None = None
    label_type: str = "int64"
    notes: tuple[str, ...] = ()
    bit_depth: int | None = None


def layout_of(
    path: pathlib.Path, first: Mapping[str, Any], label: str, options: dict[str, Any]
) -> Layout:
    """The layout that `tfrecords.json` describes, completed by the first record."""
    described = _described(path / LAYOUT)
    label = described.pop("label", label)
    found = ", ".join(f"{name} ({type_of(first[name])})" for name in sorted(first))
    if label not in first or type_of(first[label]) == "nothing":
        raise InputError(
            f"Records in {path} have no feature {label!r} that is a class: they have "
            f"{found}. Name it with --label-column."
        )
    source = described.pop("input", None) or _input(first, label, path, found)
    if source not in first:
        raise InputError(
            f"Records in {path} have no feature {source!r}; they have {found}."
        )
    rate = described.pop("sample_rate", None) or options["sample_rate"]
    kind = described.pop("kind", None) or _kind(first[source], rate)
    shape = described.pop("shape", None)
    class_names = described.pop("class_names", None)
    if described or kind not in (*KINDS, *OLDER_NAMES):
        wrong = next(iter(described), None) or f"kind {str(kind)!r}"
        raise InputError(
            f"{path / LAYOUT} has {wrong}; it may have input, label, kind "
            f"({', '.join(KINDS)}), shape, class_names and sample_rate."
        )
    kind = kind_named(kind)
    return Layout(
        kind,
        source,
        label,
        None if shape is None else tuple(shape),
        None if class_names is None else tuple(map(str, class_names)),
        rate,
        options["clip_seconds"],
        options["image_size"],
        type_of(first[label]),
        (f"records: {kind} of the feature {source!r}, classes of {label!r}",),
    )


def _described(file) -> dict:
    if not file.exists():
        return {}
    described = read_json(file)
    for name, (wanted, fits) in VALUES.items():
        value = described.get(name)
        if value is not None and not fits(value):
            raise InputError(f"{file}: {name!r} must be {wanted}, got {shown(value)}.")
    return {name: value for name, value in described.items() if value is not None}


def _is_shape(value) -> bool:
    return (
        isinstance(value, list)
        and 2 <= len(value) <= 3
        and all(type(size) is int and size >= 1 for size in value[1:])
        and (value[0] is None or (type(value[0]) is int and value[0] >= 1))
    )


# What each value of the file must be, for a message, and whether it is.
VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "input": ("the name of a feature", lambda value: isinstance(value, str)),
    "label": ("the name of a feature", lambda value: isinstance(value, str)),
    "kind": ("a word", lambda value: isinstance(value, str)),
    "shape": ("[height, width, channels] or [null, features]", _is_shape),
    "class_names": (
        "a list of words or numbers",
        lambda value: (
            isinstance(value, list)
            and all(isinstance(name, str | int | float) for name in value)
        ),
    ),
    "sample_rate": (
        "a positive integer",
        lambda value: type(value) is int and 1 <= value <= FASTEST,
    ),
}


def type_of(feature: Any) -> str:
    """The type of the values of a feature."""
    return {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}.get(
        feature.WhichOneof("kind"), "nothing"
    )


def _input(first, label, path, found) -> str:
    """The feature to learn from if none is given."""
    others = sorted(name for name in first if name != label)
    pictures = [name for name in others if _is_picture(first[name])]
    main = [name for name in MAIN if name in others]
    for found_names in (pictures, others, main):
        if len(found_names) == 1:
            return found_names[0]
    if not others:
        raise InputError(f"Records in {path} have nothing but their class: {found}.")
    raise InputError(
        f"Records in {path} have several features to learn from: {found}. Write "
        f'{path / LAYOUT} with one, such as {{"input": "{(main or others)[0]}"}}.'
    )


def _is_picture(feature) -> bool:
    values = feature.bytes_list.value
    return len(values) == 1 and values[0].startswith(PICTURES)


def _kind(feature, rate) -> Kind:
    if _is_picture(feature):
        return Kind.IMAGES
    if type_of(feature) == "bytes":
        return Kind.TEXT
    return Kind.AUDIO if rate else Kind.TABLE
