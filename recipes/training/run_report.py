"""`recipes.report`: the page of a run, written at its end or again later."""

import dataclasses
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.options import checks_arguments
from recipes.progress import waiting
from recipes.reports.evaluation import (
    check_fit,
    load_to_score,
    trained_model,
    training_data,
)
from recipes.reports.forecasting import as_forecaster
from recipes.reports.page import Block
from recipes.reports.run_folder import RunFolder
from recipes.reports.run_page.explaining import explanations_of
from recipes.reports.run_page.facts import RunFacts
from recipes.reports.run_page.sections import page_of
from recipes.sources.options import Path
from recipes.training.given import command_of
from recipes.training.metrics_file import read_metrics
from recipes.training.run_config import read_run
from recipes.training.setup import Setup
from zoo.atomic_writes import atomic_write, checked_atomic_write
from zoo.errors import InputError, first_line
from zoo.json_files import read_json
from zoo.loading import as_trained_model

if TYPE_CHECKING:
    from recipes.training.loop import Run


def write_report(setup: Setup, run: "Run", answers: dict[str, Any] | None) -> None:
    """Writes the page of a run that is scored and saved already.

    If it cannot be written, a warning says so: the run has everything else.
    """
    folder = run.folder
    try:
        with waiting("writing the report"):
            config = read_run(folder.config)
            facts = RunFacts(
                folder,
                config,
                run.metrics,
                run.evaluation and run.evaluation.as_json(),
                run.kept_epoch,
                run.ended,
                _given(config),
                command_of(config),
                _remarks(run.outcome()),
                setup.dataset,
                answers,
                _explanations(run.model, setup.dataset, answers),
            )
            _write(facts, folder.report)
    except Exception as error:  # Nothing here may cost a trained model.
        warnings.warn(
            f"{folder.report} could not be written: {first_line(error)}. The model and "
            "its scores are complete; `recipes.report` writes the page again.",
            stacklevel=2,
        )


@checks_arguments
def report(run: Path, *, data: Any = None, out: Path | None = None) -> pathlib.Path:
    """Writes the page of a finished run again, such as one of an earlier version.

    The examples on the page are answered again, by the data of the run. Without the
    data, the page has all but what was understood of them, and examples.

    Args:
        run: Folder of the run.
        data: The data, if the run got them as an object, or if they are somewhere
            else by now. Default: those of the run.
        out: The file to write. Default: `report.html` in the folder.

    Returns:
        The file.

    Raises:
        InputError: If there is no such run, it is not finished, `data` do not fit it,
            or the file cannot be written.

    >>> report("runs/absent")
    Traceback (most recent call last):
    zoo.errors.InputError: runs/absent is not a run folder: it has no config.json.
    """
    folder = RunFolder(pathlib.Path(run))
    facts = facts_of_folder(folder)
    trained, dataset, answers = _answered(folder, data)
    facts = dataclasses.replace(
        facts,
        dataset=dataset,
        answers=answers,
        explanations=_explanations(trained, dataset, answers),
    )
    file = folder.report if out is None else pathlib.Path(os.fspath(out))
    with checked_atomic_write(file) as draft:
        draft.write_text(page_of(facts), encoding="utf-8")
    return file


def _remarks(outcome: dict[str, Any]) -> tuple[str, ...]:
    """Divergence, and what was done about it."""
    sentences = (*outcome.get("slowdowns", ()), outcome.get("divergence"))
    return tuple(filter(None, sentences))


def facts_of_folder(folder: RunFolder) -> RunFacts:
    """What the files of a finished run tell, without its data."""
    run = folder.path
    if not folder.config.is_file():
        raise InputError(f"{run} is not a run folder: it has no {folder.config.name}.")
    if not folder.model.is_file() or not folder.metrics.is_file():
        raise InputError(
            f"The run {run} has no model yet: finish it with `zoo fit --resume {run}`."
        )
    config = read_run(folder.config)
    outcome = read_json(folder.outcome) if folder.outcome.is_file() else {}
    return RunFacts(
        folder,
        config,
        read_metrics(folder.metrics),
        read_json(folder.evaluation) if folder.evaluation.is_file() else None,
        kept_epoch=outcome.get("kept_epoch"),
        ended=outcome.get("ended", ""),
        given=_given(config),
        command=command_of(config),
        remarks=_remarks(outcome),
    )


def _explanations(model: Any, dataset: Any, answers: Any) -> tuple[Block, ...]:
    """Why a model answers as it does, if it answers to examples."""
    if answers is None or dataset is None or dataset.task == "text_generation":
        return ()
    trained = as_trained_model(model, class_names=dataset.given_class_names)
    return explanations_of(as_forecaster(trained, dataset), dataset, answers)


def _given(config: dict[str, Any]) -> dict[str, Any]:
    given = dict(config["training"].get("given") or {})
    given.pop("model", None)
    return given


def _write(facts: RunFacts, file: pathlib.Path) -> None:
    with atomic_write(file) as draft:
        draft.write_text(page_of(facts), encoding="utf-8")


def _answered(
    folder: RunFolder, data: Any
) -> tuple[Any, Dataset | None, dict[str, np.ndarray] | None]:
    """The model and data of a run, and answers to the test part, if possible."""
    try:
        trained = trained_model(folder.path)
        source = training_data(trained).get("source") if data is None else data
        if source is None:
            return None, None, None
        is_read = isinstance(source, Dataset)
        dataset = source if is_read else load_to_score(trained, source, "test")
        if "text_generation" in (dataset.task, trained.target.name):
            return trained, dataset, None
        check_fit(trained, dataset)
        trained = as_forecaster(trained, dataset)
        return trained, dataset, trained.answers(dataset.test.model_inputs)
    except InputError:
        if data is not None:
            raise
        return None, None, None
