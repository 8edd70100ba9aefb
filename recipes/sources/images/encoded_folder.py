"""Folders of images whose files stay encoded, for data larger than memory or disk."""

import collections
import contextlib
import dataclasses
import hashlib
import math
import os
import pathlib
import struct

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.encoded_images import EncodedFiles
from recipes.sources.files.class_folders import Files
from recipes.sources.images.image_files import (
    LARGEST_FILE,
    File,
    Header,
    bit_depth_of,
    notes_on_changes,
    read_header,
)
from recipes.sources.images.image_folder import (
    DECODING,
    LARGEST,
    decoder_of,
    shape_of,
)
from recipes.sources.parts.division import Division
from zoo.atomic_writes import checked_atomic_write
from zoo.cache_folder import cache_folder
from zoo.errors import InputError

# Bytes of pixels. Two processors decode as many in about ten seconds.
WORTH_DECODING_ONCE = 2**30
SAMPLE = 1_000  # headers that are read to estimate the bytes of pixels
END = 2**12  # bytes at the beginning and the end of a file that are looked at
FRAMES = {b"\xc0", b"\xc1", b"\xc2"}  # baseline, extended, progressive
# Frames, JFIF, tables, restart interval and comment: nothing that changes pixels.
PLAIN_SEGMENTS = FRAMES | {b"\xe0", b"\xdb", b"\xc4", b"\xdd", b"\xfe"}


def decode_in_batches(files: Files, image_size: tuple[int, int] | None) -> bool:
    """Whether decoded images would take more than 1 GB, by some of the headers."""
    paths = [path for some in files.parts.values() for path in some]
    height, width = image_size or (LARGEST, LARGEST)
    if len(paths) * height * width * 3 <= WORTH_DECODING_ONCE:
        return False
    headers = []
    for number in np.unique(np.linspace(0, len(paths) - 1, SAMPLE, dtype=int)):
        with contextlib.suppress(InputError):  # It is told when all are read.
            headers.append(read_header(paths[number]))
    if not headers:
        return False
    *shape, _ = shape_of(headers, image_size)
    return len(paths) * math.prod(shape) > WORTH_DECODING_ONCE


def read_encoded(
    files: Files,
    image_size: tuple[int, int] | None,
    division: Division,
    bit_depth: int | None,
    cache_dir: str | None,
) -> Dataset:
    """The data set of files that are decoded in each batch.

    Files that only Pillow reads are decoded now, into PNG files in the cache.
    """
    headers: dict[pathlib.Path, Header] = {}
    digests: dict[pathlib.Path, bytes] = {}
    kinds: dict[Header, Header] = {}  # so that equal headers take memory once
    for part in [*files.parts]:
        for path, (header, digest) in files.read(part, _look_at):
            headers[path] = kinds.setdefault(header, header)
            digests[path] = digest
    _tell_apart(digests)
    height, width, channels, notes = shape_of(headers.values(), image_size)
    shape = height, width, channels
    notes += notes_on_changes(headers.values(), bit_depth)
    bit_depth = bit_depth or bit_depth_of(header.largest for header in kinds)
    odd = {path for path in headers if not _is_decodable(headers[path], channels)}
    if odd:
        converted = _Converted(odd, headers, shape, bit_depth, cache_dir)
        notes.append(
            f"{len(odd):,} of {len(headers):,} images are of formats that are not "
            f"decoded in the batch; they were decoded into {converted.folder}"
        )
        final = {
            path: new
            for part in [*files.parts]
            for path, new in files.read(part, converted.path_of)
        }
    else:
        final = {path: path for path in headers}
    are_jpeg = all(h.is_jpeg and "orientation" not in h.changes for h in kinds)
    xs = {
        part: EncodedFiles(
            np.array([os.fsencode(final[path]) for path in paths]),
            np.array([np.frombuffer(digests[path], "uint8") for path in paths]),
            shape,
            bit_depth,
            are_jpeg and not odd,
        )
        for part, paths in files.parts.items()
    }
    total = sum(len(x) for x in xs.values()) * math.prod(shape)
    notes.append(
        f"images are decoded in each batch; decoded at once they would take "
        f"{total / 1e9:,.2f} GB (--decode once keeps them so)"
    )
    dataset = files.dataset(xs, division, notes, task="classification")
    return dataclasses.replace(dataset, bit_depth=bit_depth)


