"""Data sources: one function from a name or a path to a `Dataset`."""

import dataclasses
import difflib
import functools
import numbers
import os
import pathlib

from recipes.data.dataset import Dataset
from recipes.sources.arrays import from_arrays
from recipes.sources.grouping import Grouping
from recipes.sources.resizing import resized
from recipes.sources.tfrecords import holds_records, load_tfrecords
from zoo.columns import Columns
from zoo.errors import InputError
from zoo.kinds import Kind

__all__ = ["from_arrays", "load"]

MADE = ("xor", "two_moons", "spirals")
EMBEDDED = ("digits", *MADE)


def _completed(load):
    """Has images in the size asked for, where their source does not resize them.

    And has the data set remember how it was loaded, from whatever folder.
    """

    @functools.wraps(load)
    def completed(source="digits", **arguments):
        dataset = resized(load(source, **arguments), arguments.get("image_size"))
        origin = {"source": str(source), **arguments}
        if origin.get("cache_dir"):
            origin["cache_dir"] = str(origin["cache_dir"])
        for name in ("source", "data_dir"):
            path = pathlib.Path(origin.get(name) or "")
            if origin.get(name) and path.exists():
                origin[name] = str(path.absolute())
        return dataclasses.replace(dataset, origin=origin)

    return completed


@_completed
def load(
    source: str | os.PathLike = "digits",
    *,
    data_dir: str | os.PathLike | None = None,
    download: bool = True,
    label_column: str = "label",
    text_column: str | None = None,
    categorical_columns: tuple[str, ...] = (),
    columns: list[dict] | None = None,
    image_size: tuple[int, int] | None = None,
    sample_rate: int | None = None,
    clip_seconds: float | None = None,
    sequences: bool = False,
    group: str | None = None,
    test_groups: tuple[str, ...] = (),
    skip_corrupt: bool = False,
    cache_dir: str | os.PathLike | None = None,
    num_examples: int | None = None,
    noise: float | None = None,
    data_seed: int = 0,
) -> Dataset:
    """Reads a data set, or maps its files: training, validation and test parts.

    A part that the source lacks is split off with a fixed seed, stratified: a
    fifth of everything for testing, a tenth of the rest for validation.

    Args:
        source: `"digits"` (1,797 images that scikit-learn ships); `"xor"`,
            `"two_moons"` or `"spirals"`, which are made; the name of a
            classification of images, texts, sounds, sequences or rows of TensorFlow
            Datasets; a
            folder with one folder per class of images, of `.txt` or of `.wav`
            files, with or without `train` and `test` folders; a folder of
            `x_train.npy`, `y_train.npy` and their like; TFRecord files; an `.npz`
            file; or a `.csv` table. A path that exists comes before a name.
        data_dir: Where TensorFlow Datasets keeps its data.
        download: Whether TensorFlow Datasets may download.
        label_column: Column of a table, or feature, that holds the class.
        text_column: Column of a table, or feature, to learn from as text. Default:
            the only one beside the label, if it holds words.
        categorical_columns: Columns of a table whose values are names of categories
            although they look like numbers, such as postal codes. Columns of words are
            categories anyway.
        columns: What a model knows of a table's columns, as its
            `columns.get_config()` gives it, so that the rows are those it reads.
            Default: learnt from the training part.
        image_size: `(height, width)` to resize images to. Default: their own size
            where they agree, else the median, and at most 96 pixels a side.
        sample_rate: Samples in a second to resample sounds to. Default: the rate of
            most of them.
        clip_seconds: Length that sounds get, cut or with zeros at the end. Default:
            what leaves 99 % of the training sounds whole.
        sequences: Whether an `.npz` file or a folder of `.npy` files holds sequences
            `(n, time, features)`, which could be images otherwise. With arrays of
            their lengths they are taken for sequences anyway.
        group: What says which examples stay in one part, so that whole speakers or
            patients are held out: the name of a column, a feature or an array; or
            a regular expression with one pair of parentheses around the group in a
            file's name, such as `"_(.+)_"`.
        test_groups: The groups that make the test part. Default: chosen, as many as
            make a fifth of the examples.
        skip_corrupt: Go on without files that cannot be read; they are counted in
            the notes.
        cache_dir: Folder that keeps decoded examples of folders of images and sounds,
            and of TFRecords, if they are more than 64 MB; `"none"` to keep nothing.
            Default: the environment's `ZOO_CACHE`, else the system's place for such.
        num_examples: Of made data, how many examples. Default: 1,000.
        noise: Of made data, the standard deviation of their noise. Default: by the
            problem.
        data_seed: Of made data, what draws them; the run's seed is another.

    Returns:
        The `Dataset`.

    Raises:
        InputError: If the source cannot be found or used.

    >>> print(load("digits").describe())
    digits: 8×8 images, grey, 10 classes; 1,293 train, 144 validation, 360 test
    """
    path = pathlib.Path(source)
    _check_image_size(image_size)
    grouping = Grouping(group, tuple(test_groups))
    made = str(source) in MADE and not path.exists()
    if not made and (num_examples, noise, data_seed) != (None, None, 0):
        raise InputError(
            "`num_examples`, `noise` and `data_seed` are for made data: "
            f"{', '.join(MADE)}; {str(source)!r} is none."
        )
    if sequences and not (path.is_dir() or path.suffix.lower() == ".npz"):
        raise InputError("`sequences` is for an .npz file or a folder of .npy files.")
    if path.is_dir() or (path.is_file() and holds_records(path)):
        return _load_folder(
            path,
            label_column,
            image_size,
            sample_rate,
            clip_seconds,
            sequences,
            grouping,
            skip_corrupt,
            cache_dir,
        )
    if path.suffix.lower() == ".npz":
        from recipes.sources.arrays import load_npz

        return load_npz(
            _existing(path), sample_rate, clip_seconds, grouping, sequences or None
        )
    if path.suffix.lower() == ".csv":
        from recipes.sources.table import load_csv

        known = None if columns is None else Columns.from_config(columns)
        return load_csv(
            _existing(path),
            label_column,
            text_column,
            grouping,
            tuple(categorical_columns),
            known,
        )
    if path.exists():
        raise InputError(
            f"{path} is neither a folder of images, texts or sounds, nor an .npz file, "
            "nor a .csv table."
        )
    if str(source) == "digits":
        from recipes.sources.embedded import load_digits

        grouping.refuse_for("digits")
        return load_digits()
    if made:
        from recipes.sources.synthetic import load_synthetic

        grouping.refuse_for(str(source))
        return load_synthetic(str(source), num_examples, noise, data_seed)
    from recipes.sources import tfds

    known = tfds.names()
    if str(source).partition("/")[0].partition(":")[0] in known:
        return tfds.load_tfds(
            str(source),
            data_dir,
            download,
            grouping,
            label_column,
            image_size=image_size,
            text_column=text_column,
            sample_rate=sample_rate,
            clip_seconds=clip_seconds,
        )
    near = difflib.get_close_matches(str(source), [*EMBEDDED, *known])
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else (
            f"give {', '.join(EMBEDDED)}, a name of TensorFlow Datasets, a folder of "
            "images, texts or sounds, an .npz file or a .csv table."
        )
    )
    raise InputError(f"There is no data set, folder or file {str(source)!r}; {hint}")


