"""The files of a data folder, in one order, through links of every shape."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator

from zoo.errors import InputError

# What systems and file managers leave in folders; hidden entries are passed over, too.
LEFT_BY_SYSTEMS = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
    "@eadir",
    "$recycle.bin",
    "system volume information",
}


@dataclasses.dataclass
class Listing:
    """The files below a folder.

    Attributes:
        files: The files of a folder by name, then those of its folders. Links that
            lead nowhere are among them, so that reading them tells what is wrong.
        repeated: Number of linked folders that hold the link, or were listed before.
        special: Number of pipes, sockets and devices, which are not listed.
    """

    files: list[pathlib.Path] = dataclasses.field(default_factory=list)
    repeated: int = 0
    special: int = 0


def files_below(folder: pathlib.Path) -> Listing:
    """Lists the files in a folder and, as Keras does, in the folders inside.

    Links to folders are followed. Each folder is listed once, and never one that the
    given folder lies in, so a circle of links ends.

    Raises:
        InputError: If a folder cannot be read.
    """
    listing = Listing()
    listing.files += map(pathlib.Path, _paths_below(folder, listing))
    return listing


def suffixes_below(folder: pathlib.Path) -> Iterator[str]:
    """The suffix of each file that `files_below` lists, in small letters."""
    for path in _paths_below(folder, Listing()):
        yield os.path.splitext(path)[1].lower()  # noqa: PTH122 - ten times as fast


def _paths_below(folder: pathlib.Path, listing: Listing) -> Iterator[str]:
    """The paths of the files; the rest is counted in `listing`."""
    seen = _folders_above(folder)
    to_read = [os.fspath(folder)]
    while to_read:
        top = to_read.pop()
        here = _identity(top)
        if here is None or here in seen:
            listing.repeated += 1
            continue
        seen.add(here)
        folders = []
        for entry in _scanned(top):
            if _leads_to(entry.is_dir):
                folders.append(entry.path)
            elif _leads_to(entry.is_file) or not os.path.exists(entry.path):  # noqa: PTH110
                yield entry.path
            else:
                listing.special += 1
        to_read += reversed(folders)


def _scanned(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; knows files from folders without asking again."""
    try:
        with os.scandir(folder) as found:
            by_name = {entry.name: entry for entry in found}
    except OSError as error:
        raise _unreadable(error, error.filename) from error
    return [by_name[name] for name in _kept(by_name)]


def _leads_to(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # The links go round in a circle.
        return False


def subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder by name, without links to folders that hold it."""
    above = _folders_above(folder / "inside")
    return [
        path
        for path in entries(folder)
        if path.is_dir() and _identity(path) not in above
    ]


def entries(folder: pathlib.Path) -> list[pathlib.Path]:
    """What is in a folder, by name, without what systems leave there."""
    try:
        return [folder / name for name in _kept(os.listdir(folder))]  # noqa: PTH208
    except OSError as error:
        raise _unreadable(error, folder) from error


def _kept(names: Iterable[str]) -> list[str]:
    return sorted(
        name
        for name in names
        if not name.startswith(".") and name.lower() not in LEFT_BY_SYSTEMS
    )


def _folders_above(folder: pathlib.Path) -> set[tuple[int, int] | None]:
    """The folders that a folder lies in, by its path and by where its links lead."""
    parents = {*folder.absolute().parents, *folder.resolve().parents}
    return {_identity(parent) for parent in parents} - {None}


def _identity(path: str | os.PathLike) -> tuple[int, int] | None:
    """What two paths to one folder have in common; `None` if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - os.walk gives strings
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unreadable(error: OSError, folder: object) -> InputError:
    return InputError(f"Cannot read {folder}: {error.strerror}.")
