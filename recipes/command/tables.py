"""Printing results as tables."""

from __future__ import annotations

import typing
from collections.abc import Sequence

import click

from zoo.errors import printable

if typing.TYPE_CHECKING:  # These load NumPy, which `zoo list` does not need.
    from rich.console import Console

    from recipes.experiments.search.study import Trial
    from recipes.reports.classification import Evaluation
    from recipes.reports.regression import RegressionEvaluation
    from zoo.presets.index import Row

WIDE = 200  # width of a table that is written to a file or a pipe


def print_presets(presets: list[Row]) -> None:
    """Prints a row for each preset."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for column in ("kind", "task", "data"):
        table.add_column(column, overflow="fold")
    for column in ("classes", "test score", "size"):
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("a good start for", overflow="fold")
    for preset in presets:
        table.add_row(
            preset.name,
            preset.kind,
            preset.task,
            preset.data,
            str(preset.classes or ""),
            _score(preset),
            f"{preset.bytes / 1e6:.2f} MB",
            preset.good_start,
        )
    plain_console().print(table)


def plain_console() -> Console:
    """A console to print data on: brackets and colons in them mean nothing."""
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def _score(preset):
    if preset.measure == "accuracy":
        return f"{preset.score:.2%}"
    return f"{preset.measure} {preset.score:.4g}"


def print_trials(trials: Sequence[Trial], measure: str) -> None:
    """Prints a row for each trial of a search."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("trial", "state", f"validation {measure}", "epochs", "seconds"):
        table.add_column(column, justify="left" if column == "state" else "right")
    table.add_column("settings", overflow="fold")
    for trial in trials:
        settings = ", ".join(f"{n} {v}" for n, v in trial.settings.items())
        table.add_row(
            str(trial.number),
            trial.state,
            "" if trial.score is None else f"{trial.score:.4g}",
            str(trial.epochs),
            "" if trial.seconds is None else f"{trial.seconds:.1f}",
            printable(trial.reason or settings or "the defaults"),
        )
    plain_console().print(table)


def print_rebalancing(rebalancing: dict | None) -> None:
    """Prints the class counts of a training epoch; nothing without rebalancing."""
    if rebalancing is None:
        return
    click.echo(f"\ntraining examples per class, with {rebalancing['name']}:")
    for name, row in rebalancing["classes"].items():
        counts = f"{row['there']:,} in the data, {row['asked']:,} requested"
        counts += f", {row['drawn']:,} per epoch"
        if "weight" in row:
            counts += f", weight {row['weight']:.3g}"
        click.echo(f"  {printable(name)}: {counts}")
    click.echo()


def print_evaluation(
    evaluation: Evaluation | RegressionEvaluation, part: str = "test"
) -> None:
    """Prints the table of an evaluation, then its summary."""
    print_scores(*evaluation.table())
    click.echo(f"\n{evaluation.summary(part)}")


def print_scores(header: list[str], rows: list[list[str]]) -> None:
    """Prints a table whose first column names its rows."""
    from rich.table import Table

    first, *columns = header
    table = Table(first, box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*map(printable, row))
    plain_console().print(table)
