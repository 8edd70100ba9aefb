"""Data sets from folders of images, one folder per class."""

import collections
import concurrent.futures
import dataclasses
import pathlib
import statistics

import numpy as np

from recipes.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from zoo.errors import InputError

PARTS = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "val": "validation",
}
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
    path: pathlib.Path, image_size: tuple[int, int] | None, skip_corrupt: bool
) -> Dataset:
    """Reads `path/CLASS/*` or `path/{train,test,validation}/CLASS/*`.

    Raises:
        InputError: If there are no two classes of images, or a file is no image
            and `skip_corrupt` is false; the file is named.
    """
    folders = _part_folders(path)
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
    if skipped:
        first = ", ".join(map(str, skipped[:3]))
        notes.append(f"{len(skipped)} unreadable files were skipped, {first} first")
    return from_arrays(**arrays, name=path.resolve().name, notes=tuple(notes))


def _part_folders(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The folders that hold class folders, by the part they are for."""
    inside = _subfolders(path)
    known = [f for f in inside if f.name.lower() in PARTS]
    parts = {PARTS[f.name.lower()]: f for f in known}
    if "train" not in parts:
        return {"train": path}
    if len(parts) < len(known):
        raise InputError(
            f"{path} has two folders for one part: "
            f"{', '.join(f.name for f in known)}; keep one of each."
        )
    strangers = [f.name for f in inside if f.name.lower() not in PARTS]
    if strangers:
        raise InputError(
            f"{path} has train folders beside {strangers[0]!r}; give either one "
            "folder per class, or train and test folders with one folder per class "
            "inside."
        )
    return parts


def _image_files(folder, skipped, part) -> list[ImageFile]:
    """The image files of one part, by class and name; unreadable ones are noted."""
    classes = _subfolders(folder)
    if not classes:
        raise InputError(
            f"{folder} has no class folders; put the images of each class into a "
            "folder of its own, named after the class."
        )
    if len(classes) == 1 and part == "train":
        raise InputError(
            f"{folder} has one class only, {classes[0].name!r}; classification needs "
            "at least two."
        )
    paths = []
    for class_folder in classes:
        inside = [p for p in sorted(class_folder.iterdir()) if p.is_file()]
        inside = [p for p in inside if not p.name.startswith(".")]
        if not inside:
            raise InputError(f"The class folder {class_folder} holds no images.")
        paths += inside
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


def _subfolders(path: pathlib.Path) -> list[pathlib.Path]:
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    return [p for p in inside if p.is_dir() and not p.name.startswith(".")]
