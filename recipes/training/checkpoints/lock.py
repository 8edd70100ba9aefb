"""One process at a time in a run folder."""

import contextlib
import fcntl
import os
import pathlib

from zoo.errors import InputError


@contextlib.contextmanager
def locked(path: pathlib.Path):
    """Holds a lock while the block runs; the system frees it however that ends.

    Args:
        path: A file for the lock, made if it is missing.

    Raises:
        InputError: If another process holds it.
    """
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise InputError(
                f"The run folder {path.parent.parent} is in use by process "
                f"{file.read().strip() or 'unknown'}; wait for it, or stop it."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
