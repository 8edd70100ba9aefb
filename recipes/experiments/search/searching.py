"""Many trials of settings, and the best of them."""

import dataclasses
import math
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from custom.arguments import shown
from recipes.data.dataset import Dataset
from recipes.experiments.arguments import (
    arguments_of_fit,
    told_arguments,
    with_settings,
)
from recipes.experiments.repeated import free_memory, run_once
from recipes.experiments.search.progress import Progress
from recipes.experiments.search.request import REQUEST, Request
from recipes.experiments.search.results import Search, write_results
from recipes.experiments.search.space import space_of
from recipes.experiments.search.study import Study, Trial, best_of, load_optuna
from recipes.experiments.search.trial import run_trial
from recipes.experiments.search.workers import run_workers
from recipes.reports.run_folder import create_run_folder
from recipes.sources import load_with_defaults
from recipes.training.compiling import check_backend
from recipes.training.new_run import dataset_for
from recipes.training.resume import report_run
from recipes.training.settings import settings_for
from recipes.training.tasks import task_of
from zoo import registry
from zoo.atomic_writes import write_json
from zoo.errors import InputError
from zoo.targets import Images


def begin(
    model: str,
    data: Any,
    *,
    trials: int,
    time_limit: float | None,
    space: Mapping[str, str | Sequence[Any]] | None,
    by: str,
    prune: bool,
    retrain: bool,
    jobs: int,
    seed: int,
    out: pathlib.Path | None,
    progress: bool,
    **settings: Any,
) -> Search:
    """Makes a new search; the arguments are those of `recipes.search`."""
    load_optuna()
    check_backend()
    if not isinstance(model, str):
        raise InputError(
            f"`model` must be a name, whose settings can vary, got {shown(model)}."
        )
    bound = arguments_of_fit(model, data, {**settings, "seed": seed}, "a search")
    entry = registry.find(model)
    if Images in getattr(entry.load(), "targets", ()):
        raise InputError(
            f"The losses of {model!r} do not tell how good it is, so that a search "
            "cannot rank trials by them."
        )
    given = dict(space or {})
    dataset = dataset_for(bound)
    if jobs > 1 and dataset.origin is None:
        raise InputError(
            "`jobs` of more than 1 read the data in processes of their own: give them "
            "as a path or a name."
        )
    arguments = told_arguments(bound)
    module = entry.path.partition(":")[0]
    request = Request(
        arguments=arguments,
        origin=dataset.origin,
        space=space_of(model, dataset, arguments, given, by),
        by=by,
        trials=trials,
        prune=prune,
        retrain=retrain,
        seed=seed,
        module=None if module.startswith("zoo.") else module,
    )
    task_of(model, dataset)

    def fill(folder: Any) -> None:
        (folder.path / "study").mkdir()
        write_json(folder.path / "study" / REQUEST, dataclasses.asdict(request))

    name = f"search-{model}-{dataset.name}"
    folder = create_run_folder(out, name, fill)
    try:
        return _search(folder.path, request, dataset, time_limit, jobs, progress)
    except InputError:
        if any(map(_is_refused, open_study(folder.path, request).trials())):
            folder.remove()
        raise


def go_on(
    search: pathlib.Path,
    *,
    data: Any,
    trials: int | None,
    time_limit: float | None,
    retrain: bool | None,
    jobs: int,
    progress: bool,
) -> Search:
    """Continues a search; the arguments are those of `recipes.resume_search`."""
    folder = search
    request = Request.read(folder)
    changes: dict[str, Any] = {"trials": trials, "retrain": retrain}
    changes = {name: value for name, value in changes.items() if value is not None}
    request = dataclasses.replace(request, **changes)
    dataset = data_of(request, data)
    return _search(folder, request, dataset, time_limit, jobs, progress)


def data_of(request: Request, given: Any) -> Dataset:
    """The data of a search that goes on."""
    if isinstance(given, Dataset):
        return given
    if given is None and request.origin is None:
        raise InputError(
            "The search got its data as an object; give it again, as `data`."
        )
    options = dict(request.origin or {})
    source = options.pop("source", None)
    return load_with_defaults(source if given is None else given, options, {})


