"""`zoo augment`."""

from __future__ import annotations

import pathlib
import typing
from collections.abc import Callable

import click

from recipes.command.options import (
    CheckedPath,
    as_json,
    check_writable,
    data_options,
    print_json,
)
from recipes.command.start import start_tensorflow
from zoo.errors import InputError, printable
from zoo.kinds import Kind

if typing.TYPE_CHECKING:  # It loads NumPy.
    from recipes.augmentation import Augmentation
    from recipes.data.dataset import Dataset


def augment_option(default: str | None) -> Callable:
    """Makes the option `--augment`, whose name is checked before data are loaded."""

    def checked(context, parameter, value):
        from recipes.augmentation.presets import check_name

        if value is not None:
            check_name(value)
        return value

    return click.option(
        "--augment",
        default=default,
        show_default=True,
        callback=checked,
        metavar="NAME",
        help="Augmentation of training examples: none; auto, which chooses by the "
        "data set; light; strong; or, for images only, digits or photos.",
    )


@click.command()
@data_options
@augment_option(default="auto")
@click.option(
    "--number",
    type=click.IntRange(1, 40),
    default=6,
    show_default=True,
    help="Number of examples to show.",
)
@click.option(
    "--variants",
    type=click.IntRange(1, 20),
    default=8,
    show_default=True,
    help="Number of augmented variants of each example.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Random seed for choosing and augmenting the examples.",
)
@click.option(
    "--out",
    type=CheckedPath(),
    help="Output file, which is overwritten: a .png picture of images or audio, or a "
    ".txt file of texts.  [default: augmented.png; texts are printed]",
)
@as_json
def augment(
    dataset: Callable[..., Dataset],
    augment: str,
    out: pathlib.Path | None,
    as_json: bool,
    **settings: int,
) -> None:
    """Show training examples beside augmented ones.

    Check by eye that each example would still get the same label. Otherwise the model
    learns from wrong labels.
    """
    if out is not None:
        check_out(out)
    start_tensorflow()
    from recipes.augmentation import choose
    from recipes.reports.preview import as_lines, augmented_texts, draw_samples
    from zoo.atomic_writes import atomic_write

    loaded = dataset()
    if out is not None and (out.suffix.lower() == ".txt") != (loaded.kind == Kind.TEXT):
        needed = ".txt" if loaded.kind == Kind.TEXT else ".png"
        raise InputError(f"{loaded.name} {loaded.holds}: give a {needed} file.")
    # Never a function of the user's own: `augment` is a name.
    chosen = typing.cast("Augmentation | None", choose(augment, loaded))
    report: dict[str, typing.Any] = {
        "augmentation": None if chosen is None else chosen.get_config()
    }
    if loaded.kind == Kind.TEXT:
        samples = augmented_texts(loaded, chosen, **settings)
        text = as_lines(samples)
        if out is not None:
            with atomic_write(out) as draft:
                draft.write_text(text, encoding="utf-8")
        report["texts"] = samples
        shown = text if out is None else printable(f"texts: {out}")
    else:
        out = out or pathlib.Path("augmented.png")
        check_out(out)
        draw_samples(loaded, chosen, out, **settings)
        shown = printable(f"picture: {out}")
    if as_json:
        path = None if out is None else str(out)
        print_json({"path": path, **report, **settings})
    else:
        click.echo(f"{chosen or 'no augmentation'}\n{shown}")


def check_out(path: pathlib.Path) -> None:
    """Refuses a file that cannot be written, before any work is done."""
    if path.suffix.lower() not in (".png", ".txt"):
        raise InputError(
            f"The output must be a .png file, or a .txt file for texts, got {path}."
        )
    check_writable(path)
