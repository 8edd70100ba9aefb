"""Model references: how a user names a model, and the path where it then lies.

| reference | meaning |
| --- | --- |
| `cnn_digits` | a preset of `zoo.list_presets()` |
| `runs/mine`, `a.keras` | a run, the folder of a preset, a SavedModel, a file |
| `https://host/mine.keras` | a file elsewhere: `.keras`, or the `.zip` of a folder |
| `hf://user/name@revision` | a repository of the Hugging Face hub |

This module imports neither Keras nor NumPy.
"""

import os
import pathlib

from custom.arguments import path as checked_path
from zoo.errors import InputError, checked
from zoo.names import nearest
from zoo.presets.downloads import Track, downloaded, untracked
from zoo.presets.hub import SCHEME as HUB, snapshot
from zoo.presets.index import SHIPPED, rows

SCHEMES = ("https://", "http://")
EXPECTED = (
    "give a preset (of `zoo list --presets`, or its folder), a run folder (with "
    "config.json and model.keras), a .keras file, a SavedModel (a folder with "
    "saved_model.pb, or the folder of its versions), the https:// address of a .keras "
    "or .zip file, or hf://user/name"
)


def check_reference(name: str, reference: str | os.PathLike) -> str | os.PathLike:
    """Refuses what cannot be a reference, without looking it up.

    Args:
        name: The argument, for the error.
        reference: What the user gave.

    Raises:
        ValueError: If it is empty, or a path that no system can look up.
    """
    if not _is_elsewhere(reference):
        checked_path(name, reference)
    return reference


def located(
    reference: str | os.PathLike, track: Track = untracked, *, name: str = "model"
) -> pathlib.Path:
    """The path of a model that a user named; downloads it if it lies elsewhere.

    Downloads are kept in the cache folder. A file or folder that exists comes before a
    preset of the same name.

    Args:
        reference: The name of a shipped preset, a path, an address, or `hf://`.
        track: Shows the progress of a download, as `recipes.progress.track` does.
        name: The argument, for errors.

    Raises:
        InputError: If there is nothing, or it cannot be downloaded.

    >>> located("cnn_digits").name
    'cnn_digits'
    >>> located("cnn_digit")
    Traceback (most recent call last):
    zoo.errors.InputError: There is no model cnn_digit; did you mean 'cnn_digits'?
    """
    checked(check_reference, name, reference)
    if _is_elsewhere(reference):
        address = str(reference)
        if address.startswith(HUB):
            return snapshot(address)
        return downloaded(address, track)
    path = pathlib.Path(reference)
    if path.exists():
        return path
    if str(path) in rows():
        return SHIPPED / path
    is_name = path.name == str(path) and not path.suffix
    names = rows() if is_name else {}
    hint = nearest(str(path), names, otherwise=f"{EXPECTED}.")
    raise InputError(f"There is no model {path}; {hint}")


def _is_elsewhere(reference: str | os.PathLike) -> bool:
    return isinstance(reference, str) and reference.startswith((*SCHEMES, HUB))