def open_study(folder: pathlib.Path, request: Request) -> Study:
    """The study of the search in a folder."""
    return Study(
        folder / "study", request.space, request.seed, request.trials, request.is_loss
    )


def _search(
    folder: pathlib.Path,
    request: Request,
    dataset: Dataset,
    time_limit: float | None,
    jobs: int,
    progress: bool,
) -> Search:
    """Makes the trials, in this process or in several, and writes the results."""
    study = open_study(folder, request)
    deadline = math.inf if time_limit is None else time.monotonic() + time_limit
    if jobs > 1:
        ended = run_workers(folder, study, request, jobs, deadline, progress)
    else:
        show = Progress(request, study, deadline) if progress else None
        ended = work(folder, study, request, dataset, deadline, show)
    trials = study.trials()
    refused = next((trial for trial in trials if _is_refused(trial)), None)
    if refused is not None:
        raise InputError(refused.reason)
    best = best_of(trials, request.is_loss)
    if best is None:
        if ended == "interrupted":
            raise KeyboardInterrupt
        reasons = [trial.reason for trial in trials if trial.reason]
        raise InputError(
            f"No trial of {folder} was finished"
            + (f": {reasons[-1]}" if reasons else "; continue it with --resume.")
        )
    run, evaluation = folder / "trials" / str(best.number), None
    if request.retrain:
        request = _with_all_epochs(request, dataset)
    if ended != "interrupted" and not study.others_at_work():
        run, evaluation = _finished(folder, request, dataset, best)
    count = len(dataset.validation)
    return write_results(folder, request, study, ended, run, evaluation, count)


def _is_refused(trial: Trial) -> bool:
    return trial.number == 0 and trial.state == "lost" and trial.seconds is None


def work(
    folder: pathlib.Path,
    study: Study,
    request: Request,
    dataset: Dataset,
    deadline: float,
    show: Callable[[Trial], None] | None,
) -> str:
    """Makes trials until there are enough; returns how that ended."""
    if request.prune:
        study.prune_after(_epochs(request, dataset, request.arguments.get("epochs")))
    while True:
        if time.monotonic() > deadline and study.trials():
            return "time limit"
        with study.claim(request.trials) as trial:
            if trial is None:
                return "complete"
            out = folder / "trials" / str(trial.number)
            try:
                run_trial(study, trial, out, dataset, request, deadline)
            except KeyboardInterrupt:
                late = time.monotonic() > deadline
                return "time limit" if late else "interrupted"
            done = study.trials()
            if any(map(_is_refused, done)):
                return "refused"
            if show is not None:
                show(done[trial.number])


def _epochs(request: Request, dataset: Dataset, epochs: int | None) -> int:
    """The number of epochs of a trial that is given a number, or the default."""
    return settings_for(
        request.arguments["model"],
        len(dataset.train),
        kind=dataset.kind,
        task=dataset.task,
        epochs=epochs,
    ).epochs


def _with_all_epochs(request: Request, dataset: Dataset) -> Request:
    """The request without a number of epochs that is smaller than the default."""
    epochs = request.arguments.get("epochs", math.inf)
    if epochs >= _epochs(request, dataset, None):
        return request
    arguments = {n: v for n, v in request.arguments.items() if n != "epochs"}
    return dataclasses.replace(request, arguments=arguments)


def _finished(
    folder: pathlib.Path, request: Request, dataset: Dataset, best: Trial
) -> tuple[pathlib.Path, Any]:
    """The run of the best settings, with its scores on the test part."""
    run = folder / "trials" / str(best.number)
    if request.retrain:
        run = run_once(
            folder / "best",
            scores_only=True,
            untested=True,
            data=dataset,
            progress=False,
            **with_settings(request.arguments, best.settings),
        )
    written = run / "evaluation.json"
    if written.is_file():
        return run, None
    evaluation = report_run(run, dataset)
    free_memory()
    return run, evaluation
