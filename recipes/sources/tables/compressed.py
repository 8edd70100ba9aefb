"""Files that may be compressed."""

import bz2
import functools
import gzip
import lzma
import pathlib
import zipfile
import zlib
from typing import BinaryIO, cast

from zoo.errors import InputError

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
# What reading a damaged file raises, besides what its content raises.
PROBLEMS = (
    *(OSError, EOFError, RuntimeError),
    *(lzma.LZMAError, zipfile.BadZipFile, zlib.error),
)


def plain_name(path: pathlib.Path) -> str:
    """The name of a file without its compression; of the one in a `.zip` file."""
    ending = path.suffix.lower()
    if ending == ".zip":
        return _member(path) or path.name
    return path.stem if ending in COMPRESSIONS else path.name


def opened(path: pathlib.Path) -> BinaryIO:
    """The content of a file, decompressed.

    Raises:
        InputError: If the file cannot be opened.
    """
    compression = path.suffix.lower()
    try:
        if compression == ".gz":
            return cast(BinaryIO, gzip.open(path))
        if compression == ".bz2":
            return cast(BinaryIO, bz2.open(path))
        if compression == ".xz":
            return cast(BinaryIO, lzma.open(path))
        if compression == ".zst":
            import pyarrow

            return pyarrow.input_stream(path.open("rb"), compression="zstd")
        if compression == ".zip":
            member = _member(path)
            if member is None:
                raise InputError(f"{path} must hold one file; extract its files.")
            return cast(BinaryIO, zipfile.ZipFile(path).open(member))
        return path.open("rb")
    except (*PROBLEMS, NotImplementedError) as error:
        raise unreadable(path, error) from error


def unreadable(path: pathlib.Path, error: Exception) -> InputError:
    """The error about a file whose content cannot be read."""
    told = str(getattr(error, "strerror", None) or error).rstrip(".")
    return InputError(f"Cannot read {path}: {told or type(error).__name__}.")


@functools.lru_cache(maxsize=16)
def _member(path: pathlib.Path) -> str | None:
    """The only file in a `.zip` file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                name
                for name in archive.namelist()
                if not name.endswith("/") and not name.startswith("__MACOSX")
            ]
    except (OSError, zipfile.BadZipFile):
        return None
    return names[0] if len(names) == 1 else None
