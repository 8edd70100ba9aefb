"""Images named by a column of a table, such as photos with a number each."""

import concurrent.futures
import pathlib
from collections.abc import Sequence

import numpy as np

from recipes.progress import track
from recipes.sources.image_files import (
    File,
    Header,
    bit_depth_of,
    notes_on_changes,
    read_header,
)
from recipes.sources.image_folder import decoder_of, shape_of
from zoo.errors import InputError

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".mpo", ".gif", ".bmp", ".webp", ".tif", ".tiff"}
    | {".avif", ".jp2", ".ppm", ".pgm"}
)


def name_images(cells: Sequence[str]) -> bool:
    """Whether the words of a column are names of image files.

    >>> name_images(["a.png", "b/c.JPG"]), name_images(["a.png", "a film"])
    (True, False)
    """
    return all(pathlib.PurePath(str(cell)).suffix.lower() in SUFFIXES for cell in cells)


def named_paths(
    folder: pathlib.Path, names: Sequence[str], where: Sequence[str]
) -> list[pathlib.Path]:
    """The image files of these names.

    Args:
        folder: The folder that the names begin in; files outside are refused.
        names: The name of each file.
        where: What a message calls each name, such as its line.

    Raises:
        InputError: If a file is outside or missing.
    """
    root = folder.resolve()
    paths = []
    for name, place in zip(names, where, strict=True):
        path = folder / name
        if not path.resolve().is_relative_to(root):
            raise InputError(
                f"{place}: {name!r} is outside the folder of the table; put the files "
                "beside it or in folders below."
            )
        if not path.is_file():
            raise InputError(f"{place}: there is no file {path}.")
        paths.append(path)
    return paths


def read_named_images(
    folder: pathlib.Path,
    names: Sequence[str],
    where: Sequence[str],
    image_size: tuple[int, int] | None,
    bit_depth: int | None = None,
) -> tuple[np.ndarray, int, list[str]]:
    """The images `(n, height, width, channels)` of these names, bit depth, and notes.

    Args:
        folder: As for `named_paths`.
        names: As for `named_paths`.
        where: As for `named_paths`.
        image_size: Height and width to resize to. Default: as for image folders.
        bit_depth: The bits of 16-bit images that a model reads. Default: found.

    Raises:
        InputError: If a file is outside, missing or not an image.
    """
    paths = named_paths(folder, names, where)
    headers: dict[File, Header] = {p: read_header(p) for p in dict.fromkeys(paths)}
    *shape, notes = shape_of(headers.values(), image_size)
    notes += notes_on_changes(headers.values(), bit_depth)
    bit_depth = bit_depth or bit_depth_of(h.largest for h in headers.values())
    read = decoder_of(headers, *shape, bit_depth=bit_depth)
    images = np.empty((len(paths), *shape), "uint8")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = track(pool.map(read, paths), "reading images", len(paths))
        for number, image in enumerate(results):
            images[number] = image
    return images, bit_depth, notes
