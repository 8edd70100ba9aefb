"""`zoo export`."""

import pathlib

import click

from recipes.command.model_argument import found, model_argument
from recipes.command.options import CheckedPath, as_json, print_json
from recipes.command.start import start_tensorflow
from recipes.progress import waiting
from zoo.errors import printable


@click.command()
@model_argument()
@click.argument("out", type=CheckedPath())
@click.option(
    "--format",
    "format_",
    type=click.Choice(["saved_model", "onnx", "litert"]),
    default="saved_model",
    show_default=True,
    help="Format of the export. For onnx and litert, OUT is a file that ends in .onnx "
    "or .tflite.",
)
@as_json
def export(model: str, out: pathlib.Path, format_: str, as_json: bool) -> None:
    """Export MODEL for serving, to the folder OUT/VERSION or to the file OUT.

    MODEL is the name of a preset, a run folder, a .keras file, the https:// address of
    a .keras or .zip file, or hf://user/name.
    """
    path = found(model)
    start_tensorflow()
    from zoo.exporting import export as export_model

    with waiting("exporting, and trying the export in an engine of its own"):
        network, names = _network(path)
        written = export_model(network, out, format=format_, **names)
    if as_json:
        print_json({"path": str(written)})
    else:
        click.echo(printable(f"exported and checked: {written}"))


def _network(path: pathlib.Path):
    """Loads the Keras model, and the names of its classes and features."""
    from zoo.exporting.sequences import answers_with_sequences
    from zoo.loading import load_model, load_network
    from zoo.models.dcgan.model import DCGAN
    from zoo.targets import Multiclass, SequenceLabels

    network = load_network(path)
    if isinstance(network, DCGAN) or answers_with_sequences(network):
        return network, {}
    trained = load_model(path)
    names = {"feature_names": trained.feature_names}
    if isinstance(trained.target, Multiclass | SequenceLabels):
        names["class_names"] = trained.target.names
    return trained.model, names
