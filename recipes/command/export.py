"""`zoo export`."""

import pathlib

import click

from recipes.command.options import as_json, print_json
from recipes.command.start import start_tensorflow
from recipes.progress import waiting
from zoo.errors import InputError


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.argument("out", type=click.Path(path_type=pathlib.Path))
@as_json
def export(model, out, as_json):
    """Export MODEL, a .keras file or a run folder, as OUT/VERSION for serving."""
    start_tensorflow()
    from zoo.exporting import export as export_model
    from zoo.loading import load_classifier

    classifier = load_classifier(model)
    if classifier.model is None:
        raise InputError(
            f"{classifier.source} is a SavedModel already; give the .keras file or the "
            "run folder it came from."
        )
    with waiting("exporting, and trying the export in a process of its own"):
        version = export_model(
            classifier.model,
            out,
            class_names=classifier.class_names,
            feature_names=classifier.feature_names,
        )
    if as_json:
        print_json({"path": str(version)})
    else:
        click.echo(f"exported and checked: {version}")
