"""The files of a data folder, in one order, through links of every shape."""

import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterable

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
    listing, seen = Listing(), _folders_above(folder)
    for top, folders, files in os.walk(folder, followlinks=True, onerror=_refuse):
        here = _identity(top)
        if here is None or here in seen:
            listing.repeated += 1
            folders.clear()
            continue
        seen.add(here)
        folders[:] = _kept(folders)
        for name in _kept(files):
            path = pathlib.Path(top, name)
            if _is_special(path):
                listing.special += 1
            else:
                listing.files.append(path)
    return listing


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


def _is_special(path: pathlib.Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:  # The link leads nowhere.
        return False


def _refuse(error: OSError) -> None:
    raise _unreadable(error, error.filename) from error


def _unreadable(error: OSError, folder: object) -> InputError:
    return InputError(f"Cannot read {folder}: {error.strerror}.")
