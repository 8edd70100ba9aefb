"""Data sets from folders of text files, one folder per class."""

import pathlib

from recipes.data.dataset import Dataset
from recipes.sources.files.class_folders import Files
from recipes.sources.parts.division import Division
from recipes.sources.texts.text import read_text
from zoo.errors import InputError
from zoo.kinds import Kind


def load_text_folder(
    path: pathlib.Path, *, division: Division, skip_corrupt: bool
) -> Dataset:
    """Reads `path/CLASS/*.txt` or `path/{train,test,validation}/CLASS/*.txt`.

    Each file is one text.
    """
    files = Files(path, Kind.TEXT, skip_corrupt, division.split)
    xs = {part: [x for _, x in files.read(part, _text)] for part in [*files.parts]}
    return files.dataset(xs, division, [])


def _text(path):
    if path.suffix.lower() != ".txt":
        raise InputError(f"{path} is not a .txt file, as others there are; remove it.")
    return read_text(path)
