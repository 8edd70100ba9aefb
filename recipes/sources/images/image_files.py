"""Image files: what their headers say, and their bytes as `zoo.images` decodes them."""

import collections
import contextlib
import dataclasses
import functools
import io
import pathlib
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recipes.sources.files.file_kinds import (
    EncodedFile,
    kind_of_content,
    refuse_foreign,
)
from zoo.errors import InputError

# Formats that Pillow reads without starting another program. `zoo.images` decodes the
# first; files of the others are converted to PNG in memory.
NATIVE = ("PNG", "JPEG", "MPO", "GIF", "BMP")
CONVERTED = ("WEBP", "TIFF", "AVIF", "JPEG2000", "PPM", "HEIF")
KINDS = tuple(
    f"a{'n' * (name == 'AVIF')} {name} image"
    for name in ("PNG", "JPEG", "GIF", "WebP", "TIFF", "AVIF", "JPEG 2000", "HEIC")
)
GREY = ("1", "L", "LA", "La", "I", "F")
FULL_DEPTH = 16  # bits
LARGEST_FILE = 2**26  # pixels, each of which takes up to 16 bytes
TOO_LARGE = (
    f"has more than {LARGEST_FILE:,} pixels (8,192×8,192); make it smaller, or cut it "
    "into tiles."
)
CHANGES = {  # what decoding changes or drops
    "orientation": "were turned upright, as their EXIF orientation says",
    "frames": "have several frames, of which the first is read",
    "transparency": "have transparency, and were laid over white",
    "transparent GIF": "are GIFs with transparent pixels, which became black",
    "alpha of BMP": "are BMP images with an alpha channel, which is dropped",
    "reduced": (
        "have 16 bits a channel in a form of which the upper 8 are read: save them as "
        "PNG with 16 bits if they use fewer"
    ),
    "palette": "have a palette, which became colours",
    "CMYK": "are CMYK images, and became RGB",
    "profile": "have a colour profile other than sRGB, which is not applied",
}

File = pathlib.Path | EncodedFile


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
        is_jpeg: Whether it is a JPEG file.
    """

    height: int
    width: int
    channels: int
    changes: tuple[str, ...] = ()
    largest: int | None = None
    is_native: bool = True
    is_jpeg: bool = False


def read_header(file: File) -> Header:
    """Reads the header of an image file; only 16-bit images are decoded.

    Raises:
        InputError: If it is not an image, is damaged, or is of another format.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(32)
            opened.seek(0)
            if kind_of_content(start) == "a HEIC image" and "HEIF" not in _formats():
                raise InputError(
                    "is a HEIC image, which needs the extra `heif`: pip install "
                    "'zoo-keras[heif]'."
                )
            with _opened(opened) as image:
                return _header(image, start, opened)
    except InputError as error:
        raise InputError(f"{file} {error}") from error
    except _bombs() as error:
        raise InputError(f"{file} {TOO_LARGE}") from error
    except _errors() as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(
                f"Cannot read {file}: {error.strerror}; remove it."
            ) from error
        raise unreadable(file) from error


def _header(image: Any, start: bytes, file: Any) -> Header:
    turned = _orientation(image)
    is_jpeg = image.format in ("JPEG", "MPO")
    is_deep = _is_png_of_16_bits(start) or image.mode.startswith("I;16")
    is_deep |= image.format == "PPM" and image.mode == "I"
    if image.mode in ("I", "F") and not is_deep:
        raise InputError("has values of 32 bits; convert it to 8 bits.")
    if image.width * image.height > LARGEST_FILE:
        raise InputError(TOO_LARGE)
    profile = image.info.get("icc_profile") or b"sRGB"
    has_alpha = image.has_transparency_data
    changes = {
        "orientation": turned != 1,
        "frames": getattr(image, "n_frames", 1) > 1,
        "transparency": has_alpha and image.format not in ("GIF", "BMP"),
        "transparent GIF": has_alpha and image.format == "GIF",
        "alpha of BMP": has_alpha and image.format == "BMP",
        "reduced": image.format == "TIFF" and _is_reduced(image),
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
        is_jpeg,
    )


def encoded_image(file: File, header: Header, channels: int) -> bytes:
    """The bytes of a file as `zoo.images.decode` takes them.

    Args:
        file: The file.
        header: Its header.
        channels: Number of channels to decode: CMYK can only be decoded to colour.
    """
    try:
        content = file.read_bytes()
        if header.is_native and not (channels == 1 and "CMYK" in header.changes):
            return content
        with _opened(io.BytesIO(content)) as image:
            return _as_png(image)
    except _errors() as error:
        raise unreadable(file) from error


