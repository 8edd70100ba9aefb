"""Files that a table names, and images of files, such as photos with a number each."""

import concurrent.futures
import pathlib
from collections.abc import Collection, Sequence

import numpy as np

from recipes.progress import track
from recipes.sources.files.file_listing import files_below, subfolders
from recipes.sources.images.image_files import (
    File,
    Header,
    bit_depth_of,
    notes_on_changes,
    read_header,
)
from recipes.sources.images.image_folder import decoder_of, shape_of
from zoo.errors import InputError

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".mpo", ".gif", ".bmp", ".webp", ".tif", ".tiff"}
    | {".avif", ".heic", ".heif", ".jp2", ".ppm", ".pgm"}
)


def place_of(
    folder: pathlib.Path | None, name: str, suffixes: Collection[str]
) -> tuple[pathlib.Path, str] | None:
    """The folder that a file's name begins in, and the suffix that it lacks.

    Files are looked for in the folder of the table, and in the folders there.

    Args:
        folder: The folder of the table; `None` if the names are paths of their own.
        name: The name of the file, which may lack its suffix.
        suffixes: The suffixes that it may have.

    Returns:
        `None` if there is no such file.
    """
    ends = [""]
    if pathlib.PurePath(name).suffix.lower() not in suffixes:
        ends = [end for each in sorted(suffixes) for end in (each, each.upper())]
    inside = () if folder is None else (folder, *subfolders(folder))
    for place in inside or (pathlib.Path(),):
        for end in ends:
            try:
                if (place / f"{name}{end}").is_file():
                    return place, end
            except (OSError, ValueError):  # The name is too long, or has a null byte.
                return None
    return None


def named_paths(
    folder: pathlib.Path | None,
    names: Sequence[str],
    where: Sequence[str],
    suffixes: Collection[str] = SUFFIXES,
) -> list[pathlib.Path]:
    """The path of each file that a table names.

    Args:
        folder: The folder of the table. Its files, and those in the folders inside,
            are found; files outside are refused. `None` for a table in memory, whose
            names are paths.
        names: The name of each file; all may lack the same suffix.
        where: What a message calls each name, such as its line.
        suffixes: The suffixes that files have.

    Raises:
        InputError: If a file is outside or missing.
    """
    root = (folder or pathlib.Path()).resolve()
    place, end = place_of(folder, names[0], suffixes) or (folder or root, "")
    below: dict[str, list[pathlib.Path]] = {}
    paths = []
    for name, row in zip(names, where, strict=True):
        path = place / f"{name}{end}"
        if folder is not None and not path.resolve().is_relative_to(root):
            raise InputError(
                f"{row}: {name!r} is outside the folder of the table; put the files "
                "beside it or in folders below."
            )
        if folder is not None and not path.is_file():
            if not below:  # In folders of the classes, for example.
                for file in files_below(folder).files:
                    below.setdefault(file.name, []).append(file)
            found = below.get(path.name, [])
            if len(found) != 1:
                more = f"; there are {len(found)} of that name" if found else ""
                raise InputError(f"{row}: there is no file {path}{more}.")
            path = found[0]
        elif not path.is_file():
            raise InputError(f"{row}: there is no file {path}.")
        paths.append(path)
    return paths


def read_images(
    files: Sequence[File],
    image_size: tuple[int, int] | None,
    bit_depth: int | None = None,
) -> tuple[np.ndarray, int, list[str]]:
    """The images `(n, height, width, channels)` of files, bit depth, and notes.

    Args:
        files: The files; one may stand several times.
        image_size: Height and width to resize to. Default: as for image folders.
        bit_depth: The bits of 16-bit images that a model reads. Default: found.

    Raises:
        InputError: If a file is not an image.
    """
    headers: dict[File, Header] = {f: read_header(f) for f in dict.fromkeys(files)}
    height, width, channels, notes = shape_of(headers.values(), image_size)
    notes += notes_on_changes(headers.values(), bit_depth)
    bit_depth = bit_depth or bit_depth_of(h.largest for h in headers.values())
    read = decoder_of(headers, height, width, channels, bit_depth)
    images = np.empty((len(files), height, width, channels), "uint8")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = track(pool.map(read, files), "reading images", len(files))
        for number, image in enumerate(results):
            images[number] = image
    return images, bit_depth, notes
