"""`zoo data`."""

import pathlib
from typing import Any

import click

from recipes.command.options import (
    CheckedPath,
    as_json,
    check_writable,
    command_options,
    print_json,
    source_as_given,
)
from recipes.command.start import start_tensorflow_if_needed
from recipes.sources import DIGITS, OPTIONS
from zoo.errors import InputError, printable


@click.command()
@click.argument("source", metavar="PATH|NAME", required=False, callback=source_as_given)
@command_options(OPTIONS)
@click.option(
    "--html",
    type=CheckedPath(),
    metavar="FILE",
    help="Write one .html page with samples of each class, which is overwritten.",
)
@as_json
def data(
    source: str | None, html: pathlib.Path | None, as_json: bool, **options: Any
) -> None:
    """Show what was understood of data, and what to look at before training.

    It tells the task and why, the parts, each column and its role, class counts, sizes,
    copies of examples, and the command that trains a model. PATH is what --data of
    the other commands takes.
    """
    if html is not None:
        if html.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--html must be an .html file, got {html}.")
        check_writable(html)
    given = {n: v for n, v in options.items() if v != OPTIONS[n].default}
    if source is None and "train" not in given:
        raise InputError("Give the data: a path or a name, or --train.")
    start_tensorflow_if_needed()  # Most kinds of data are read without its seconds.
    from recipes.reports.inspection import inspect
    from zoo.atomic_writes import atomic_write

    found = inspect(DIGITS if source is None else source, **given)
    if html is not None:
        with atomic_write(html) as draft:
            draft.write_text(found.html(), encoding="utf-8")
    if as_json:
        print_json(found.to_dict() | {"page": None if html is None else str(html)})
        return
    from recipes.command.tables import plain_console
    from recipes.reports.inspection.sections import sections_of
    from recipes.reports.page_text import print_sections

    print_sections(sections_of(found), plain_console())
    if html is not None:
        click.echo(f"\n{printable(f'page: {html}')}")
