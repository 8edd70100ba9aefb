"""What is in a folder of runs: data, settings, scores, time, and how each ended."""

import dataclasses
import datetime
import math
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from recipes.reports.run_folder import RunFolder
from recipes.reports.run_page.scores import BEST_LOW, main_score
from recipes.training.metrics_file import read_metrics
from zoo.errors import InputError
from zoo.json_files import read_json
from zoo.registry import MODELS

UNFINISHED, DAMAGED, UNKNOWN = "unfinished", "damaged", "finished"
# Settings that say where and how a run was computed, and do not change what it learns.
NOT_COMPARED = ("seed", "checkpoint_steps", "time_limit", "jit_compile")
DEEPEST = 4  # levels of folders; trials and folds are two below `runs`


@dataclasses.dataclass(frozen=True)
class RunSummary:
    """What a run folder tells of a run.

    Attributes:
        folder: The run folder.
        model: Name of the model, or the class of a user's own.
        data: Name of the data set.
        fingerprint: SHA-256 of its training and validation parts.
        task: The task; empty for a run of version 0.1.0.
        settings: The settings that differ from the defaults, without the seed.
        seed: Random seed of the training.
        ended: As `Run.ended`; `"unfinished"` for a run that can be resumed,
            `"finished"` for a run of an earlier version, `"damaged"` if its record
            cannot be read.
        epochs: Number of epochs that were trained.
        kept_epoch: Number of the epoch, from 1, whose model was kept.
        score_name: The score on the test part that the task is judged by; empty for
            a generator, and without a score.
        score: Its value.
        validation_loss: The lowest validation loss.
        seconds: Time spent in training, by all processes of the run.
        started: When the run began, in UTC.
        problem: Why the folder cannot be read, if so.
    """

    folder: pathlib.Path
    model: str = ""
    data: str = ""
    fingerprint: str = ""
    task: str = ""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    seed: int | None = None
    ended: str = DAMAGED
    epochs: int = 0
    kept_epoch: int | None = None
    score_name: str = ""
    score: float | None = None
    validation_loss: float | None = None
    seconds: float | None = None
    started: datetime.datetime | None = None
    problem: str = ""

    @property
    def higher_is_better(self) -> bool:
        return self.score_name not in BEST_LOW

    @property
    def has_score(self) -> bool:
        return self.score is not None and math.isfinite(self.score)

    @property
    def is_finished(self) -> bool:
        return self.ended not in (UNFINISHED, "interrupted", DAMAGED)

    def as_json(self) -> dict[str, Any]:
        """Returns the summary in JSON types."""
        started = self.started and self.started.isoformat(timespec="seconds")
        return {
            **dataclasses.asdict(self),
            "folder": str(self.folder),
            "started": started,
        }


def summarize_run(folder: str | os.PathLike[str]) -> RunSummary:
    """What a run folder tells; folders of earlier versions tell less.

    Raises:
        InputError: If it is not a run folder, or its record is damaged.
    """
    run = RunFolder(pathlib.Path(folder))
    if not run.config.is_file():
        raise InputError(f"{folder} is not a run folder: it has no {run.config.name}.")
    config = read_json(run.config, finite=False)
    try:
        return _summary(run, config)
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{run.config} is damaged: {error!r}.") from error


def runs_in(folder: str | os.PathLike[str]) -> list[RunSummary]:
    """The runs in a folder and the folders inside, the oldest first.

    A run folder that cannot be read is among them, with the reason in `problem`.

    Raises:
        InputError: If there is no such folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs_in(folder)
    []
    """
    path = pathlib.Path(folder)
    if not path.is_dir():
        raise InputError(f"There is no folder {path}: train a model first (`zoo fit`).")
    found = []
    for each in _run_folders(path, DEEPEST):
        try:
            found.append(summarize_run(each))
        except InputError as error:
            found.append(RunSummary(each, problem=str(error)))
    least = datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return sorted(found, key=lambda run: (run.started or least, str(run.folder)))


def _run_folders(folder: pathlib.Path, levels: int) -> Iterator[pathlib.Path]:
    """Folders with the record of a run; nothing is looked for inside of them."""
    run = RunFolder(folder)
    if run.config.is_file() and (run.metrics.exists() or run.checkpoints.exists()):
        yield folder
    elif levels:
        try:
            inside = sorted(each for each in folder.iterdir() if each.is_dir())
        except OSError:  # no permission
            return
        for each in inside:
            if not each.name.startswith("."):
                yield from _run_folders(each, levels - 1)


def _summary(run: RunFolder, config: Mapping[str, Any]) -> RunSummary:
    model, data, training = config["model"], config["data"], config["training"]
    given = dict(training.get("given") or {})
    name = given.pop("model", None)
    outcome = read_json(run.outcome) if run.outcome.is_file() else {}
    scores = read_json(run.evaluation, finite=False) if run.evaluation.is_file() else {}
    rows = read_metrics(run.metrics) if run.metrics.is_file() else []
    losses = [row["val_loss"] for row in rows if "val_loss" in row]
    main = main_score(scores)
    resumable = run.checkpoints.exists() and outcome.get("ended") != "interrupted"
    settings = given if "given" in training else _recorded(training)
    return RunSummary(
        folder=run.path,
        model=name if isinstance(name, str) else _family(model["class"]),
        data=data["name"],
        fingerprint=data["fingerprint"],
        task=data.get("task", ""),
        settings={n: v for n, v in settings.items() if n not in NOT_COMPARED},
        seed=training["settings"].get("seed"),
        ended=UNFINISHED if resumable else outcome.get("ended", UNKNOWN),
        epochs=len(rows),
        kept_epoch=outcome.get("kept_epoch"),
        score_name="" if main is None else main[0],
        score=None if main is None else main[1],
        validation_loss=min(losses, default=None),
        seconds=rows[-1].get("seconds") if rows else None,
        started=_started(run, config),
    )


def _family(name: str) -> str:
    """The name in the registry of a model's class; of a user's own, its class."""
    classes = {
        entry.path.rpartition(":")[2]: family for family, entry in MODELS.items()
    }
    return classes.get(name, name)


def _started(run: RunFolder, config: Mapping[str, Any]) -> datetime.datetime:
    """When the run began; of earlier versions, when its record was written."""
    if "started" in config:
        return datetime.datetime.fromisoformat(config["started"])
    return datetime.datetime.fromtimestamp(run.config.stat().st_mtime, datetime.UTC)


def _recorded(training: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a run of a version that did not record what was given."""
    changes = ("augmentation", "rebalancing")
    return {
        **training["settings"],
        **{n: training[n] for n in changes if n in training},
    }
