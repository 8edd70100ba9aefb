"""`zoo evaluate`."""

import pathlib

import click

from recipes.command.options import as_json, data_options, print_json
from recipes.command.start import start_tensorflow


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@data_options
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
)
@as_json
def evaluate(model, dataset, part, as_json):
    """Score MODEL, a .keras file, a run folder or a SavedModel, on data."""
    start_tensorflow()
    from zoo.loading import load_classifier

    classifier = load_classifier(model)

    from recipes.reports.evaluation import evaluate as score
    from recipes.reports.evaluation import reading_of

    evaluation = score(classifier, dataset(**reading_of(classifier)), part=part)
    if as_json:
        print_json(evaluation.as_json())
        return
    from recipes.command.tables import print_evaluation

    print_evaluation(evaluation, part)
