"""`zoo push`."""

import click

from recipes.command.options import as_json, print_json
from recipes.command.start import start_tensorflow
from recipes.progress import waiting
from zoo.errors import printable


@click.command()
@click.argument("model")
@click.argument("destination")
@click.option(
    "--license",
    metavar="NAME",
    help="Licence of the weights as the hub knows it, such as apache-2.0.",
)
@click.option(
    "--public",
    is_flag=True,
    help="Let everybody see a new repository of the hub. The default is private.",
)
@as_json
def push(
    model: str, destination: str, license: str | None, public: bool, as_json: bool
) -> None:
    """Write MODEL with its card and report to DESTINATION.

    MODEL is a run folder, or a preset by name or folder. DESTINATION is hf://user/name,
    with the token of huggingface_hub (hf auth login, HF_TOKEN), or a new folder. No
    examples of the data are written.
    """
    start_tensorflow()
    from recipes.publishing.push import push as push_model

    with waiting("writing the model, its card and its report"):
        written = push_model(model, destination, license=license, public=public)
    if as_json:
        print_json({"written": written})
    else:
        click.echo(printable(f"written: {written}"))
