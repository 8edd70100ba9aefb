"""`zoo evaluate`."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from recipes.command.model_argument import found, model_argument
from recipes.command.options import (
    as_json,
    data_options,
    print_json,
    trust,
)
from recipes.command.start import start_tensorflow

if typing.TYPE_CHECKING:  # It loads NumPy.
    from recipes.data.dataset import Dataset
    from recipes.reports.evaluation import PartName


@click.command()
@model_argument()
@data_options
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train"]),
    help="Part of the data to score, split off as for training if the data lack it.  "
    "[default: test; of data without parts of their own, all examples]",
)
@trust
@as_json
def evaluate(
    model: str,
    dataset: Callable[..., Dataset],
    part: PartName | None,
    trusted: bool,
    as_json: bool,
) -> None:
    """Score MODEL on data that it was not trained on.

    MODEL is the name of a preset, a run folder, a .keras file, a SavedModel, the
    https:// address of a .keras or .zip file, or hf://user/name. Without --data, it is
    scored on the data of its training.
    """
    path = found(model)
    start_tensorflow()
    from zoo.loading import load_model

    classifier = load_model(path, trusted=trusted)

    from recipes.reports.evaluation import (
        evaluate as score,
        load_to_score,
        training_data,
    )

    context = click.get_current_context()
    is_given = context.get_parameter_source("data") is not ParameterSource.DEFAULT

    def read(source: str, given: dict[str, Any]) -> Dataset:
        if not is_given:
            source = training_data(classifier).get("source", source)
        return load_to_score(classifier, source, part, given)

    data = dataset(read)
    evaluation = score(classifier, data, part=part)
    if as_json:
        print_json(evaluation.as_json())
        return
    from recipes.command.tables import print_evaluation

    print_evaluation(evaluation, part or "test")


(DATA,) = (each for each in evaluate.params if each.name == "data")
DATA.show_default = "that of the training, or digits"  # type: ignore[attr-defined]
