"""Data sets from folders of text files, one folder per class."""

import pathlib

import numpy as np

from recipes.data.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from recipes.sources.class_folders import class_files, part_folders, tell_skipped
from recipes.sources.grouping import Grouping
from recipes.sources.text import read_text
from zoo.errors import InputError
from zoo.kinds import Kind


def load_text_folder(
    path: pathlib.Path, grouping: Grouping, skip_corrupt: bool
) -> Dataset:
    """Reads `path/CLASS/*.txt` or `path/{train,test,validation}/CLASS/*.txt`.

    Each file is one text.

    Raises:
        InputError: If there are no two classes of texts, or a file is no text and
            `skip_corrupt` is false; the file is named.
    """
    arrays, groups, skipped = {}, None, []
    for part, folder in part_folders(path).items():
        files = class_files(folder, part, Kind.TEXT)
        texts, kept = [], []
        for file in track(files, "reading texts", len(files)):
            try:
                texts.append(_text(file))
            except InputError:
                if not skip_corrupt:
                    raise
                skipped.append(file)
            else:
                kept.append(file)
        arrays[f"x_{part}"] = texts
        arrays[f"y_{part}"] = np.array([file.parent.name for file in kept])
        if part == "train":
            groups = grouping.of_files(kept)
    return from_arrays(
        **arrays,
        groups=groups,
        test_groups=grouping.test,
        name=path.resolve().name,
        notes=tell_skipped(skipped),
    )


def _text(path):
    if path.suffix.lower() != ".txt":
        raise InputError(
            f"{path} is no .txt file, as others there are; remove it, or go on without "
            "such files with --skip-corrupt."
        )
    return read_text(path)
