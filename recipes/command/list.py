"""`zoo list`."""

import dataclasses

import click

from recipes.command.options import as_json, print_json
from zoo.errors import InputError
from zoo.names import nearest


@click.command("list")
@click.argument("pattern", default="*")
@click.option("--presets", is_flag=True, help="List trained presets instead.")
@click.option(
    "--task",
    metavar="TASK",
    help="With --presets: list only presets for this task; wildcards are allowed, such "
    "as 'image*'.",
)
@as_json
def list_(pattern: str, presets: bool, task: str | None, as_json: bool) -> None:
    """List all models, or only those whose names match PATTERN."""
    if presets:
        _list_presets(pattern, task, as_json)
    elif task is not None:
        raise InputError("--task only applies with --presets.")
    else:
        _list_models(pattern, as_json)


def _list_models(pattern, as_json):
    from zoo.registry import BACKBONES, MODELS, find, list_models

    models = {name: find(name) for name in list_models(pattern)}
    if as_json:
        print_json(
            [
                {"name": name, "inputs": entry.kinds, "summary": entry.summary}
                for name, entry in models.items()
            ]
        )
        return
    if not models:
        click.echo(f"No model matches; {nearest(pattern, MODELS)}", err=True)
    if pattern == "*":
        models |= {f"{package}:NAME": entry for package, entry in BACKBONES.items()}
    width = max(map(len, models), default=0) + 2
    for name, entry in models.items():
        click.echo(f"{name:{width}}{entry.summary}")


def _list_presets(pattern, task, as_json):
    from zoo.presets.index import list_presets, rows

    presets = [rows()[name] for name in list_presets(pattern, task=task)]
    if as_json:
        print_json([dataclasses.asdict(preset) for preset in presets])
        return
    if not presets and not list_presets(pattern):
        click.echo(f"No preset matches; {nearest(pattern, rows())}", err=True)
        return
    if not presets:
        tasks = sorted({row.task for row in rows().values()})
        listed = f"the tasks are: {', '.join(tasks)}."
        hint = nearest(task, tasks, otherwise=listed)
        click.echo(f"No preset matches; {hint}", err=True)
        return
    from recipes.command.tables import print_presets

    print_presets(presets)
