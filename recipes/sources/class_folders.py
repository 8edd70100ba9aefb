"""Folders with one folder per class inside, for training, test and validation."""

import collections
import pathlib

from zoo.errors import InputError
from zoo.kinds import Kind

PARTS = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "val": "validation",
}
KINDS = {".txt": Kind.TEXT, ".wav": Kind.AUDIO}  # other files are taken for images
FILES = {Kind.IMAGES: "images", Kind.TEXT: "text files", Kind.AUDIO: "WAV files"}


def kind_of(path: pathlib.Path) -> Kind:
    """The kind of data that most files of the training part's classes hold."""
    names = [
        file.name
        for folder in subfolders(part_folders(path)["train"])
        for file in _files(folder)
    ]
    kinds = collections.Counter(
        KINDS.get(pathlib.PurePath(name).suffix.lower(), Kind.IMAGES) for name in names
    )
    return max(kinds, key=kinds.get, default=Kind.IMAGES)


def part_folders(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The folders that hold class folders, by the part they are for.

    Raises:
        InputError: If parts and classes stand beside each other.
    """
    inside = subfolders(path)
    known = [f for f in inside if f.name.lower() in PARTS]
    parts = {PARTS[f.name.lower()]: f for f in known}
    if "train" not in parts:
        return {"train": path}
    if len(parts) < len(known):
        raise InputError(
            f"{path} has two folders for one part: "
            f"{', '.join(f.name for f in known)}; keep one of each."
        )
    strangers = [f.name for f in inside if f.name.lower() not in PARTS]
    if strangers:
        raise InputError(
            f"{path} has train folders beside {strangers[0]!r}; give either one "
            "folder per class, or train and test folders with one folder per class "
            "inside."
        )
    return parts


def class_files(folder: pathlib.Path, part: str, kind: Kind) -> list[pathlib.Path]:
    """The files of one part, by class and name.

    Raises:
        InputError: If there are no two classes, or one holds no files.
    """
    noun, classes = FILES[kind], subfolders(folder)
    if not classes:
        raise InputError(
            f"{folder} has no class folders; put the {noun} of each class into a "
            "folder of its own, named after the class."
        )
    if len(classes) == 1 and part == "train":
        raise InputError(
            f"{folder} has one class only, {classes[0].name!r}; classification needs "
            "at least two."
        )
    paths = []
    for class_folder in classes:
        inside = _files(class_folder)
        if not inside:
            raise InputError(f"The class folder {class_folder} holds no {noun}.")
        paths += inside
    return paths


def tell_skipped(files: list[pathlib.Path]) -> tuple[str, ...]:
    """A note on files that were left out, if there are any."""
    if not files:
        return ()
    first = ", ".join(map(str, files[:3]))
    return (f"{len(files)} unreadable files were skipped, {first} first",)


def subfolders(path: pathlib.Path) -> list[pathlib.Path]:
    """Folders inside a folder by name, hidden ones left out."""
    return [p for p in _inside(path) if p.is_dir()]


def _files(path):
    return [p for p in _inside(path) if p.is_file()]


def _inside(path):
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    return [p for p in inside if not p.name.startswith(".")]
