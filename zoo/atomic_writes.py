"""Files and folders that appear as a whole or not at all, and survive a power cut.

A writer works in a draft: a hidden folder beside the target, with a lock file beside
it that the writer holds. The finished content is flushed to the disk and renamed to
the target. The system frees the lock of a process that is killed, so that a draft
whose lock is free is abandoned; the next writer in the same folder removes it.
"""

import contextlib
import errno
import json
import os
import pathlib
import secrets
import shutil
from collections.abc import Iterator
from typing import Any

from zoo.errors import InputError

PREFIX = ".draft-"
LOCK_SUFFIX = ".lock"
REPLACED = ".replaced"  # inside a draft: the old target, while it is being replaced

# Errors of the systems when a folder is renamed to a name that is in use.
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Gives a draft path that takes the place of `path` when the block ends.

    The block writes a file or makes a folder there. Readers see the old content or
    the new one, never a part. If the block fails, `path` stays as it was.

    Args:
        path: A file or a folder; an existing one is replaced.

    Raises:
        OSError: If the draft cannot be written, with the path.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/notes.txt") as draft:
    ...         _ = draft.write_text("whole")
    ...     [(file.name, file.read_text()) for file in pathlib.Path(folder).iterdir()]
    [('notes.txt', 'whole')]
    """
    path = pathlib.Path(path)
    try:
        with draft_folder(path.parent) as folder:
            draft = folder / path.name
            yield draft
            move_into_place(draft, path)
    except OSError as error:  # The error of a full disk names no file.
        error.filename = error.filename or str(path)
        raise


@contextlib.contextmanager
def checked_atomic_write(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """`atomic_write` to a path that a user chose; makes the folders above it."""
    with contextlib.ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = stack.enter_context(atomic_write(path))
        except OSError as error:
            raise InputError(f"Cannot write {path}: {error.strerror}.") from error
        yield draft


@contextlib.contextmanager
def draft_folder(parent: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a hidden folder inside `parent`, which is removed when the block ends.

    Drafts that killed processes left in `parent` are removed first.
    """
    remove_abandoned_drafts(parent)
    draft = parent / f"{PREFIX}{secrets.token_hex(8)}"
    with _draft_lock(draft, timeout=-1):
        draft.mkdir(mode=0o700)
        yield draft


def move_into_place(
    draft: pathlib.Path, target: pathlib.Path, *, replace: bool = True
) -> None:
    """Flushes a written draft to the disk and renames it to `target`.

    Args:
        draft: A file or a folder directly inside a `draft_folder`; without `replace`
            also the draft folder itself.
        target: Where it belongs. An old file is replaced in one step; an old folder
            is moved into the draft folder first, which moves it back if the second
            rename fails or the process is killed in between.
        replace: Whether an existing target may be replaced; if not, `draft` must be
            a folder.

    Raises:
        FileExistsError: If the target exists and may not be replaced.
        OSError: If a rename fails; the old target stays.
    """
    for path in (*draft.rglob("*"), draft):
        flush_to_disk(path)
    if replace and draft.is_dir() and os.path.lexists(target):
        replaced = draft.with_name(REPLACED)
        replaced.mkdir()
        target.rename(replaced / target.name)
    try:
        (draft.replace if replace else draft.rename)(target)
    except OSError as error:
        if replace or error.errno not in TAKEN or not target.exists():
            raise
        raise FileExistsError(
            errno.EEXIST, os.strerror(errno.EEXIST), str(target)
        ) from error
    flush_to_disk(target.parent)


def remove_abandoned_drafts(folder: pathlib.Path) -> None:
    """Removes the drafts of processes that were killed; those in progress stay."""
    for lock in folder.glob(f"{PREFIX}*{LOCK_SUFFIX}"):
        with contextlib.suppress(OSError), _draft_lock(lock.with_suffix("")):
            pass


@contextlib.contextmanager
def _draft_lock(draft: pathlib.Path, timeout: float = 0):
    """Holds the lock of a draft while the block runs, then removes both.

    The lock file is removed before the lock is released: whoever waits for the lock
    then sees that the file is gone, and makes a new one.
    """
    from filelock import FileLock

    path = draft.with_name(f"{draft.name}{LOCK_SUFFIX}")
    with FileLock(path, timeout=timeout):
        try:
            yield
        finally:
            for old in (draft / REPLACED).glob("*"):
                if not os.path.lexists(draft.with_name(old.name)):
                    old.rename(draft.with_name(old.name))
            shutil.rmtree(draft, ignore_errors=True)
            with contextlib.suppress(OSError):  # On Windows the release removes it.
                path.unlink()


def flush_to_disk(path: pathlib.Path) -> None:
    """Waits until a file, or the entries of a folder, would survive a power cut."""
    # Windows cannot open folders, and flushes only files that are open for writing.
    windows = os.name == "nt"
    if windows and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def json_text(content: Any) -> str:
    r"""JSON that a person can read; file names that are not UTF-8 are escaped.

    >>> print(json_text("caf\udce9"), end="")
    "caf\udce9"
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    # Python's escape of half a character is JSON's.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def write_json(path: pathlib.Path, content: Any) -> None:
    """Writes JSON that a person can read, as a whole or not at all."""
    text = json_text(content)
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")
