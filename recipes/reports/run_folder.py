"""The folder a training run leaves: where everything is, written whole."""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import shutil

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Paths inside a run's folder.

    ```
    config.json       model, data, settings, what was resolved, versions
    metrics.csv       one row per epoch
    evaluation.json   test accuracy, per-class scores, confusion matrix
    model.keras       the best model by validation loss
    saved_model/1/    the same, exported for serving
    curves.png  confusion.png  mistakes.png
    samples.png  grids/   instead of the last two: what a generator draws
    tensorboard/      for `tensorboard --logdir`
    checkpoints/      until the run is finished: what `resume` goes on from
    ```

    Attributes:
        path: The folder itself.
        made: Folders above it that were made for it, the nearest first.
    """

    path: pathlib.Path
    made: tuple[pathlib.Path, ...] = ()

    def remove(self) -> None:
        """Leaves no trace of the run."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):  # Another run is in there by now.
            for folder in self.made:
                folder.rmdir()

    @property
    def config(self) -> pathlib.Path:
        return self.path / "config.json"

    @property
    def metrics(self) -> pathlib.Path:
        return self.path / "metrics.csv"

    @property
    def evaluation(self) -> pathlib.Path:
        return self.path / "evaluation.json"

    @property
    def model(self) -> pathlib.Path:
        return self.path / "model.keras"

    @property
    def saved_model(self) -> pathlib.Path:
        return self.path / "saved_model"

    @property
    def tensorboard(self) -> pathlib.Path:
        return self.path / "tensorboard"

    @property
    def checkpoints(self) -> pathlib.Path:
        return self.path / "checkpoints"

    @property
    def untrained(self) -> pathlib.Path:
        """The model before the first step, compiled."""
        return self.checkpoints / "untrained.keras"

    @property
    def lock(self) -> pathlib.Path:
        return self.checkpoints / "lock"

    @property
    def curves(self) -> pathlib.Path:
        return self.path / "curves.png"

    @property
    def confusion(self) -> pathlib.Path:
        return self.path / "confusion.png"

    @property
    def mistakes(self) -> pathlib.Path:
        return self.path / "mistakes.png"

    @property
    def samples(self) -> pathlib.Path:
        return self.path / "samples.png"

    @property
    def grids(self) -> pathlib.Path:
        return self.path / "grids"


def check_out(out: str | os.PathLike) -> None:
    """Refuses, before any work, an output folder that cannot be made.

    Raises:
        InputError: If `out` exists, or its parent cannot be written.
    """
    path = pathlib.Path(out)
    if path.exists() or path.is_symlink():
        raise InputError(
            f"The output folder {path} exists already; choose another, or remove it."
        )
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise InputError(f"Cannot make {path}: {parent} is not a folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot make {path}: no permission to write in {parent}.")


def create_run_folder(out: str | os.PathLike | None, default: str) -> RunFolder:
    """Makes the folder of a new run.

    Args:
        out: Where; must not exist. `None` for the first free `runs/DEFAULT-N`.
        default: Stem of the default name.

    Raises:
        InputError: If the folder exists or cannot be made.
    """
    if out is not None:
        check_out(out)
        candidates = [pathlib.Path(out)]
    else:
        candidates = (
            pathlib.Path("runs", f"{default}-{n}") for n in itertools.count(1)
        )
    for path in candidates:
        made = tuple(folder for folder in path.parents if not folder.exists())
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"Cannot make {path}: {error.strerror}.") from error
        return RunFolder(path, made)
    raise InputError(f"The output folder {out} exists already; choose another.")
