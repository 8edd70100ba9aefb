"""The command `python -m docs.catalogue`."""

import pathlib
import sys

import click

PAGE = pathlib.Path(__file__).parents[1] / "formulas.md"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--check",
    is_flag=True,
    help="List what is stale instead of writing; exit status 1 if anything is.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    default=PAGE,
    help="File to write. Default: docs/formulas.md.",
)
def main(check: bool, out: pathlib.Path) -> None:
    """Write the catalogue of formulas from the declarations of the components."""
    from recipes.command.start import start_tensorflow

    start_tensorflow()
    from docs.catalogue import collect
    from docs.catalogue.page import differences, page

    rows = collect()
    text = page(rows)
    old = out.read_text("utf-8") if out.exists() else ""
    if not check:
        out.write_text(text, "utf-8")
        click.echo(f"{out}: {len(rows)} formulas")
    elif old != text:
        for title in differences(old, text):
            click.echo(f"stale: {title}")
        click.echo("To update the page, run: python -m docs.catalogue")
        sys.exit(1)


if __name__ == "__main__":
    main()
