"""Checkpoints on disk: written aside, renamed, checksummed, the last few kept."""

import dataclasses
import hashlib
import json
import pathlib
import shutil
import warnings

import numpy as np

from zoo.atomic_writes import atomic_write

ARRAYS = "arrays.npz"
FACTS = "facts.json"
SUMS = "SHA256SUMS"  # as `sha256sum --check` reads it
PREFIX = "step-"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The state of a run after a step.

    Attributes:
        step: Steps done since the beginning of the run.
        arrays: Everything that is numbers.
        facts: Everything else, as JSON keeps it.
    """

    step: int
    arrays: dict[str, np.ndarray]
    facts: dict

    @property
    def last_batch(self) -> int:
        """Number, from 0, of the last batch that was learnt from."""
        return max(self.step - 1, 0)


class Checkpoints:
    """The checkpoints of one run.

    Each is a folder `step-0000001234` with three files. It appears as a whole, once
    all of it is on the disk: a power cut or a `kill -9` at any moment leaves the
    earlier ones as they are.

    Args:
        folder: Where they are; made with the first one.
        keep: How many of the newest stay.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = Checkpoints(pathlib.Path(folder))
    ...     checkpoints.write(Checkpoint(7, {"weights": np.ones(2)}, {"epoch": 1}))
    ...     print(checkpoints.newest())
    Checkpoint(step=7, arrays={'weights': array([1., 1.])}, facts={'epoch': 1})
    """

    def __init__(self, folder: pathlib.Path, keep: int = 3):
        self.folder = folder
        self._keep = keep

    def write(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint, then removes the oldest ones.

        Raises:
            OSError: If the disk is full or not writable; those before stay.
        """
        self.folder.mkdir(exist_ok=True)
        # One with this step exists if it was damaged and the run resumed before it.
        with atomic_write(self._path(checkpoint.step)) as draft:
            draft.mkdir()
            np.savez(draft / ARRAYS, **checkpoint.arrays)
            facts = json.dumps({"step": checkpoint.step, **checkpoint.facts})
            (draft / FACTS).write_text(facts + "\n", encoding="utf-8")
            sums = [f"{_sha256(draft / name)}  {name}\n" for name in (ARRAYS, FACTS)]
            (draft / SUMS).write_text("".join(sums), encoding="utf-8")
        for old in self._folders()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)

    def steps(self) -> list[int]:
        """After which steps there are checkpoints, damaged ones among them."""
        return [int(path.name.removeprefix(PREFIX)) for path in self._folders()]

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; `None` if there is none.

        A damaged one is passed over for the one before, with a warning.
        """
        for folder in reversed(self._folders()):
            try:
                return _read(folder)
            except (OSError, ValueError, KeyError) as error:
                warnings.warn(
                    f"The checkpoint {folder} is damaged ({error}); taking the one "
                    "before it.",
                    stacklevel=2,
                )
        return None

    def discard(self, step: int) -> None:
        """Removes one of them."""
        shutil.rmtree(self._path(step), ignore_errors=True)

    def remove(self) -> None:
        """Removes all of them, and their folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> pathlib.Path:
        return self.folder / f"{PREFIX}{step:010d}"

    def _folders(self) -> list[pathlib.Path]:
        """Oldest first."""
        return sorted(self.folder.glob(f"{PREFIX}*"))


def _read(folder: pathlib.Path) -> Checkpoint:
    sums = dict(
        reversed(line.split("  ", 1))
        for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()
    )
    for name in (ARRAYS, FACTS):
        if sums[name] != _sha256(folder / name):
            raise ValueError(f"{name} does not have the checksum it was written with")
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return Checkpoint(facts.pop("step"), dict(arrays), facts)


def _sha256(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
