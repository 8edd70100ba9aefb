"""Results as tables for people."""

from __future__ import annotations

import typing

import click

if typing.TYPE_CHECKING:  # These load NumPy, which a list does not need.
    from recipes.evaluation import Evaluation
    from zoo.presets.index import Row

SHOWN = {  # how a score of a measure is written
    "accuracy": lambda score: f"{score:.2%}",
}


def print_presets(presets: list[Row]) -> None:
    """A row per preset."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "name", "model", "task", "data", "test score", box=None, pad_edge=False
    )
    for column in ("parameters", "size"):
        table.add_column(column, justify="right")
    for preset in presets:
        score = SHOWN.get(preset.measure, lambda score: f"{score:.4g}")(preset.score)
        table.add_row(
            preset.name,
            preset.model,
            preset.task,
            preset.data,
            f"{preset.measure} {score}",
            f"{preset.parameters:,}",
            f"{preset.bytes / 1e6:.1f} MB",
        )
    Console().print(table)


def print_evaluation(evaluation: Evaluation, part: str = "test") -> None:
    """Accuracy, then a row per class."""
    from rich.console import Console
    from rich.table import Table

    table = Table("class", box=None, pad_edge=False)
    for column in ("precision", "recall", "f1", "examples"):
        table.add_column(column, justify="right")
    for score in evaluation.classes:
        table.add_row(
            score.name,
            f"{score.precision:.4f}",
            f"{score.recall:.4f}",
            f"{score.f1:.4f}",
            f"{score.examples:,}",
        )
    Console().print(table)
    click.echo(
        f"\n{part} accuracy {evaluation.accuracy:.4f}, loss {evaluation.loss:.4f}"
    )
