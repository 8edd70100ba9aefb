"""Results as tables for people."""

import click

from recipes.evaluation import Evaluation


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
