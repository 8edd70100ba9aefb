"""Numbered version folders that appear as a whole or not at all."""

import contextlib
import dataclasses
import errno
import os
import pathlib
from collections.abc import Iterator

from zoo.atomic_writes import draft_folder, move_into_place
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Draft:
    """A version that is not published yet.

    Attributes:
        target: Folder of the versions.
        workplace: Hidden folder inside `target`, so on the same file system;
            TensorFlow Serving only looks at folders whose name is a number.
    """

    target: pathlib.Path
    workplace: pathlib.Path

    @property
    def folder(self) -> pathlib.Path:
        """Where to write the version."""
        return self.workplace / "version"

    def publish(self) -> pathlib.Path:
        """Renames the written folder to the next free number."""
        while True:
            version = self.target / str(max(_numbers(self.target), default=0) + 1)
            try:
                move_into_place(self.folder, version, replace=False)
                return version
            except FileExistsError:  # Another export has just taken the number.
                continue


@contextlib.contextmanager
def new_version(target: str | os.PathLike) -> Iterator[Draft]:
    """Gives a `Draft`, which is removed if it is not published when the block ends.

    If the block fails, `target` and the parents that were created for it are removed
    too, unless they hold something. Drafts of killed processes are removed first.
    """
    target = pathlib.Path(target)
    if target.exists() and not target.is_dir():
        raise InputError(f"Cannot export to {target}: it is a file; give a folder.")
    made: list[pathlib.Path] = []
    try:
        with naming_full_disk(target), contextlib.ExitStack() as stack:
            try:
                missing = [f for f in (target, *target.parents) if not f.exists()]
                for folder in reversed(missing):
                    folder.mkdir(exist_ok=True)
                    made.append(folder)
                workplace = stack.enter_context(draft_folder(target))
            except OSError as error:
                if disk_full(error, target):
                    raise
                message = f"Cannot export to {target}: {error.strerror}."
                raise InputError(message) from error
            yield Draft(target, workplace)
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # Others may use it by now.
                folder.rmdir()
        raise


@contextlib.contextmanager
def naming_full_disk(path: pathlib.Path) -> Iterator[None]:
    """Raises an `OSError` with the path for any error that says the disk is full."""
    try:
        yield
    except Exception as error:
        full = disk_full(error, path)
        if full is None:
            raise
        raise full from error


def disk_full(cause: Exception | str, path: pathlib.Path) -> OSError | None:
    """An `OSError` with the path if the cause says that the disk is full, else `None`.

    TensorFlow's file writers raise other errors, which hold the system's message but
    not its number.
    """
    for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        if os.strerror(number) in str(cause):
            return OSError(number, os.strerror(number), str(path))
    return None


def _numbers(target):
    return [
        int(entry.name)
        for entry in target.iterdir()
        if entry.name.isascii() and entry.name.isdecimal()
    ]
