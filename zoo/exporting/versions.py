"""Numbered version folders that appear whole or not at all."""

import contextlib
import dataclasses
import errno
import fcntl
import os
import pathlib
import shutil
import tempfile

from zoo.errors import InputError

PREFIX = ".export-"  # of drafts
LOCK = "lock"  # in each; held by the process that writes it


@dataclasses.dataclass(frozen=True)
class Draft:
    """A version that is not there yet.

    Attributes:
        target: Folder of the versions.
        workplace: Hidden folder inside `target`, so on the same file system;
            TensorFlow Serving looks at folders with a number for a name only.
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
                return self.folder.rename(version)
            except OSError as error:
                # Somebody else took the number between the look and the rename.
                taken = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
                if error.errno not in taken or not version.exists():
                    raise


@contextlib.contextmanager
def new_version(target: str | os.PathLike):
    """Gives a `Draft`; what is not published when the block ends is removed.

    So is `target`, with the parents made for it, if it ends up empty and was not
    there before; and the drafts of processes that were killed.

    Raises:
        InputError: If `target` is a file, or cannot be made or written.
        OSError: If the disk was full, with the path.
    """
    target = pathlib.Path(target)
    made = []
    try:
        workplace = _make(target, made)
        try:
            with (workplace / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _sweep(target)
                yield Draft(target, workplace)
        except Exception as error:
            full = disk_full(error, target)
            if full is None:
                raise
            raise full from error
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # Others may use it by now.
                folder.rmdir()
        raise


def _sweep(target):
    """Removes drafts that nobody writes any longer."""
    for lock in target.glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError), lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Fails while one does.
            shutil.rmtree(lock.parent, ignore_errors=True)


def disk_full(cause: Exception | str, path: pathlib.Path) -> OSError | None:
    """What says that the disk is full as an `OSError` with the path, else None.

    TensorFlow's file writers raise errors of their own, which keep the system's
    message and drop the number.
    """
    for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        if os.strerror(number) in str(cause):
            return OSError(number, os.strerror(number), str(path))
    return None


def _make(target, made):
    """A hidden folder inside `target`; folders made on the way go to `made`."""
    if target.exists() and not target.is_dir():
        raise InputError(f"Cannot export to {target}: it is a file; give a folder.")
    missing = [f for f in (target, *target.parents) if not f.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            made.append(folder)
        return pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=target))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(f"Cannot export to {target}: {error.strerror}.") from error


def _numbers(target):
    return [
        int(entry.name)
        for entry in target.iterdir()
        if entry.name.isascii() and entry.name.isdecimal()
    ]
