"""The files in the folder of a preset, and checks that they are complete."""

import dataclasses
import pathlib
from typing import Any

from zoo.digest import sha256
from zoo.errors import InputError
from zoo.json_files import read_json
from zoo.presets.index import SHIPPED, rows

FORMAT = 1


class PathInside:
    """An attribute that is a path inside the folder `path` of an object."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, folder: Any, owner: type) -> pathlib.Path:
        return folder.path.joinpath(*self._parts)


@dataclasses.dataclass(frozen=True)
class PresetFolder:
    """A preset on disk.

    Attributes:
        path: The folder.
        sha256: SHA-256 that the weights must have, from a source other than the
            folder; `None` to use the folder's own metadata.
    """

    path: pathlib.Path
    sha256: str | None = None

    config = PathInside("config.json")
    weights = PathInside("model.weights.h5")
    metadata = PathInside("metadata.json")
    card = PathInside("card.json")
    examples = PathInside("examples.npz")
    run = PathInside("run.json")

    @classmethod
    def at(cls, path: pathlib.Path) -> "PresetFolder":
        """The preset in a folder; the index has the checksum of a shipped one."""
        row = rows().get(path.name) if path.parent == SHIPPED else None
        return cls(path, sha256=None if row is None else row.sha256)

    @property
    def is_preset(self) -> bool:
        """Whether the folder has weights, as presets have."""
        return self.weights.is_file()

    def read(self, file: pathlib.Path) -> dict:
        """The content of one of the JSON files."""
        self._check_place(file)
        try:
            return read_json(file)
        except InputError as error:
            raise InputError(f"{error} To repair it, {self._remedy}.") from error

    def check_format(self) -> None:
        """Refuses a folder with a format that this version does not read."""
        found = self.read(self.metadata).get("format")
        if found != FORMAT:
            raise InputError(
                f"The preset {self.path} has format {found!r}; this version reads "
                f"format {FORMAT}. Save it again with this version."
            )

    def check_weights(self) -> None:
        """Refuses weights without the recorded SHA-256."""
        self._check_place(self.weights)
        recorded = self.sha256 or self.read(self.metadata).get("sha256")
        found = sha256(self.weights)
        if found != recorded:
            raise self.damaged(
                self.weights, f"its SHA-256 is {found}, but {recorded} was recorded"
            )

    def damaged(self, file: pathlib.Path, reason: str) -> InputError:
        """The error for a file that cannot be used."""
        return InputError(f"{file} is damaged: {reason}. To repair it, {self._remedy}.")

    @property
    def _remedy(self) -> str:
        if self.sha256 is None:
            return "copy the folder again, or save the preset again"
        return "install the package again"

    def _check_place(self, file):
        if not file.is_file():
            raise InputError(
                f"{self.path} is not a complete preset: it lacks {file.name}. Save the "
                "preset with model.save_to_preset."
            )
        folders = [self.path]
        if self.path.parent.name == "snapshots":  # The hub's cache has links to blobs.
            folders.append(self.path.parent.with_name("blobs"))
        found = file.resolve()
        if not any(found.is_relative_to(folder.resolve()) for folder in folders):
            raise InputError(
                f"{file} is a link to a file outside the preset's folder, which is not "
                "followed."
            )
