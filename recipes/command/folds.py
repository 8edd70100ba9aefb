"""`zoo fit --folds`."""

import pathlib
from typing import Any

import click

from recipes.command.options import print_json
from recipes.sources import OPTIONS
from zoo.errors import printable

MOST = 100  # folds


def cross_validated(
    dataset: Any,
    folds: int,
    out: pathlib.Path | None,
    settings: dict[str, Any],
) -> Any:
    """The result of a cross-validation; the data are read as `dataset` was given."""
    from recipes.experiments.cross_validation import cross_validate

    source, given = dataset.given
    options = {n: value for n, value in given.items() if value != OPTIONS[n].default}
    return cross_validate(data=source, folds=folds, out=out, **settings, **options)


def show_folds(result: Any, as_json: bool) -> None:
    """Prints the scores of a cross-validation."""
    from recipes.command.tables import print_scores

    if as_json:
        print_json(result.as_json())
        return
    print_scores(*result.table())
    click.echo(f"\n{result.summary()}")
    click.echo(f"folder: {printable(str(result.folder))}")
