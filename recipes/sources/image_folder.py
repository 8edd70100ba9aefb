"""Data sets from folders of images, one folder per class."""

import collections
import dataclasses
import functools
import os
import pathlib
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.class_folders import Files, cached_folder
from recipes.sources.grouping import Grouping
from zoo.errors import InputError
from zoo.kinds import Kind

FORMATS = ("PNG", "JPEG", "BMP", "GIF")
LARGEST = 96  # pixels a side, unless the user asks for more: the CNN's scale


@dataclasses.dataclass(frozen=True)
class Header:
    """What the header of an image file says."""

    height: int
    width: int
    channels: int


def load_image_folder(
    path: pathlib.Path,
    *,
    image_size: tuple[int, int] | None,
    grouping: Grouping,
    skip_corrupt: bool,
    cache_dir: str | None,
) -> Dataset:
    """Reads `path/CLASS/*` or `path/{train,test,validation}/CLASS/*`."""
    how: dict[str, Any] = {"grouping": grouping, "skip_corrupt": skip_corrupt}
    return cached_folder(
        functools.partial(_read, path, image_size, **how),
        path,
        Kind.IMAGES,
        cache_dir=cache_dir,
        image_size=image_size,
        **how,
    )


def _read(path, image_size, grouping, skip_corrupt) -> Dataset:
    files = Files(path, Kind.IMAGES, skip_corrupt)
    parts = [*files.parts]
    headers = [header for part in parts for _, header in files.read(part, _header)]
    *shape, notes = _common_shape(headers, image_size)
    decoder = _decoder(*shape)
    xs = {}
    for part in parts:
        images = np.empty((len(files.parts[part]), *shape), "uint8")
        number = 0
        for number, (_, image) in enumerate(files.read(part, decoder), 1):
            images[number - 1] = image
        xs[part] = images[:number]
    return files.dataset(xs, grouping, notes)


def _header(path: pathlib.Path) -> Header:
    from PIL import Image

    try:
        with Image.open(path) as image:
            form, mode, (width, height) = image.format, image.mode, image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unreadable(path) from error
    if form not in FORMATS:
        raise InputError(
            f"{path} is a {form} image; convert it to PNG or JPEG, or skip such files "
            "with --skip-corrupt."
        )
    grey = mode in ("1", "L", "LA", "I", "I;16", "F")
    return Header(height, width, 1 if grey else 3)


def _unreadable(path: pathlib.Path) -> InputError:
    return InputError(
        f"{path} is not an image, or is damaged; remove it, or skip such files with "
        "--skip-corrupt."
    )


def _common_shape(headers, image_size):
    """Height, width and channels that all images get, and what that changes."""
    if not headers:
        raise InputError("None of the files is a readable image.")
    notes = []
    sizes = collections.Counter((header.height, header.width) for header in headers)
    height = round(statistics.median(header.height for header in headers))
    width = round(statistics.median(header.width for header in headers))
    shrink = LARGEST / max(height, width)
    if image_size is not None:
        height, width = image_size
    elif shrink < 1:
        height, width = max(1, round(height * shrink)), max(1, round(width * shrink))
    if set(sizes) != {(height, width)}:
        found = f"{len(sizes)} sizes"
        if len(sizes) == 1:
            found = "{}×{}".format(*next(iter(sizes)))
        notes.append(
            f"images of {found} were resized to {height}×{width} "
            "(--image-size chooses another)"
        )
    channels = {header.channels for header in headers}
    if len(channels) == 2:
        notes.append("grey and colour images are mixed: all were converted to colour")
    return height, width, max(channels), notes


def _decoder(height: int, width: int, channels: int) -> Callable:
    """A function from a path to pixels, for use in several threads."""
    import tensorflow as tf

    from zoo.images import decode

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def pixels(path):
        return decode(tf.io.read_file(path), height, width, channels)

    # Traced before the threads start: each would trace it again. Bytes, since names
    # of files need not be UTF-8.
    traced = pixels.get_concrete_function()

    def read(path: pathlib.Path) -> np.ndarray:
        try:
            return traced(tf.constant(os.fsencode(path))).numpy()
        except tf.errors.OpError as error:
            raise _unreadable(path) from error

    return read