class _Converted:
    """PNG files in the cache of the pixels of files that the graph cannot decode."""

    def __init__(
        self,
        odd: set[pathlib.Path],
        headers: dict[pathlib.Path, Header],
        shape: tuple[int, int, int],
        bit_depth: int,
        cache_dir: str | None,
    ) -> None:
        cache = cache_folder(cache_dir)
        if cache is None:
            raise InputError(
                f"{min(odd)} is of a format that must be decoded before training, and "
                "there is no cache folder for it; give one with --cache-dir, or "
                "`decode` 'once' (--decode once)."
            )
        self.folder = cache / "images"
        self._odd, self._how = odd, (*shape, bit_depth, DECODING)
        odd_headers: dict[File, Header] = {path: headers[path] for path in odd}
        self._decode = decoder_of(odd_headers, *shape, bit_depth)

    def path_of(self, path: pathlib.Path) -> pathlib.Path:
        """The file to decode in the batch: the file itself if that is possible."""
        import tensorflow as tf

        if path not in self._odd:
            return path
        state = path.stat()
        told = f"{state.st_size} {state.st_mtime_ns} {self._how} "
        name = hashlib.sha256(told.encode() + os.fsencode(path.resolve()))
        kept = self.folder / f"{name.hexdigest()[:32]}.png"
        if not kept.exists():
            png = tf.io.encode_png(self._decode(path)).numpy()
            with checked_atomic_write(kept) as draft:
                draft.write_bytes(png)
        return kept


def _is_decodable(header: Header, channels: int) -> bool:
    """Whether the graph decodes a file: CMYK can only be decoded to colour."""
    return header.is_native and not (channels == 1 and "CMYK" in header.changes)


def _look_at(path: pathlib.Path) -> tuple[Header, bytes]:
    """The header of a file, and a digest of its size, beginning and end."""
    try:
        with path.open("rb") as file:
            start = file.read(END)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - END))
            digest = _digest(size.to_bytes(8, "little") + start + file.read())
    except OSError:  # `read_header` says what is wrong.
        start, digest = b"", b""
    return plain_jpeg(start) or read_header(path), digest


def plain_jpeg(start: bytes) -> Header | None:
    """The header of a JPEG file with 8 bits, grey or colour, and nothing to be told.

    Most files in large data sets are such; Pillow takes seven times as long. `None`
    for all others, such as those with EXIF data, a profile, or damages.

    Args:
        start: The first bytes of the file.
    """
    header, at = None, 2
    while start[:2] == b"\xff\xd8" and start[at : at + 1] == b"\xff":
        marker = start[at + 1 : at + 2]
        if marker == b"\xda":  # The scan ends the headers.
            return header
        if marker not in PLAIN_SEGMENTS or at + 10 > len(start):
            return None
        if marker in FRAMES:
            bits, height, width, channels = struct.unpack_from(">BHHB", start, at + 4)
            is_plain = bits == 8 and channels in (1, 3)
            if header or not is_plain or not 0 < height * width <= LARGEST_FILE:
                return None
            header = Header(height, width, channels, is_jpeg=True)
        at += 2 + int.from_bytes(start[at + 2 : at + 4], "big")
    return None


def _tell_apart(digests: dict[pathlib.Path, bytes]) -> None:
    """Replaces digests that several files have by digests of all their bytes.

    Linked files are read once.
    """
    counts = collections.Counter(digests.values())
    known: dict[tuple[int, int], bytes] = {}
    for path, digest in digests.items():
        if counts[digest] > 1:
            state = path.stat()
            key = state.st_dev, state.st_ino
            if key not in known or not state.st_ino:
                known[key] = _digest(path.read_bytes())
            digests[path] = known[key]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
