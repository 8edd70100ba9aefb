"""Checkpoints on disk: written as a whole, with checksums; the newest few are kept."""

import dataclasses
import json
import pathlib
import re
import shutil
import warnings
from typing import Any

import numpy as np

from recipes.sources.arrays.array_files import read_npz
from zoo.atomic_writes import atomic_write
from zoo.digest import sha256
from zoo.json_files import read_json

ARRAYS = "arrays.npz"
FACTS = "facts.json"
SUMS = "SHA256SUMS"  # as `sha256sum --check` reads it
PREFIX = "step-"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The state of a run after a step.

    Attributes:
        step: Steps done since the beginning of the run.
        arrays: The values of all variables.
        facts: Everything else, as JSON can hold it.
    """

    step: int
    arrays: dict[str, np.ndarray]
    facts: dict

    @property
    def last_batch(self) -> int:
        """Index of the last batch that was used for training."""
        return max(self.step - 1, 0)


class Checkpoints:
    """The checkpoints of one run.

    Each is a folder `step-0000001234` with three files. It appears as a whole, once
    all of it is on the disk: a power cut or a `kill -9` at any moment leaves the
    earlier ones as they are.

    Args:
        folder: Their folder; made with the first checkpoint.
        keep: Number of checkpoints to keep, the newest ones.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = Checkpoints(pathlib.Path(folder))
    ...     checkpoints.write(Checkpoint(7, {"weights": np.ones(2)}, {"epoch": 1}))
    ...     print(checkpoints.newest())
    Checkpoint(step=7, arrays={'weights': array([1., 1.])}, facts={'epoch': 1})
    """

    def __init__(self, folder: pathlib.Path, keep: int = 3) -> None:
        self.folder = folder
        self._keep = keep

    def write(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint, then removes the oldest ones."""
        self.folder.mkdir(exist_ok=True)
        # One with this step exists if it was damaged and the run resumed before it.
        with atomic_write(self._path(checkpoint.step)) as draft:
            draft.mkdir()
            arrays: dict[str, Any] = checkpoint.arrays
            np.savez(draft / ARRAYS, **arrays)
            facts = json.dumps({"step": checkpoint.step, **checkpoint.facts})
            (draft / FACTS).write_text(facts + "\n", encoding="utf-8")
            sums = [f"{sha256(draft / name)}  {name}\n" for name in (ARRAYS, FACTS)]
            (draft / SUMS).write_text("".join(sums), encoding="utf-8")
        for old in self._folders()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)

    def steps(self) -> list[int]:
        """Steps that have checkpoints, including damaged ones."""
        return [int(path.name.removeprefix(PREFIX)) for path in self._folders()]

    def newest(self) -> Checkpoint | None:
        """The newest undamaged checkpoint, or `None`; warns of each damaged one."""
        for folder in reversed(self._folders()):
            try:
                return _read(folder)
            except (OSError, ValueError, KeyError) as error:
                warnings.warn(
                    f"The checkpoint {folder} is damaged ({error}); using the one "
                    "before it.",
                    stacklevel=2,
                )
        return None

    def discard(self, step: int) -> None:
        """Removes the checkpoint of a step."""
        shutil.rmtree(self._path(step), ignore_errors=True)

    def remove(self) -> None:
        """Removes all checkpoints, and their folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> pathlib.Path:
        return self.folder / f"{PREFIX}{step:010d}"

    def _folders(self) -> list[pathlib.Path]:
        """Oldest first; other files beside them are passed over."""
        return sorted(
            path
            for path in self.folder.glob(f"{PREFIX}*")
            if re.fullmatch("[0-9]{10}", path.name.removeprefix(PREFIX))
            and path.is_dir()
        )


def _read(folder: pathlib.Path) -> Checkpoint:
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    sums = {
        name: checksum for checksum, name in (line.split("  ", 1) for line in lines)
    }
    for name in (ARRAYS, FACTS):
        if sums[name] != sha256(folder / name):
            raise ValueError(f"the checksum of {name} is wrong")
    facts = read_json(folder / FACTS, finite=False)
    if type(facts.get("step")) is not int:
        raise ValueError(f"{FACTS} does not hold the step")
    return Checkpoint(facts.pop("step"), read_npz(folder / ARRAYS), facts)
