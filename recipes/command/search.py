"""`zoo search`."""

import pathlib
from typing import Any

import click

from recipes.command.augment import augment_option
from recipes.command.fit import WRITTEN_HERE
from recipes.command.options import (
    CheckedPath,
    as_json,
    command_options,
    data_options,
    given_names,
    model_options,
    print_json,
    refuse_others,
    same_in_every_run,
    settings_to_vary,
)
from recipes.command.sections import SectionedCommand
from recipes.command.start import start_tensorflow
from recipes.data.options import options_of_function
from recipes.experiments.search.search import search as make_search
from recipes.training.fit import fit
from zoo.errors import printable

OF_SEARCH = options_of_function(
    make_search,
    leave_out=("space", "out", "progress"),
    changes={
        "prune": {"help": "Let trials go on that are worse than the median."},
        "time_limit": {"help": "Begin no epoch after this many seconds."},
        "retrain": {
            "help": "Train the best settings again into OUT/best, with the full "
            "number of epochs."
        },
    },
)
OF_FIT = options_of_function(fit, leave_out=("preset", *WRITTEN_HERE, *OF_SEARCH))
WITH_RESUME = ("imports", "resume", "trials", "time_limit", "retrain", "jobs")
ENDED = {
    "complete": "all trials are done",
    "time limit": "stopped at the time limit",
    "interrupted": "interrupted",
}
SECTIONS = {
    **dict.fromkeys(("space", *OF_SEARCH, "only", "out", "resume"), "Search"),
    **dict.fromkeys(("as_json", "help", "_click_default_help"), "Search"),
    **dict.fromkeys(
        ("augment", *OF_FIT, "model_arguments", "metrics"), "The same in every trial"
    ),
}


@click.command(cls=SectionedCommand, sections=SECTIONS, default_section="Data")
@click.argument("model", required=False)
@data_options
@command_options(OF_SEARCH)
@click.option(
    "--space",
    multiple=True,
    metavar="NAME=VALUES",
    help="Setting to vary: a range such as dropout=0:0.5 or "
    "learning_rate=log:1e-4:1e-1, or values such as batch_size=16,32 or "
    "widths=[16,32],[32,64], of which default is one; repeatable.  [default: what the "
    "model declares, learning rate, batch size, optimizer]",
)
@click.option(
    "--only",
    type=click.Choice(["learning-rate"]),
    help="Find a learning rate by one training of about a hundred steps instead.",
)
@augment_option(default=None)
@command_options(OF_FIT)
@model_options("the same in every trial")
@click.option(
    "--out",
    type=CheckedPath(),
    help="The folder of the search; with --only learning-rate, the picture.  "
    "[default: runs/search-MODEL-DATA-N; lr.png]",
)
@click.option(
    "--resume",
    type=CheckedPath(),
    metavar="SEARCH",
    help="Continue a search that was cut off, extend it, or join in with it.",
)
@as_json
@click.pass_context
def search(
    context: click.Context,
    model: str | None,
    dataset: Any,
    resume: pathlib.Path | None,
    as_json: bool,
    only: str | None,
    space: tuple[str, ...],
    **given: Any,
) -> None:
    """Search for the settings of MODEL with the best score on the validation part.

    The first trial has the defaults. The test part is scored once, for the best. Each
    trial is a run folder; a search that was cut off is continued with --resume.
    """
    if resume is not None:
        refuse_others(context, (*WITH_RESUME, "as_json"), "A search that goes on")
        start_tensorflow()
        from recipes.experiments.search.search import resume_search

        names = ("trials", "time_limit", "retrain", "jobs")
        changes = {n: given[n] for n in names if n in given_names(context)}
        _show(resume_search(resume, **changes), as_json)
        return
    if only is not None:
        of_trials = {"space", *OF_SEARCH} - {"seed"}
        given_here = of_trials & {*given_names(context)}
        flags = [p.opts[0] for p in context.command.params if p.name in given_here]
        if flags:
            raise click.UsageError(
                "--only learning-rate trains once, without trials: leave out "
                f"{', '.join(flags)}."
            )
    if model is None:
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    from recipes.reports.run_folder import check_out
    from zoo import registry

    registry.find(model)
    values = settings_to_vary(space, "--space")
    if given["out"] is not None and only is None:
        check_out(given["out"])
    of_fit = same_in_every_run({n: v for n, v in given.items() if n not in OF_SEARCH})
    start_tensorflow()
    if only is not None:
        _find_rate(model, dataset(), of_fit, given["seed"], as_json)
        return
    of_search = {n: given[n] for n in OF_SEARCH}
    found = make_search(model, dataset(), space=values, **of_search, **of_fit)
    _show(found, as_json)


def _show(found: Any, as_json: bool) -> None:
    """Prints the result of a search."""
    if as_json:
        print_json(found.as_json())
    else:
        from recipes.command.tables import print_trials

        print_trials(found.trials, found.by)
        folder = printable(str(found.folder))
        click.echo(f"\n{found.gain()}")
        if found.summary is not None:
            click.echo(f"test part, scored for the best alone: {found.summary}")
        if found.note is not None:
            click.echo(found.note)
        click.echo(ENDED[found.ended])
        click.echo(f"run folder of the best: {printable(str(found.run))}")
        click.echo(f"the same again: {printable(found.command)}")
        if found.ended != "complete":
            click.echo(f"to continue: zoo search --resume {folder}")
    if found.ended == "interrupted":
        raise SystemExit(130)


def _find_rate(
    model: str,
    dataset: Any,
    settings: dict[str, Any],
    seed: int,
    as_json: bool,
) -> None:
    """Finds a learning rate and prints it."""
    from recipes.experiments.search.learning_rate import find_learning_rate

    picture = settings.pop("out") or pathlib.Path("lr.png")
    found = find_learning_rate(model, dataset, picture=picture, seed=seed, **settings)
    if as_json:
        print_json(found.as_json())
        return
    click.echo(found.sentence())
    click.echo(f"picture: {printable(str(picture))}")
    click.echo(f"train with it: {printable(found.command)}")
