"""Image files: what their headers say, and their bytes as `zoo.images` decodes them."""

import collections
import dataclasses
import functools
import io
import pathlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from zoo.errors import InputError

# Formats that Pillow reads without starting another program. `zoo.images` decodes the
# first; files of the others are converted to PNG in memory.
NATIVE = ("PNG", "JPEG", "MPO", "GIF", "BMP")
CONVERTED = ("WEBP", "TIFF", "AVIF", "JPEG2000", "PPM")
GREY = ("1", "L", "LA", "La", "I", "F")
CHANGES = {  # what decoding changes or drops
    "orientation": "were turned upright, as their EXIF orientation says",
    "frames": "have several frames, of which the first is read",
    "transparency": "have transparency, which is dropped",
    "palette": "have a palette, which became colours",
    "CMYK": "are CMYK images, and became RGB",
    "profile": "have a colour profile other than sRGB, which is not applied",
}


@dataclasses.dataclass(frozen=True)
class Header:
    """What the header of an image file says.

    Attributes:
        height: Number of rows, turned upright.
        width: Number of columns, turned upright.
        channels: 1 for grey, 3 for colour.
        changes: What decoding changes or drops: keys of `CHANGES`.
        largest: The largest value, if they have 16 bits; otherwise `None`.
        is_native: Whether `zoo.images` decodes the file as it is.
    """

    height: int
    width: int
    channels: int
    changes: tuple[str, ...] = ()
    largest: int | None = None
    is_native: bool = True


def read_header(file: BinaryIO, name: object) -> Header:
    """Reads the header of an image file; only 16-bit images are decoded.

    Args:
        file: The open file.
        name: Its name, for errors.

    Raises:
        InputError: If it is not an image, is damaged, or is of another format.
    """
    start = file.read(32)
    file.seek(0)
    try:
        with _opened(file) as image:
            return _header(image, start, file)
    except InputError as error:
        raise InputError(f"{name} {error}") from error
    except _errors() as error:
        raise unreadable(name) from error


def _header(image: Any, start: bytes, file: BinaryIO) -> Header:
    turned = _orientation(image)
    is_jpeg = image.format in ("JPEG", "MPO")
    is_deep = _is_png_of_16_bits(start) or image.mode.startswith("I;16")
    is_deep |= image.format == "PPM" and image.mode == "I"
    if image.mode in ("I", "F") and not is_deep:
        raise InputError("has values of 32 bits; convert it to 8 bits.")
    profile = image.info.get("icc_profile") or b"sRGB"
    changes = {
        "orientation": turned != 1,
        "frames": getattr(image, "n_frames", 1) > 1,
        "transparency": image.has_transparency_data,
        "palette": image.mode in ("P", "PA"),
        "CMYK": image.mode == "CMYK",
        "profile": b"sRGB" not in profile.replace(b"\0", b""),
    }
    channels = 1 if image.mode.split(";")[0] in GREY else 3
    is_native = image.format in NATIVE and (turned == 1 or is_jpeg)
    is_native &= image.format != "BMP" or _is_plain_bmp(start)
    if is_native:
        width, height = image.size if turned < 5 else image.size[::-1]
    else:
        width, height = _upright(image).size
    return Header(
        height,
        width,
        channels,
        tuple(name for name, is_changed in changes.items() if is_changed),
        _largest(image, channels, start, file) if is_deep else None,
        is_native,
    )


def encoded_image(path: pathlib.Path, header: Header, channels: int) -> bytes:
    """The bytes of a file as `zoo.images.decode` takes them.

    Args:
        path: The file.
        header: Its header.
        channels: Number of channels to decode: CMYK can only be decoded to colour.
    """
    try:
        content = path.read_bytes()
        if header.is_native and not (channels == 1 and "CMYK" in header.changes):
            return content
        with _opened(io.BytesIO(content)) as image:
            return _as_png(image)
    except _errors() as error:
        raise unreadable(path) from error


def _as_png(image: Any) -> bytes:
    from PIL import Image

    image = _upright(image)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) >> 8).astype("uint8"))
    elif image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    image.load()  # Some versions of Pillow turn TIFF files now, others do not.
    return ImageOps.exif_transpose(image)


def unreadable(name: object) -> InputError:
    formats = ", ".join((*NATIVE, *CONVERTED))
    return InputError(
        f"{name} is not an image, or is damaged; remove it, or convert it to a format "
        f"that can be read ({formats})."
    )


def notes_on_changes(headers: Iterable[Header]) -> list[str]:
    """A note on each change that decoding makes, with the number of files."""
    headers = [*headers]
    counts = collections.Counter(name for each in headers for name in each.changes)
    notes = [
        f"{counts[name]:,} of {len(headers):,} images {change}"
        for name, change in CHANGES.items()
        if counts[name]
    ]
    deep = [each.largest for each in headers if each.largest is not None]
    if deep:
        largest = max(deep)
        note = (
            f"{len(deep):,} of {len(headers):,} images have 16 bits a channel, of "
            f"which the upper 8 are read; their largest value is {largest:,}"
        )
        factor = 2 ** (16 - largest.bit_length())
        if factor > 1:
            note += (
                f" of 65,535, which leaves {largest // 256 + 1} levels: multiply the "
                f"values by {factor:,} and save them again"
            )
        notes.append(note)
    return notes


def _opened(file: BinaryIO) -> Any:
    from PIL import Image

    return Image.open(file, formats=_formats())


@functools.cache
def _formats() -> list[str]:
    from PIL import Image

    Image.init()  # An older Pillow lacks AVIF. MPO files are opened as JPEG.
    return [name for name in (*NATIVE, *CONVERTED) if name in Image.OPEN]


def _errors() -> tuple[type[Exception], ...]:
    """What Pillow raises on damaged files."""
    from PIL import Image

    return (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        OverflowError,
        Image.DecompressionBombError,
    )


def _orientation(image: Any) -> int:
    """The orientation in EXIF data; Pillow's own also looks at XMP data."""
    from PIL import Image

    from zoo.orientation import ORIENTATION

    data = Image.Exif()
    if "exif" in image.info:
        data.load(image.info["exif"])
    elif image.format == "TIFF":
        data = image.getexif()
    found = data.get(ORIENTATION, 1)
    return found if found in range(1, 9) else 1


def _is_png_of_16_bits(start: bytes) -> bool:
    return start.startswith(b"\x89PNG") and start[24:25] == b"\x10"


def _is_plain_bmp(start: bytes) -> bool:
    """Whether TensorFlow reads it: of 8 bits without compression, or 24 or 32 bits."""
    bits = int.from_bytes(start[28:30], "little")
    return bits in (24, 32) or (bits == 8 and start[30:32] == b"\0\0")


def _largest(image: Any, channels: int, start: bytes, file: BinaryIO) -> int:
    """The largest value of a 16-bit image, without its transparency."""
    if not _is_png_of_16_bits(start):
        return int(np.asarray(image).max())
    import tensorflow as tf

    file.seek(0)
    try:
        pixels = tf.io.decode_png(file.read(), channels, tf.uint16)
    except tf.errors.OpError as error:
        raise ValueError("damaged") from error
    return int(pixels.numpy().max())
