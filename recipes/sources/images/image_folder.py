"""Data sets from folders of images, one folder per class."""

import collections
import dataclasses
import functools
import pathlib
import statistics
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from recipes.data.dataset import Dataset
from recipes.sources.files.class_folders import Files, cached_folder
from recipes.sources.images.image_files import (
    FULL_DEPTH,
    File,
    Header,
    bit_depth_of,
    encoded_image,
    notes_on_changes,
    read_header,
    unreadable,
)
from recipes.sources.parts.division import Division
from zoo.errors import InputError
from zoo.kinds import Kind

LARGEST = 96  # pixels a side, unless the user asks for more: the CNN's scale
DECODING = 3  # Cached images that were decoded in another way are not used.


def load_image_folder(
    path: pathlib.Path,
    *,
    image_size: tuple[int, int] | None,
    decode: str | None,
    division: Division,
    skip_corrupt: bool,
    cache_dir: str | None,
    bit_depth: int | None = None,
) -> Dataset:
    """Reads `path/CLASS/*` or `path/{train,test,validation}/CLASS/*`."""
    from recipes.sources.images.encoded_folder import decode_in_batches, read_encoded

    files = Files(path, Kind.IMAGES, skip_corrupt, division.split)
    if decode == "batch" or (decode is None and decode_in_batches(files, image_size)):
        return read_encoded(files, image_size, division, bit_depth, cache_dir)
    return cached_folder(
        functools.partial(_read, files, image_size, division, bit_depth),
        files,
        division=division,
        cache_dir=cache_dir,
        image_size=image_size,
        decoding=[DECODING, bit_depth],
    )


def _read(files, image_size, division, bit_depth) -> Dataset:
    parts = [*files.parts]
    headers = {
        path: header for part in parts for path, header in files.read(part, read_header)
    }
    height, width, channels, notes = shape_of(headers.values(), image_size)
    notes += notes_on_changes(headers.values(), bit_depth)
    bit_depth = bit_depth or bit_depth_of(h.largest for h in headers.values())
    decoder = decoder_of(headers, height, width, channels, bit_depth)
    xs = {}
    for part in parts:
        images = np.empty((len(files.parts[part]), height, width, channels), "uint8")
        number = 0
        for number, (_, image) in enumerate(files.read(part, decoder), 1):
            images[number - 1] = image
        xs[part] = images[:number]
    dataset = files.dataset(xs, division, notes)
    return dataclasses.replace(dataset, bit_depth=bit_depth)


def shape_of(
    headers: Iterable[Header], image_size: tuple[int, int] | None
) -> tuple[int, int, int, list[str]]:
    """Height, width and channels that all images get, and what that changes."""
    headers = [*headers]
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


def decoder_of(
    headers: Mapping[File, Header],
    height: int,
    width: int,
    channels: int,
    bit_depth: int = FULL_DEPTH,
) -> Callable:
    """A function from a file to pixels, for use in several threads."""
    import tensorflow as tf

    from zoo.images import decode

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def pixels(encoded):
        return decode(encoded, height, width, channels, bit_depth)

    traced = pixels.get_concrete_function()  # or each thread would trace it again

    def read(file: File) -> np.ndarray:
        content = encoded_image(file, headers[file], channels)
        try:
            return traced(tf.constant(content)).numpy()
        except tf.errors.OpError as error:
            raise unreadable(file) from error

    return read
