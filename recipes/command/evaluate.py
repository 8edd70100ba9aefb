"""`zoo evaluate`."""

from __future__ import annotations

import pathlib
import typing
from collections.abc import Callable

import click

from recipes.command.options import as_json, data_options, print_json, trust
from recipes.command.start import start_tensorflow

if typing.TYPE_CHECKING:  # It loads NumPy.
    from recipes.data.dataset import Dataset


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@data_options
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
    help="Part of the data to score.",
)
@trust
@as_json
def evaluate(
    model: pathlib.Path,
    dataset: Callable[..., Dataset],
    part: str,
    trusted: bool,
    as_json: bool,
) -> None:
    """Score MODEL on a part of the data.

    MODEL is a .keras file, a run folder or a SavedModel.
    """
    start_tensorflow()
    from zoo.loading import load_model

    classifier = load_model(model, trusted=trusted)

    from recipes.reports.evaluation import evaluate as score, load_options

    evaluation = score(classifier, dataset(**load_options(classifier)), part=part)
    if as_json:
        print_json(evaluation.as_json())
        return
    from recipes.command.tables import print_evaluation

    print_evaluation(evaluation, part)
