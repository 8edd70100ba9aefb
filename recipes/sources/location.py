"""What the user gave to be read, before it is known what it holds."""

import functools
import os
from typing import Any

from custom.arguments import path
from zoo.errors import InputError, checked
from zoo.kinds import Kind


class Location:
    """What the user gave to be read: a path, a name, or data in memory."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self.in_memory = not isinstance(given, str | os.PathLike)
        self.name = type(given).__name__ if self.in_memory else str(given)
        self.path = checked(path, "source", "." if self.in_memory else given)
        if "://" in self.name:
            raise InputError(
                f"{given} is an address on the web: download the file, and give its "
                "path."
            )

    def has_suffix(self, *suffixes: str) -> bool:
        return not self.path.is_dir() and self.path.suffix.lower() in suffixes

    @functools.cached_property
    def kind_of_files(self) -> Kind | None:
        """The kind of most files in class folders; `None` if it is not a folder."""
        from recipes.sources.files.class_folders import kind_of

        return kind_of(self.path) if self.path.is_dir() else None
