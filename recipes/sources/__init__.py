"""Data sources: one function from a name or a path to a `Dataset`."""

import difflib
import numbers
import os
import pathlib

from recipes.dataset import Dataset
from recipes.sources.arrays import from_arrays
from zoo.errors import InputError

__all__ = ["from_arrays", "load"]

EMBEDDED = ("digits",)


def load(
    source: str | os.PathLike = "digits",
    *,
    data_dir: str | os.PathLike | None = None,
    download: bool = True,
    label_column: str = "label",
    image_size: tuple[int, int] | None = None,
    skip_corrupt: bool = False,
) -> Dataset:
    """Reads a data set into memory: training, validation and test parts.

    A part that the source lacks is split off with a fixed seed, stratified: a
    fifth of everything for testing, a tenth of the rest for validation.

    Args:
        source: `"digits"` (1,797 images that scikit-learn ships); the name of an
            image classification of TensorFlow Datasets; a folder of images with
            one folder per class, with or without `train` and `test` folders; an
            `.npz` file; or a `.csv` table. A path that exists comes before a name.
        data_dir: Where TensorFlow Datasets keeps its data.
        download: Whether TensorFlow Datasets may download.
        label_column: Column of a table that holds the class.
        image_size: `(height, width)` to resize images to. Default: their own size
            where they agree, else the median, and at most 96 pixels a side.
        skip_corrupt: Go on without image files that cannot be read; they are
            counted in the notes.

    Returns:
        The `Dataset`.

    Raises:
        InputError: If the source cannot be found or used.

    >>> print(load("digits").describe())
    digits: 8×8 images, grey, 10 classes; 1,293 train, 144 validation, 360 test
    """
    path = pathlib.Path(source)
    _check_image_size(image_size)
    if path.is_dir():
        from recipes.sources.image_folder import load_image_folder

        return load_image_folder(path, image_size, skip_corrupt)
    if path.suffix.lower() == ".npz":
        from recipes.sources.arrays import load_npz

        return load_npz(_existing(path))
    if path.suffix.lower() == ".csv":
        from recipes.sources.table import load_csv

        return load_csv(_existing(path), label_column)
    if path.exists():
        raise InputError(
            f"{path} is neither a folder of images, nor an .npz file, nor a .csv table."
        )
    if str(source) == "digits":
        from recipes.sources.embedded import load_digits

        return load_digits()
    from recipes.sources import tfds_images

    known = tfds_images.names()
    if str(source).partition("/")[0].partition(":")[0] in known:
        return tfds_images.load_tfds(str(source), data_dir, download, image_size)
    near = difflib.get_close_matches(str(source), [*EMBEDDED, *known])
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else (
            "give digits, a name of TensorFlow Datasets, a folder of images, an .npz "
            "file or a .csv table."
        )
    )
    raise InputError(f"There is no data set, folder or file {str(source)!r}; {hint}")


def _check_image_size(size):
    is_pair = isinstance(size, tuple | list) and len(size) == 2
    if size is not None and not (
        is_pair and all(isinstance(n, numbers.Integral) and n >= 1 for n in size)
    ):
        raise InputError(
            f"`image_size` must be (height, width), two positive integers, got "
            f"{size!r}."
        )


def _existing(path: pathlib.Path) -> pathlib.Path:
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    return path
