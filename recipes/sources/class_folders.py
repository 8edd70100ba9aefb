"""Folders with one folder per class inside, for training, test and validation."""

import collections
import concurrent.futures
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from recipes.sources.cache import cached
from recipes.sources.grouping import Grouping
from recipes.sources.parts import names_of_parts
from zoo.errors import InputError
from zoo.kinds import Kind

SUFFIXES = {".txt": Kind.TEXT, ".wav": Kind.AUDIO}  # other files are taken for images
FILES = {Kind.IMAGES: "images", Kind.TEXT: "text files", Kind.AUDIO: "WAV files"}


class Files:
    """The files of a folder by part, and those among them that cannot be read.

    Args:
        path: Folder with class folders, or with folders of parts that have them.
        kind: What the files hold.
        skip_corrupt: Whether to skip what cannot be read instead of raising.
    """

    def __init__(self, path: pathlib.Path, kind: Kind, skip_corrupt: bool) -> None:
        self.path = path
        self.parts = {
            part: _class_files(folder, part, kind)
            for part, folder in part_folders(path).items()
        }
        self._kind = kind
        self._skips = skip_corrupt
        self._skipped: list[pathlib.Path] = []

    def read(self, part: str, reader: Callable) -> Iterator[tuple[pathlib.Path, Any]]:
        """Each file of a part with what `reader` returns for it, in threads.

        A file for which `reader` raises `InputError` is left out of the part, if such
        files are to be skipped.
        """

        def attempt(path):
            try:
                return reader(path), None
            except InputError as error:
                return None, error

        paths, self.parts[part] = self.parts[part], []
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = zip(paths, pool.map(attempt, paths), strict=True)
            told = f"reading {FILES[self._kind]}"
            for path, (value, error) in track(results, told, len(paths)):
                if error is None:
                    self.parts[part].append(path)
                    yield path, value
                elif self._skips:
                    self._skipped.append(path)
                else:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise error

    def dataset(
        self, xs: dict[str, Any], grouping: Grouping, notes: list[str], **options: Any
    ) -> Dataset:
        """The data set of the inputs of each part, in the order of the files."""
        if self._skipped:
            first = ", ".join(map(str, self._skipped[:3]))
            told = f"{len(self._skipped)} unreadable files were skipped, {first} first"
            notes = [*notes, told]
        arrays: dict[str, Any] = {f"x_{part}": x for part, x in xs.items()}
        for part, paths in self.parts.items():
            arrays[f"y_{part}"] = np.array([path.parent.name for path in paths])
        return from_arrays(
            **arrays,
            groups=grouping.of_files(self.parts["train"]),
            test_groups=grouping.test,
            name=self.path.resolve().name,
            notes=tuple(notes),
            **options,
        )


def cached_folder(
    build: Callable[[], Dataset],
    path: pathlib.Path,
    kind: Kind,
    *,
    grouping: Grouping,
    skip_corrupt: bool,
    cache_dir: str | None,
    **options: Any,
) -> Dataset:
    """The data set that `build` makes, or made before with the same options."""
    settings = {
        "kind": kind.input_name,  # As version 0.1.0 has it, whose caches are read.
        **dict.fromkeys(("image_size", "sample_rate", "clip_seconds")),
        **options,
        "group": [grouping.by, *grouping.test],
        "skip_corrupt": skip_corrupt,
    }
    files = [file for file in path.rglob("*") if file.is_file()]
    return cached(lambda room: build(), files, settings, cache_dir)


def kind_of(path: pathlib.Path) -> Kind:
    """The kind of data that most files of the training part's classes hold."""
    names = [
        file.name
        for folder in subfolders(part_folders(path)["train"])
        for file in _files(folder)
    ]
    kinds = collections.Counter(
        SUFFIXES.get(pathlib.PurePath(name).suffix.lower(), Kind.IMAGES)
        for name in names
    )
    return max(kinds, key=lambda kind: kinds[kind], default=Kind.IMAGES)


def part_folders(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The folders that hold class folders, by the part they are for."""
    inside = subfolders(path)
    names = names_of_parts([folder.name for folder in inside], path)
    if "train" not in names:
        return {"train": path}
    others = [f.name for f in inside if f.name not in names.values()]
    if others:
        raise InputError(
            f"{path} has train folders beside {others[0]!r}; give either one "
            "folder per class, or train and test folders with one folder per class "
            "inside."
        )
    return {part: path / name for part, name in names.items()}


def _class_files(folder: pathlib.Path, part: str, kind: Kind) -> list[pathlib.Path]:
    """The files of one part, by class and name."""
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


def subfolders(path: pathlib.Path) -> list[pathlib.Path]:
    """Folders inside a folder by name, without hidden ones."""
    return [p for p in _inside(path) if p.is_dir()]


def _files(path):
    return [p for p in _inside(path) if p.is_file()]


def _inside(path):
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    return [p for p in inside if not p.name.startswith(".")]
