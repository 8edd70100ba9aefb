"""`zoo report`."""

import pathlib

import click

from recipes.command.options import CheckedPath, as_json, print_json, source_as_given
from recipes.command.start import start_tensorflow
from zoo.errors import printable


@click.command()
@click.argument("run", type=CheckedPath())
@click.option(
    "--data",
    metavar="NAME|PATH",
    callback=source_as_given,
    help="The data of the run, if they are somewhere else by now.",
)
@click.option(
    "--out",
    type=CheckedPath(),
    metavar="FILE",
    help="The page to write.  [default: report.html in RUN]",
)
@as_json
def report(
    run: pathlib.Path, data: str | None, out: pathlib.Path | None, as_json: bool
) -> None:
    """Write the page of RUN again, such as one of an earlier version.

    Examples are answered again. If the data are not there any more, the page has all
    but examples.
    """
    start_tensorflow()
    from recipes.progress import waiting
    from recipes.training.run_report import report as write

    with waiting("writing the report"):
        file = write(run, data=data, out=out)
    if as_json:
        print_json({"report": str(file)})
    else:
        click.echo(printable(f"report: {file}"))
