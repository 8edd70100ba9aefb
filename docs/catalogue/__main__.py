"""The command `python -m docs.catalogue`."""

import pathlib
import sys

import click

PAGE = pathlib.Path(__file__).parents[1] / "formulas.md"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if it is stale."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    default=PAGE,
    help="The page, docs/formulas.md unless told otherwise.",
)
def main(check, out):
    """Write the catalogue of formulas from the components' docstrings."""
    from recipes.command.start import start_tensorflow

    start_tensorflow()
    from custom.formulas import FORMULAS
    from docs.catalogue.page import differences, page

    text = page(FORMULAS)
    old = out.read_text("utf-8") if out.exists() else ""
    if not check:
        out.write_text(text, "utf-8")
        click.echo(f"{out}: {len(FORMULAS)} formulas")
    elif old != text:
        for title in differences(old, text):
            click.echo(f"stale: {title}")
        click.echo("Write it again with: python -m docs.catalogue")
        sys.exit(1)


if __name__ == "__main__":
    main()
