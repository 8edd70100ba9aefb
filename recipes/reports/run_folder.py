"""The folder of a training run: where everything is, and how it is made."""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import re
import shutil
from collections.abc import Callable

from zoo.atomic_writes import draft_folder, move_into_place, remove_abandoned_drafts
from zoo.errors import InputError
from zoo.names import check_encodable
from zoo.presets.folder import PathInside

LONGEST_NAME = 100  # letters of a run folder that the user does not name


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Paths inside the folder of a run.

    ```
    config.json       model, data, settings, resolved choices, versions
    metrics.csv       one row per epoch
    evaluation.json   test accuracy, per-class scores, confusion matrix
    outcome.json      how training ended, and the epoch that was kept
    report.html       all of it as one page, with examples
    model.keras       the best model by validation loss
    saved_model/1/    the same model, exported for serving
    curves.png  confusion.png  mistakes.png
    roc.png  reliability.png   of the probabilities of a classifier
    predictions.png       instead of confusion.png, if numbers are predicted
    labels.png            instead of confusion.png, with any number of labels
    horizon.png           for forecasts: the error of each step
    attention.png         instead of confusion.png, of a network that translates
    samples.png  grids/   instead of the last two, for a generator
    samples/  sample.txt  instead of them, for a model that writes: its texts
    tensorboard/      for `tensorboard --logdir`
    checkpoints/      until the run is finished: the state that `resume` starts from
    ```

    Attributes:
        path: The folder itself.
        made: Parent folders that were made for it, the nearest first.
    """

    path: pathlib.Path
    made: tuple[pathlib.Path, ...] = ()

    config = PathInside("config.json")
    metrics = PathInside("metrics.csv")
    evaluation = PathInside("evaluation.json")
    outcome = PathInside("outcome.json")
    report = PathInside("report.html")
    model = PathInside("model.keras")
    saved_model = PathInside("saved_model")
    tensorboard = PathInside("tensorboard")
    checkpoints = PathInside("checkpoints")
    untrained = PathInside("checkpoints", "untrained.keras")  # compiled, no step yet
    uncalibrated = PathInside("checkpoints", "uncalibrated.keras")
    lock = PathInside("checkpoints", "lock")
    curves = PathInside("curves.png")
    confusion = PathInside("confusion.png")
    roc = PathInside("roc.png")
    reliability = PathInside("reliability.png")
    mistakes = PathInside("mistakes.png")
    predictions = PathInside("predictions.png")
    labels = PathInside("labels.png")
    horizon = PathInside("horizon.png")
    attention = PathInside("attention.png")
    samples = PathInside("samples.png")
    grids = PathInside("grids")
    texts = PathInside("samples")
    sample = PathInside("sample.txt")

    def remove(self) -> None:
        """Removes the run, and the folders that were made for it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.remove_parents()

    def remove_parents(self) -> None:
        """Removes the folders that were made for the run, as far as they are empty."""
        with contextlib.suppress(OSError):  # Another run may be in there by now.
            for folder in self.made:
                folder.rmdir()

    def remove_abandoned_drafts(self) -> None:
        """Removes what a killed process of the run was writing."""
        for folder in (
            self.path,
            self.checkpoints,
            self.saved_model,
            self.grids,
            self.texts,
        ):
            remove_abandoned_drafts(folder)


def check_out(out: str | os.PathLike) -> None:
    """Refuses an output folder that cannot be made, before any work is done."""
    path = pathlib.Path(out)
    check_encodable(path)
    if path.exists() or path.is_symlink():
        raise InputError(
            f"The output folder {path} exists already; choose another, or remove it."
        )
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise InputError(f"Cannot make {path}: {parent} is not a folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot make {path}: no permission to write in {parent}.")


def create_run_folder(
    out: str | os.PathLike | None, default: str, fill: Callable[["RunFolder"], None]
) -> RunFolder:
    """Makes the folder of a new run, which appears once it can be resumed.

    Without `out` it is the first free `runs/DEFAULT-N`. `fill` writes what `resume`
    needs into the folder.
    """
    check_encodable(out or "runs")
    if out is not None:
        check_out(out)
    default = re.sub(r"[^\w.-]+", "_", default)[:LONGEST_NAME].lstrip(".")
    numbered = (pathlib.Path("runs", f"{default}-{n}") for n in itertools.count(1))
    candidates = numbered if out is None else iter([pathlib.Path(out)])
    first = next(candidates)
    made = tuple(folder for folder in first.parents if not folder.exists())
    try:
        with contextlib.ExitStack() as stack:
            try:
                first.parent.mkdir(parents=True, exist_ok=True)
                draft = stack.enter_context(draft_folder(first.parent)) / "run"
                draft.mkdir()
            except OSError as error:
                raise InputError(f"Cannot make {first}: {error.strerror}.") from error
            fill(RunFolder(draft))
            for path in itertools.chain([first], candidates):
                # A rename would replace an empty folder.
                if not os.path.lexists(path):
                    with contextlib.suppress(FileExistsError):
                        move_into_place(draft, path, replace=False)
                        return RunFolder(path, made)
        raise InputError(f"The output folder {out} exists already; choose another.")
    except BaseException:
        RunFolder(first, made).remove_parents()
        raise
