"""The command `python -m docs.figures`."""

import os
import pathlib
import sys
import time

import click

from docs.figures import NAMES, freshness


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--all", "every", is_flag=True, help="Draw figures that are up to date, too."
)
@click.option(
    "--only", type=click.Choice(NAMES), help="Draw or check only this figure."
)
@click.option(
    "--check",
    is_flag=True,
    help="List stale figures instead of drawing; exit status 1 if any is.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=freshness.ROOT / "docs" / "pictures",
    help="Folder of the pictures. Default: docs/pictures.",
)
def main(every: bool, only: str | None, check: bool, out: pathlib.Path) -> None:
    """Draw the figures of the catalogue whose components changed."""
    if every and check:
        raise click.UsageError("--all draws, but --check only lists: give one of them.")
    names = [only] if only else list(NAMES)
    if not every:
        names = [name for name in names if not freshness.is_fresh(name, out)]
    if check:
        _report(names, out)
    elif names:
        _draw(names, out)
    else:
        click.echo("All pictures are up to date.")


def _report(names: list[str], folder: pathlib.Path) -> None:
    for name in names:
        picture = folder / f"{name}.png"
        click.echo(f"{'stale' if picture.exists() else 'missing'}: {picture}")
    if names:
        click.echo("To update the pictures, run: python -m docs.figures")
        sys.exit(1)


def _draw(names: list[str], folder: pathlib.Path) -> None:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    from recipes.command.start import start_tensorflow
    from recipes.progress import waiting

    start_tensorflow()
    from docs.figures.drawing import draw

    for number, name in enumerate(names, 1):
        start = time.monotonic()
        with waiting(f"{number} of {len(names)}: drawing {name}"):
            picture = draw(name, folder)
        seconds, size = time.monotonic() - start, picture.stat().st_size
        click.echo(f"{picture}: {size / 1000:.0f} kB in {seconds:.1f} s")


if __name__ == "__main__":
    main()
