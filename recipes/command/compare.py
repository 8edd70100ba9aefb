"""`zoo compare`."""

import pathlib
from typing import Any

import click

from recipes.command.options import CheckedPath, as_json, print_json
from recipes.command.start import start_tensorflow_if_needed
from zoo.errors import printable


@click.command()
@click.argument("runs", type=CheckedPath(), nargs=-1, required=True)
@click.option(
    "--out",
    type=CheckedPath(),
    metavar="FOLDER",
    help="Write comparison.html, .png and .json into this folder.",
)
@as_json
def compare(
    runs: tuple[pathlib.Path, ...], out: pathlib.Path | None, as_json: bool
) -> None:
    """Compare finished RUNS: scores, curves, and what is more than chance.

    Runs that differ in nothing but the seed are a group with a mean and a spread.
    """
    start_tensorflow_if_needed()  # Models answer again if there are too few seeds.
    from recipes.experiments.comparison.compare import compare as compare_runs

    show_comparison(compare_runs(runs, out=out), out, as_json)


def show_comparison(found: Any, out: pathlib.Path | None, as_json: bool) -> None:
    """Prints a comparison."""
    if as_json:
        print_json(found.as_json())
        return
    from recipes.command.tables import plain_console
    from recipes.experiments.comparison.pages import NAMES, sections_of
    from recipes.reports.page_text import print_sections

    print_sections(sections_of(found), plain_console())
    if out is not None:
        click.echo(f"\npage: {printable(str(out / NAMES[0]))}")
