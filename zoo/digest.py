"""The digest of a file."""

import hashlib
import pathlib


def sha256(file: pathlib.Path) -> str:
    """The file's SHA-256, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
