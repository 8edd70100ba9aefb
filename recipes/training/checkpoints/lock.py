"""One process at a time in a run folder."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

from filelock import FileLock, Timeout

from zoo.errors import InputError


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Holds a lock while the block runs; the system frees it if the process dies."""
    holder = path.with_suffix(".pid")
    try:
        lock = FileLock(path).acquire(timeout=0)
    except Timeout:
        process = "unknown"
        with contextlib.suppress(OSError):
            process = holder.read_text(encoding="ascii").strip() or process
        raise InputError(
            f"The run folder {path.parent.parent} is in use by process {process}; wait "
            "for it, or stop it."
        ) from None
    with lock:
        holder.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    # A finished run has removed the other files; Windows kept the locked one.
    if {file.name for file in path.parent.glob("*")} <= {path.name, holder.name}:
        shutil.rmtree(path.parent, ignore_errors=True)
