"""Folders with one folder per class inside, for training, test and validation."""

import collections
import concurrent.futures
import itertools
import pathlib
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.audio.audio_files import SUFFIXES as AUDIO_SUFFIXES
from recipes.sources.files.cache import cached
from recipes.sources.files.file_listing import (
    Listing,
    entries,
    files_below,
    subfolders,
    suffixes_below,
)
from recipes.sources.parts.division import Division
from recipes.sources.parts.parts import UNLABELLED, names_of_parts, part_named
from recipes.sources.tables.table_format import is_table
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import file_name

# Other files are taken for images.
SUFFIXES = {".txt": Kind.TEXT, **dict.fromkeys(AUDIO_SUFFIXES, Kind.AUDIO)}
TOGETHER = 64  # files that a thread reads at a time
FILES = {Kind.IMAGES: "images", Kind.TEXT: "text files", Kind.AUDIO: "audio files"}


class Files:
    """The files of a folder by part, and those among them that cannot be read.

    Args:
        path: Folder with class folders, or with folders of parts that have them.
        kind: What the files hold.
        skip_corrupt: Whether to skip what cannot be read instead of raising.
        covering: Whether there must be two classes, and examples of each, as for
            training.
    """

    def __init__(
        self,
        path: pathlib.Path,
        kind: Kind,
        skip_corrupt: bool,
        covering: bool = True,
    ) -> None:
        self.path = path
        self.parts: dict[str, list[pathlib.Path]] = {}
        self.notes: list[str] = []
        self.kind = kind
        self.skip_corrupt = skip_corrupt
        self._skipped: list[pathlib.Path] = []
        self._class_names: dict[pathlib.Path, str] = {}
        listings: list[Listing] = []
        for part, folder in part_folders(path).items():
            classes = {each: files_below(each) for each in subfolders(folder)}
            _check_classes(classes, folder, part, kind, covering)
            listings += classes.values()
            self.parts[part] = [f for each in classes.values() for f in each.files]
            for each, listing in classes.items():
                name = class_name(each)
                self._class_names |= dict.fromkeys(listing.files, name)
        self._tell_unused(listings)

    def _tell_unused(self, listings: list[Listing]) -> None:
        """Notes on entries that are not read."""
        repeated = sum(listing.repeated for listing in listings)
        if repeated:
            self.notes.append(
                f"{repeated:,} linked folders were not entered: they hold the link, or "
                "their files are read already"
            )
        special = sum(listing.special for listing in listings)
        if special:
            told = f"{special:,} pipes, sockets or devices were passed over"
            self.notes.append(told)
        folders = sorted({self.path, *part_folders(self.path).values()})
        beside = [path for folder in folders for path in entries(folder)]
        loose = [path for path in beside if path.is_file()]
        if loose:
            self.notes.append(
                f"{len(loose):,} files outside the class folders are not used, "
                f"{loose[0].relative_to(self.path)} first"
            )

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
        # One task for each file would take longer than reading its header.
        tasks = [paths[i : i + TOGETHER] for i in range(0, len(paths), TOGETHER)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answers = pool.map(lambda some: [*map(attempt, some)], tasks)
            read = itertools.chain.from_iterable(answers)
            results = zip(paths, read, strict=True)
            told = f"reading {FILES[self.kind]}"
            for path, (value, error) in track(results, told, len(paths)):
                if error is None:
                    self.parts[part].append(path)
                    yield path, value
                elif self.skip_corrupt:
                    self._skipped.append(path)
                else:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise InputError(
                        f"{str(error).removesuffix('.')}, or skip such files with "
                        "--skip-corrupt."
                    ) from error

    def dataset(
        self, xs: dict[str, Any], division: Division, notes: list[str], **options: Any
    ) -> Dataset:
        """The data set of the inputs of each part, in the order of the files."""
        if self._skipped:
            first = ", ".join(map(str, self._skipped[:3]))
            told = f"{len(self._skipped)} unreadable files were skipped, {first} first"
            notes = [*notes, told]
        notes = [*self.notes, *notes]
        arrays: dict[str, Any] = {f"x_{part}": x for part, x in xs.items()}
        for part, paths in self.parts.items():
            arrays[f"y_{part}"] = np.array([*map(self._class_names.get, paths)])
        train = self.parts["train"]
        division.tell_names([path.relative_to(self.path).as_posix() for path in train])
        # A folder's name is the name of a class, even if it is `none` or `01`.
        names = {str(name) for name in arrays["y_train"]}
        return from_arrays(
            **arrays,
            class_names=division.class_names or sorted(names),
            groups=division.of_files(train),
            split=division,
            name=self.path.resolve().name,
            notes=tuple(notes),
            **options,
        )


def cached_folder(
    build: Callable[[], Dataset],
    files: Files,
    *,
    division: Division,
    cache_dir: str | None,
    **options: Any,
) -> Dataset:
    """The data set that `build` makes, or made before with the same options."""
    settings = {
        "kind": files.kind.input_name,  # as version 0.1.0 named it
        **dict.fromkeys(("image_size", "sample_rate", "clip_seconds")),
        **options,
        "group": [division.by, *division.test] + [True] * division.keeps_duplicates,
        "skip_corrupt": files.skip_corrupt,
        **division.settings,
    }
    if division.seen is not None:  # A cache does not tell what was divided.
        return build()
    listed = [file for some in files.parts.values() for file in some]
    return cached(lambda room: build(), listed, settings, cache_dir)


def kind_of(path: pathlib.Path) -> Kind:
    """The kind of data that most files of the training part's classes hold."""
    kinds = collections.Counter(
        SUFFIXES.get(suffix, Kind.IMAGES)
        for folder in subfolders(part_folders(path)["train"])
        for suffix in suffixes_below(folder)
    )
    return max(kinds, key=lambda kind: kinds[kind], default=Kind.IMAGES)


def class_name(folder: pathlib.Path) -> str:
    """The name of the class that a folder holds, in composed characters (NFC).

    Systems write accents in two ways, which look the same.
    """
    return unicodedata.normalize("NFC", file_name(folder.name))


def part_folders(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The folders that hold class folders, by the part they are for."""
    inside = subfolders(path)
    parts = [f.name for f in inside if part_named(f.name)]
    others = [f.name for f in inside if f.name not in parts]
    trains = [path / name for name in parts if part_named(name) == "train"]
    if not trains:
        if parts:
            raise InputError(
                f"{path} has the folder {parts[0]!r}, which is named like a part, and "
                "none of the training part: rename it if it is a class, add one, or "
                f"give {path / parts[0]}."
            )
        return {"train": path}
    if others and not any(subfolders(folder) for folder in trains):
        return {"train": path}  # A class may be called so: there are photos of trains.
    names = names_of_parts(parts, path)
    if others:
        raise InputError(
            f"{path} has train folders beside {others[0]!r}; give either one "
            "folder per class, or train and test folders with one folder per class "
            "inside."
        )
    return {part: path / name for part, name in names.items()}


def _table_instead(folder: pathlib.Path) -> str:
    """The rest of a sentence on a table beside the files, which may name them."""
    tables = [path for path in entries(folder) if path.is_file() and is_table(path)]
    return f", or give the table that names them, {tables[0]}" if tables else ""


def _check_classes(
    classes: dict[pathlib.Path, Listing],
    folder: pathlib.Path,
    part: str,
    kind: Kind,
    covering: bool,
) -> None:
    """Refuses a part without classes, with one only, or with an empty one."""
    noun = FILES[kind]
    if not classes:
        raise InputError(
            f"{folder} has no class folders; put the {noun} of each class into a "
            "folder of its own, named after the class" + _table_instead(folder) + "."
        )
    if not covering:
        if not any(listing.files for listing in classes.values()):
            raise InputError(f"The class folders in {folder} hold no {noun}.")
        return
    names = {class_name(each) for each in classes}
    unlabelled = [name for name in names if name.lower() in UNLABELLED]
    if unlabelled:
        raise InputError(
            f"{folder} has the folder {unlabelled[0]!r} among those of the classes: "
            "its name says that its files have no class. Move it elsewhere."
        )
    if len(names) == 1 and part == "train":
        only = next(iter(classes))
        inside = f" If its folders are the classes, give {only}."
        raise InputError(
            f"{folder} has one class only, {only.name!r}; classification needs at "
            "least two." + inside * bool(subfolders(only))
        )
    for each, listing in classes.items():
        if not listing.files:
            raise InputError(f"The class folder {each} holds no {noun}.")
