"""`zoo runs`."""

from __future__ import annotations

import math
import pathlib
import typing
from typing import Any

import click

from custom.arguments import shown
from recipes.command.options import CheckedPath, as_json, print_json
from zoo.errors import InputError, printable

if typing.TYPE_CHECKING:
    from recipes.experiments.run_list import RunSummary

SORTS = ("date", "score", "loss", "time", "model", "data")


def _not_empty(context: Any, parameter: click.Parameter, name: str | None) -> Any:
    if name is not None and not name.strip():
        raise click.BadParameter("a name has at least one letter.")
    return name


@click.command()
@click.argument("folder", type=CheckedPath(), default="runs")
@click.option(
    "--data",
    metavar="NAME",
    callback=_not_empty,
    help="Only runs on the data of this name.",
)
@click.option(
    "--model", metavar="NAME", callback=_not_empty, help="Only runs of this model."
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="date",
    show_default=True,
    help="What comes first: the oldest, the best score or validation loss, the "
    "shortest training, or the alphabet.",
)
@as_json
def runs(
    folder: pathlib.Path, data: str | None, model: str | None, sort: str, as_json: bool
) -> None:
    """List the runs in FOLDER: data, task, score, time, and how each ended."""
    from recipes.experiments.run_list import runs_in

    everything = runs_in(folder)
    found = [
        run
        for run in everything
        if data in (None, run.data) and model in (None, run.model)
    ]
    if not found and (data, model) != (None, None):
        _refuse(everything, data, model)
    found.sort(key=lambda run: _key(run, sort))
    if as_json:
        print_json([run.as_json() for run in found])
    elif found:
        _print(found)
    else:
        click.echo(f"{printable(str(folder))} holds no runs: train one with `zoo fit`.")


def _refuse(runs: list[RunSummary], data: str | None, model: str | None) -> None:
    """Refuses names that no run has."""
    from zoo.names import nearest

    for name, given in (("data", data), ("model", model)):
        names = [*dict.fromkeys(getattr(run, name) for run in runs if not run.problem)]
        if given is not None and given not in names:
            hint = nearest(given, names, otherwise="there is none at all.")
            raise InputError(f"No run has --{name} {shown(given)}; {hint}")
    raise InputError(f"No run with --model {model} has --data {data}.")


def _key(run: RunSummary, sort: str) -> Any:
    """What a run is sorted by; without it, it comes last."""
    if sort == "date":
        return 0 if run.started is None else run.started.timestamp()
    if sort in ("model", "data"):
        return (getattr(run, sort), run.started is None or run.started.timestamp())
    number = {"loss": run.validation_loss, "time": run.seconds, "score": run.score}[
        sort
    ]
    if number is None:
        return math.inf
    return -number if sort == "score" and run.higher_is_better else number


def _print(runs: list[RunSummary]) -> None:
    from rich.table import Table

    from recipes.command.tables import plain_console
    from recipes.reports.run_page.scores import label

    table = Table(box=None, pad_edge=False)
    table.add_column("run", overflow="fold")
    for column in ("model", "data", "task"):
        table.add_column(column, overflow="fold")
    table.add_column("test score", no_wrap=True)
    table.add_column("epochs", justify="right")
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("started (UTC)", no_wrap=True)
    table.add_column("ended", overflow="fold")
    for run in runs:
        score = "" if run.score is None else f"{label(run.score_name)} {run.score:.4g}"
        started = "" if run.started is None else f"{run.started:%Y-%m-%d %H:%M}"
        table.add_row(
            *(printable(text) for text in (str(run.folder), run.model, run.data)),
            run.task.replace("_", " "),
            score,
            str(run.epochs or ""),
            _time(run.seconds),
            started,
            run.ended,
        )
    plain_console().print(table)
    for run in runs:
        if run.problem:
            click.echo(printable(run.problem))
        elif not run.is_finished:
            click.echo(f"to continue: zoo fit --resume {printable(str(run.folder))}")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
