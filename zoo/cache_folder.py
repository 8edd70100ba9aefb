"""The folder of what is kept to be used again."""

import os
import pathlib

import platformdirs

from custom.arguments import path
from zoo.errors import InputError, checked


def cache_folder(cache_dir: str | os.PathLike | None = None) -> pathlib.Path | None:
    """The cache folder; `None` if nothing is to be kept.

    Args:
        cache_dir: The folder, or `"none"`. Default: the environment variable
            `ZOO_CACHE`, else the system's folder for caches.

    >>> cache_folder("here/it/is").parts, cache_folder("none")
    (('here', 'it', 'is'), None)
    """
    name, chosen = "cache_dir", cache_dir
    if chosen is None:
        name, chosen = "ZOO_CACHE", os.environ.get("ZOO_CACHE") or None
    if str(chosen) == "none":
        return None
    if chosen is not None:
        try:
            return checked(path, name, chosen).expanduser()
        except RuntimeError as error:
            raise InputError(f"`{name}` is {chosen}: {error}") from error
    return platformdirs.user_cache_path("zoo", appauthor=False, opinion=False)
