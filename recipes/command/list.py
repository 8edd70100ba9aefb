"""`zoo list`."""

import click

from recipes.command.options import as_json, print_json


@click.command("list")
@click.argument("pattern", default="*")
@as_json
def list_(pattern, as_json):
    """List the models, all or those whose name matches PATTERN."""
    from zoo.registry import MODELS, list_models

    models = {name: MODELS[name] for name in list_models(pattern)}
    if as_json:
        print_json(
            [
                {"name": name, "inputs": entry.inputs, "summary": entry.summary}
                for name, entry in models.items()
            ]
        )
        return
    for name, entry in models.items():
        click.echo(f"{name:10}{entry.summary}")
