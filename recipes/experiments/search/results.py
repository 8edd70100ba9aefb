"""The result of a search: its table, its files, and the command of the best trial."""

import dataclasses
import json
import pathlib
from typing import Any

from recipes.experiments.arguments import with_settings
from recipes.experiments.search.pictures import (
    draw_history,
    draw_importance,
    draw_slices,
)
from recipes.experiments.search.request import Request
from recipes.experiments.search.study import Study, Trial, best_of
from recipes.training.given import command_of
from zoo.atomic_writes import write_json
from zoo.json_files import read_json

RESULTS = "search.json"
FEW = 120  # examples of the validation part; benchmarks/search.py shows the effect


@dataclasses.dataclass(frozen=True)
class Search:
    """The result of a search.

    Attributes:
        folder: The folder of the search, with `search.json` and its pictures.
        trials: The trials in their order; the first has the defaults.
        best: The best one on the validation part.
        by: The measure.
        ended: `"complete"`, `"time limit"`, or `"interrupted"`.
        run: The run of the best settings: a run folder.
        evaluation: Its scores on the test part, as in `evaluation.json`; `None` as
            long as the search goes on.
        summary: The same in a sentence.
        importance: Share of the variance of the scores that each setting explains.
        command: The command that trains the best settings.
        note: A warning, if the validation part is too small to choose by.
    """

    folder: pathlib.Path
    trials: tuple[Trial, ...]
    best: Trial
    by: str
    ended: str
    run: pathlib.Path
    evaluation: dict[str, Any] | None
    summary: str | None
    importance: dict[str, float]
    command: str
    note: str | None = None

    def gain(self) -> str:
        """What the search has won on the validation part, as a sentence."""
        defaults, best = self.trials[0], self.best
        if defaults.state != "complete":
            return f"The defaults were {defaults.state}."
        if best.number == 0:
            return "No trial was better than the defaults on the validation part."
        return (
            f"validation {self.by}: {defaults.score:.4g} with the defaults, "
            f"{best.score:.4g} with the settings of trial {best.number}"
        )

    def as_json(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {
            **dataclasses.asdict(self),
            "folder": str(self.folder),
            "run": str(self.run),
            "gain": self.gain(),
        }


def write_results(
    folder: pathlib.Path,
    request: Request,
    study: Study,
    ended: str,
    run: pathlib.Path,
    evaluation: Any,
    validation: int,
) -> Search:
    """Writes `search.json` and the pictures of a search, and returns its result."""
    trials = study.trials()
    best = best_of(trials, request.is_loss)
    assert best is not None
    scores, summary = None, None
    if evaluation is not None:
        scores, summary = evaluation.as_json(), evaluation.summary("test")
    elif (run / "evaluation.json").is_file() and (folder / RESULTS).is_file():
        before = read_json(folder / RESULTS, finite=False)
        if before.get("run") == str(run):  # It was scored before.
            scores, summary = before.get("evaluation"), before.get("summary")
    found = Search(
        folder=folder,
        trials=trials,
        best=best,
        by=request.by,
        ended=ended,
        run=run,
        evaluation=scores,
        summary=summary,
        importance=study.importance(),
        command=fit_command(request, best),
        note=_note(validation, len(trials)),
    )
    write_json(folder / RESULTS, json.loads(json.dumps(found.as_json())))
    draw_history(trials, request, folder / "history.png")
    draw_slices(trials, request, folder / "slices.png")
    if found.importance:
        draw_importance(found.importance, folder / "importance.png")
    return found


def _note(examples: int, trials: int) -> str | None:
    """What to think of a choice by few examples; docs/search.md has the scores."""
    if examples >= FEW:
        return None
    return (
        f"The validation part has only {examples:,} examples: the best of {trials} "
        "trials on it is partly the luckiest. Compare it with the defaults on a larger "
        "part (`split`, --split 60/20/20), or by folds (zoo fit --folds 5)."
    )


def fit_command(request: Request, trial: Trial) -> str:
    """The command that trains the settings of a trial."""
    arguments = with_settings(request.arguments, trial.settings)
    return command_words(arguments.pop("model"), request.origin, arguments)


def command_words(
    model: str, origin: dict[str, Any] | None, arguments: dict[str, Any]
) -> str:
    """`zoo fit` with these data and arguments; without an origin, the call."""
    given = {"model": model} | {n: v for n, v in arguments.items() if v}
    return command_of({"training": {"given": given}, "data": {"origin": origin}})
