"""`zoo fit`."""

import inspect
import pathlib
from typing import Any

import click

from recipes.command.again import Again
from recipes.command.augment import augment_option
from recipes.command.folds import MOST, cross_validated, show_folds
from recipes.command.options import (
    CheckedPath,
    as_json,
    assignment,
    command_options,
    data_options,
    given_names,
    model_options,
    print_json,
    refuse_others,
)
from recipes.command.sections import SectionedCommand
from recipes.command.start import start_tensorflow
from recipes.data.options import options_of_function
from recipes.reports.run_page.facts import ENDED
from recipes.training.fit import fit as train
from recipes.training.settings import check_preset
from recipes.training.strategies.cluster import is_chief
from zoo.errors import printable

WITH_RESUME = (
    "imports",
    "resume",
    "accept_changed_data",
    "checkpoint_steps",
    "strategy",
    "as_json",
)
# Arguments of `recipes.fit` without an option, or with an option of another form.
WRITTEN_HERE = (
    *("task", "target", "time", "window", "horizon", "model_arguments", "augment"),
    *("metrics", "callbacks", "out", "progress", "validation", "test", "split"),
)
# The argument of `recipes.fit` that each section of the help begins with.
SECTIONS = {
    "model_arguments": "Model",
    "augment": "Data",
    "optimizer": "Optimization",
    "epochs": "Training",
    "out": "Run",
}


def _sections() -> dict[str, str]:
    """The section of each option, in the order of the arguments of `recipes.fit`."""
    sections, section = {}, "Model"
    names = [*inspect.signature(train).parameters][2:]  # Not `model` and `data`.
    for name in (
        *names,
        "config",
        "folds",
        "resume",
        "accept_changed_data",
        "as_json",
        "help",
        "_click_default_help",  # as click 8.5 calls it
    ):
        section = SECTIONS.get(name, section)
        sections[name] = section
    return sections


@click.command(cls=SectionedCommand, sections=_sections(), default_section="Data")
@click.argument("model", required=False)
@data_options
@augment_option(default="none")
@command_options(options_of_function(train, leave_out=WRITTEN_HERE))
@model_options("such as widths=[16,32]")
@click.option(
    "--out",
    type=CheckedPath(),
    help="The run folder.  [default: runs/MODEL-DATA-N]",
)
@click.option(
    "--config",
    type=CheckedPath(),
    metavar="RUN",
    help="Do a run again, by its folder or config.json. Options beside it win.",
)
@click.option(
    "--folds",
    type=click.IntRange(2, MOST),
    help="Cross-validate: a run for each of so many folds, which tests on the fold. "
    "Again with the same --out, it goes on.",
)
@click.option(
    "--resume",
    type=CheckedPath(),
    metavar="RUN",
    help="Continue a run that was cut off. It keeps its model, data and settings.",
)
@click.option(
    "--accept-changed-data",
    is_flag=True,
    help="With --resume: continue although the data have changed.",
)
@as_json
@click.pass_context
def fit(
    context: click.Context,
    model: str | None,
    dataset: Any,
    config: pathlib.Path | None,
    folds: int | None,
    resume: pathlib.Path | None,
    accept_changed_data: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Train MODEL and write a run folder with everything worth keeping.

    With --preset, a trained model is refined instead of MODEL.
    """
    if resume is not None:
        refuse_others(context, WITH_RESUME, "A resumed run")
        start_tensorflow()
        from recipes.training.resume import resume as resume_run

        run = resume_run(
            resume,
            accept_changed_data=accept_changed_data,
            checkpoint_steps=settings["checkpoint_steps"],
            strategy=_given(context, "strategy"),
        )
    else:
        if model is None and config is None and settings["preset"] is None:
            raise click.MissingParameter(ctx=context, param=context.command.params[0])
        if config is not None and folds is not None:
            raise click.UsageError("--config does one run again: leave out --folds.")
        again = None if config is None else Again(config, given_names(context))
        run = _train(model, dataset, again=again, folds=folds, **settings)
    if folds is not None:
        show_folds(run, as_json)
        return
    if is_chief():
        _show(run, as_json)
    if run.ended == "interrupted":
        raise SystemExit(130)


def _given(context: click.Context, name: str) -> Any:
    """The value of an option, or `None` if the user left it out."""
    return context.params[name] if name in given_names(context) else None


def _train(
    model: str | None,
    dataset: Any,
    out: pathlib.Path | None,
    folds: int | None,
    again: Again | None,
    model_arguments: tuple[str, ...],
    strategy: str,
    preset: str | None,
    **settings: Any,
) -> Any:
    """Trains a run from its beginning."""
    from recipes.reports.run_folder import check_out
    from recipes.sampling import names
    from zoo import registry

    # What is cheap to refuse is refused before TensorFlow is loaded.
    if again is None:
        check_preset(model, preset, settings["freeze"], settings["weights"])
    if model is not None:
        registry.find(model)
    names.check_name(settings["rebalance"] or "none", settings["rebalance_ratio"])
    arguments = dict(map(assignment, model_arguments))
    if out is not None and folds is None and is_chief():
        check_out(out)

    start_tensorflow()
    from recipes.training.strategies.placement import place

    placement = place(strategy)  # Before anything of TensorFlow is used.
    settings |= {"model": model, "model_arguments": arguments, "preset": preset}
    if folds is not None:
        return cross_validated(dataset, folds, out, {**settings, "strategy": placement})
    if again is not None:
        data, settings = again.data_and_arguments(dataset, settings)
    elif preset is not None:
        from recipes.training.fine_tuning.base import Base

        data = dataset(Base.read(preset).load)
    else:
        data = dataset()
    return train(data=data, out=out, strategy=placement, **settings)


def _show(run: Any, as_json: bool) -> None:
    """Prints the result of a run."""
    if as_json:
        print_json(
            {
                "folder": str(run.folder.path),
                "epochs": len(run.metrics),
                "ended": run.ended,
                "kept_epoch": run.kept_epoch,
                "evaluation": run.evaluation and run.evaluation.as_json(),
                "rebalancing": run.rebalancing,
                "divergence": run.divergence,
                "slowdowns": list(run.slowdowns),
            }
        )
    else:
        from recipes.command.tables import print_evaluation, print_rebalancing

        if run.evaluation:
            print_evaluation(run.evaluation)
        print_rebalancing(run.rebalancing)
        click.echo(ENDED[run.ended].format(run.kept_epoch))
        for sentence in (*run.slowdowns, run.divergence):
            if sentence:
                click.echo(printable(sentence))
        folder = printable(str(run.folder.path))
        click.echo(f"run folder: {folder}")
        if run.folder.report.is_file():
            click.echo(f"report: {printable(str(run.folder.report))}")
        if run.ended == "interrupted":
            click.echo(f"to continue: zoo fit --resume {folder}")
