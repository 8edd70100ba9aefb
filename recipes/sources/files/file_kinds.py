"""What a file is by its first bytes, for the refusal of files of another kind."""

import dataclasses
import io
from typing import Any, BinaryIO

from zoo.errors import InputError

LOOKED_AT = 512  # bytes
# Where the bytes stand, the bytes, and what the file is; the first that fits decides.
SIGNATURES = (
    (0, b"version https://git-lfs", "a Git LFS pointer"),
    (0, b"\x89PNG\r\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (4, b"ftypavi", "an AVIF image"),
    *((4, b"ftyp" + brand, "a HEIC image") for brand in (b"hei", b"hev", b"mif1")),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"\0\0\1\0", "an icon"),
    (128, b"DICM", "a DICOM image"),
    (8, b"WAVE", "a WAV file"),
    (0, b"fLaC", "a FLAC file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"ID3", "an MP3 file"),
    (0, b"FORM", "an AIFF file"),
    (0, b".snd", "an AU file"),
    (0, b"MThd", "a MIDI file"),
    (4, b"ftypM4A", "an M4A (AAC) file"),
    (0, b"\xff\xf1", "an AAC file"),
    (0, b"\xff\xf9", "an AAC file"),
    (0, b"\xff\xfb", "an MP3 file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (0, b"#!AMR", "an AMR file"),
    (4, b"ftyp", "an MP4 or QuickTime file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (8, b"AVI ", "an AVI video"),
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"PK\3\4", "a ZIP archive"),
    (0, b"PK\5\6", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"PAR1", "a parquet table"),
    (0, b"ARROW1", "a feather table"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x89HDF\r\n", "an HDF5 file"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"\xd0\xcf\x11\xe0", "an old Office file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
)
TEXT = bytes({*range(32, 256), 9, 10, 12, 13} - {127})  # in any code of one byte


@dataclasses.dataclass(frozen=True)
class EncodedFile:
    """The content of a file in memory, with what readers need of a path."""

    content: bytes
    name: str

    def open(self, mode: str = "rb") -> BinaryIO:
        return io.BytesIO(self.content)

    def read_bytes(self) -> bytes:
        return self.content

    def __str__(self) -> str:
        return self.name


def kind_of_content(start: bytes) -> str | None:
    """What a file is, with its article; `None` if its first bytes do not say.

    >>> kind_of_content(b"%PDF-1.7 ..."), kind_of_content(b"<!DOCTYPE html><html>")
    ('a PDF', 'an HTML page')
    >>> kind_of_content(b"name,age"), kind_of_content(bytes(100))
    ('a text', None)
    """
    if not start:
        return "empty"
    for place, signature, kind in SIGNATURES:
        if start.startswith(signature, place):
            return kind
    if start.translate(None, TEXT) and start[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return None
    beginning = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if beginning.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if b"<svg" in beginning:
        return "an SVG drawing"
    if beginning.startswith(b"<"):
        return "an XML file"
    if beginning.startswith((b"{", b"[")):
        return "a JSON text"
    return "a text"


def refuse_other_text(file: Any, start: bytes) -> None:
    """Refuses what is not a table of texts by its first bytes.

    A header may begin like a binary file, such as `ID3`, but holds no null bytes.

    Raises:
        InputError: If it is an HTML page, a Git LFS pointer, or a binary file.
    """
    kind = kind_of_content(start)
    is_known = kind in ("an HTML page", "a Git LFS pointer", "a PDF")
    if is_known or (kind and b"\0" in start and kind != "a text"):
        raise InputError(f"{file} is {kind}; {_remedy(kind, 'give a table')}.")


def refuse_foreign(file: Any, readable: tuple[str, ...], remedy: str) -> None:
    """Refuses a file that is of another kind than those that can be read.

    Args:
        file: A path or an `EncodedFile`.
        readable: What `kind_of_content` says of files that may be right.
        remedy: What to do with other files.

    Raises:
        InputError: If the first bytes say that the file is something else.
    """
    with file.open("rb") as opened:
        kind = kind_of_content(opened.read(LOOKED_AT))
    if kind is not None and kind not in readable:
        raise InputError(f"{file} is {kind}; {_remedy(kind, remedy)}.")


def _remedy(kind: str | None, otherwise: str) -> str:
    """What to do with a file of another kind."""
    if kind == "a Git LFS pointer":
        return "fetch the file with `git lfs pull`"
    if kind == "an HTML page":
        return f"download the file again, or {otherwise}"
    if kind == "empty":
        return "remove it, or bring it back"
    return otherwise