def _as_png(image: Any) -> bytes:
    from PIL import Image

    image = _upright(image)
    if image.mode.startswith("I"):
        image = Image.fromarray(np.asarray(image).astype("uint16"))
    elif image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    image.load()  # Some versions of Pillow turn TIFF files now, others do not.
    return ImageOps.exif_transpose(image)


def unreadable(file: File) -> InputError:
    """The error for a file that is of another kind, or damaged."""
    formats = ", ".join((*NATIVE, *CONVERTED))
    remedy = f"remove it, or convert it to a format that can be read ({formats})"
    try:
        refuse_foreign(file, KINDS, remedy)
    except InputError as error:
        return error
    return InputError(f"{file} is not an image, or is damaged; {remedy}.")


def bit_depth_of(largest: Iterable[int | None]) -> int:
    """The bits that 16-bit images with these largest values use, 8 to 16.

    >>> bit_depth_of([None, 1000, 40]), bit_depth_of([])
    (10, 16)
    """
    deep = [each for each in largest if each is not None]
    return max(8, max(deep).bit_length()) if deep else FULL_DEPTH


def notes_on_changes(
    headers: Iterable[Header], bit_depth: int | None = None
) -> list[str]:
    """A note on each change that decoding makes, with the number of files.

    Args:
        headers: The headers of all files.
        bit_depth: The bits of 16-bit images that a model reads. Default: found.
    """
    headers = [*headers]
    counts = collections.Counter(name for each in headers for name in each.changes)
    notes = [
        f"{counts[name]:,} of {len(headers):,} images {change}"
        for name, change in CHANGES.items()
        if counts[name]
    ]
    return notes + notes_on_depth([each.largest for each in headers], bit_depth)


def notes_on_depth(
    largest: Sequence[int | None], bit_depth: int | None = None
) -> list[str]:
    """The note on 16-bit images, if there are any; see `notes_on_changes`."""
    deep = [each for each in largest if each is not None]
    if not deep:
        return []
    found = bit_depth_of(deep)
    read = f"so their {found} bits were scaled to 8"
    if bit_depth not in (None, found):
        read = f"and the model reads the upper 8 of {bit_depth} bits"
    return [
        f"{len(deep):,} of {len(largest):,} images have 16 bits a channel; their "
        f"largest value is {max(deep):,}, {read}"
    ]


def _opened(file: Any) -> Any:
    from PIL import Image

    return Image.open(file, formats=_formats())


@functools.cache
def _formats() -> list[str]:
    from PIL import Image

    with contextlib.suppress(ImportError):  # an extra
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.init()  # An older Pillow lacks AVIF. MPO files are opened as JPEG.
    return [name for name in (*NATIVE, *CONVERTED) if name in Image.OPEN]


def _errors() -> tuple[type[Exception], ...]:
    """What Pillow raises on damaged files."""

    return (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        OverflowError,
        RuntimeError,
        struct.error,
        UserWarning,  # where warnings are errors
        *_bombs(),
    )


def _bombs() -> tuple[type[Exception], ...]:
    """What Pillow raises on images of very many pixels; the second is a warning."""
    from PIL import Image

    return Image.DecompressionBombError, Image.DecompressionBombWarning


def _orientation(image: Any) -> int:
    """The orientation in EXIF data; Pillow's own also looks at XMP data."""
    from PIL import Image

    from zoo.orientation import ORIENTATION

    if image.format != "TIFF" and "exif" not in image.info:
        return 1
    data = Image.Exif()
    if "exif" in image.info:
        data.load(image.info["exif"])
    elif image.format == "TIFF":
        data = image.getexif()
    found = data.get(ORIENTATION, 1)
    return found if found in range(1, 9) else 1


def _is_reduced(image: Any) -> bool:
    """Whether Pillow reads the upper 8 of 16 bits of several channels."""
    forms = (str(tile.args) for tile in image.tile)
    return not image.mode.startswith("I") and any(";16" in form for form in forms)


def _is_png_of_16_bits(start: bytes) -> bool:
    return start.startswith(b"\x89PNG") and start[24:25] == b"\x10"


def _is_plain_bmp(start: bytes) -> bool:
    """Whether TensorFlow reads it: of 8 bits without compression, or 24 or 32 bits."""
    bits = int.from_bytes(start[28:30], "little")
    return bits in (24, 32) or (bits == 8 and start[30:32] == b"\0\0")


def _largest(image: Any, channels: int, start: bytes, file: Any) -> int:
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