def _load_folder(
    path,
    label_column,
    image_size,
    sample_rate,
    clip_seconds,
    sequences,
    grouping,
    skip_corrupt,
    cache_dir,
):
    from recipes.sources.class_folders import kind_of
    from recipes.sources.mapped import is_npy_folder, load_npy_folder

    if holds_records(path):
        if sequences:
            raise InputError(
                "`sequences` is for an .npz file or a folder of .npy files; of "
                'TFRecords, tfrecords.json says {"kind": "sequences"}.'
            )
        return load_tfrecords(
            path,
            label_column,
            image_size,
            sample_rate,
            clip_seconds,
            grouping,
            cache_dir,
        )
    if is_npy_folder(path):
        return load_npy_folder(path, grouping, sequences)
    if sequences:
        raise InputError(
            f"`sequences` is for an .npz file or a folder of .npy files; {path} has no "
            "x_train.npy."
        )
    kind = kind_of(path)
    if kind == Kind.TEXT:
        from recipes.sources.text_folder import load_text_folder

        return load_text_folder(path, grouping, skip_corrupt)
    from recipes.sources.cache import cached

    def decoded(room):
        if kind == Kind.AUDIO:
            from recipes.sources.audio_folder import load_audio_folder

            return load_audio_folder(
                path, sample_rate, clip_seconds, grouping, skip_corrupt
            )
        from recipes.sources.image_folder import load_image_folder

        return load_image_folder(path, image_size, grouping, skip_corrupt)

    settings = {
        "kind": kind.input_name,  # So that caches of version 0.1.0 are found.
        "image_size": image_size,
        "sample_rate": sample_rate,
        "clip_seconds": clip_seconds,
        "group": [grouping.by, *grouping.test],
        "skip_corrupt": skip_corrupt,
    }
    files = [file for file in path.rglob("*") if file.is_file()]
    return cached(decoded, files, settings, cache_dir)


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
