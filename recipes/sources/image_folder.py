"""Data sets from folders of images, one folder per class."""

import collections
import concurrent.futures
import dataclasses
import pathlib
import statistics

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from recipes.sources.class_folders import class_files, part_folders, tell_skipped
from recipes.sources.grouping import Grouping
from zoo.errors import InputError
from zoo.kinds import Kind

FORMATS = ("PNG", "JPEG", "BMP", "GIF")
LARGEST = 96  # pixels a side, unless the user asks for more: the CNN's scale


@dataclasses.dataclass(frozen=True)
class ImageFile:
    """One readable image file.

    Attributes:
        path: The file.
        label: Name of its class, the folder it is in.
        height: In pixels, as its header says.
        width: In pixels.
        channels: 1 for grey, 3 for colour.
    """

    path: pathlib.Path
    label: str
    height: int
    width: int
    channels: int


def load_image_folder(
    path: pathlib.Path,
    image_size: tuple[int, int] | None,
    grouping: Grouping,
    skip_corrupt: bool,
) -> Dataset:
    """Reads `path/CLASS/*` or `path/{train,test,validation}/CLASS/*`.

    Raises:
        InputError: If there are no two classes of images, or a file is no image
            and `skip_corrupt` is false; the file is named.
    """
    folders = part_folders(path)
    skipped = [] if skip_corrupt else None
    files = {
        part: _image_files(folder, skipped, part) for part, folder in folders.items()
    }
    height, width, channels, notes = _common_shape(
        [file for part in files.values() for file in part], image_size
    )
    arrays = {}
    for part, part_files in files.items():
        images, kept = _decoded(part_files, height, width, channels, skipped)
        arrays[f"x_{part}"] = images
        arrays[f"y_{part}"] = np.array([file.label for file in kept])
        if part == "train":
            groups = grouping.of_files([file.path for file in kept])
    return from_arrays(
        **arrays,
        groups=groups,
        test_groups=grouping.test,
        name=path.resolve().name,
        notes=(*notes, *tell_skipped(skipped or [])),
    )


def _image_files(folder, skipped, part) -> list[ImageFile]:
    """The image files of one part, by class and name; unreadable ones are noted."""
    paths = class_files(folder, part, Kind.IMAGES)
    files = []
    for path in track(paths, "reading image headers", len(paths)):
        try:
            files.append(_header(path))
        except InputError:
            if skipped is None:
                raise
            skipped.append(path)
    return files


def _header(path: pathlib.Path) -> ImageFile:
    from PIL import Image

    try:
        with Image.open(path) as image:
            form, mode, (width, height) = image.format, image.mode, image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unreadable(path) from error
    if form not in FORMATS:
        raise InputError(
            f"{path} is a {form} image; convert it to PNG or JPEG, or go on without "
            "such files with --skip-corrupt."
        )
    grey = mode in ("1", "L", "LA", "I", "I;16", "F")
    return ImageFile(path, path.parent.name, height, width, 1 if grey else 3)


def _unreadable(path: pathlib.Path) -> InputError:
    return InputError(
        f"{path} is no image, or is damaged; remove it, or go on without such files "
        "with --skip-corrupt."
    )


def _common_shape(files, image_size):
    """Height, width and channels that all images get, and what that changes."""
    if not files:
        raise InputError("None of the files is a readable image.")
    notes = []
    sizes = collections.Counter((file.height, file.width) for file in files)
    height = round(statistics.median(file.height for file in files))
    width = round(statistics.median(file.width for file in files))
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
    channels = {file.channels for file in files}
    if len(channels) == 2:
        notes.append("grey and colour images are mixed: all were made colour")
    return height, width, max(channels), notes


def _decoded(files, height, width, channels, skipped):
    """Pixels `(n, height, width, channels)` and the files they are of."""
    import tensorflow as tf

    from zoo.images import decode

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def pixels(path):
        return decode(tf.io.read_file(path), height, width, channels)

    def read(file):
        try:
            return pixels(str(file.path)).numpy()
        except (tf.errors.InvalidArgumentError, tf.errors.OpError):
            return None

    images = np.empty((len(files), height, width, channels), "uint8")
    kept = []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = zip(files, pool.map(read, files), strict=True)
        for file, image in track(results, "reading images", len(files)):
            if image is None:
                if skipped is None:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise _unreadable(file.path)
                skipped.append(file.path)
            else:
                images[len(kept)] = image
                kept.append(file)
    return images[: len(kept)], kept
