"""`zoo augment`."""

import os
import pathlib

import click

from recipes.command.options import as_json, data_options, print_json
from recipes.command.start import start_tensorflow
from zoo.errors import InputError
from zoo.kinds import Kind


def augment_option(default: str):
    """`--augment`: a name, checked before anything is loaded."""

    def checked(context, parameter, value):
        from recipes.augmentation.presets import check_name

        check_name(value)
        return value

    return click.option(
        "--augment",
        default=default,
        show_default=True,
        callback=checked,
        metavar="NAME",
        help="How training examples are changed: none; auto, for what suits the data "
        "set; light, strong; or, for images, digits, photos.",
    )


@click.command()
@data_options
@augment_option(default="auto")
@click.option(
    "--number",
    type=click.IntRange(1, 40),
    default=6,
    show_default=True,
    help="How many examples to show.",
)
@click.option(
    "--variants",
    type=click.IntRange(1, 20),
    default=8,
    show_default=True,
    help="How many changed ones of each.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of the examples shown and of their changes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=pathlib.Path),
    help="The picture of images or sounds, a .png file, or what becomes of texts, a "
    ".txt file; one that is there is replaced. Default: augmented.png; texts are "
    "printed.",
)
@as_json
def augment(dataset, augment, out, as_json, **settings):
    """Show training examples beside augmented ones, to judge by eye.

    Look whether you would still give each the same label: what you would not, the
    model learns wrong.
    """
    if out is not None:
        check_out(out)
    start_tensorflow()
    from recipes.augmentation import choose
    from recipes.augmentation.preview import draw_samples
    from recipes.augmentation.rewording import samples_of, written
    from zoo.atomic_writes import atomic_write

    loaded = dataset()
    if out is not None and (out.suffix.lower() == ".txt") != (loaded.kind == Kind.TEXT):
        needed = ".txt" if loaded.kind == Kind.TEXT else ".png"
        raise InputError(f"{loaded.name} {loaded.holds}: give a {needed} file.")
    chosen = choose(augment, loaded)
    report = {"augmentation": None if chosen is None else chosen.get_config()}
    if loaded.kind == Kind.TEXT:
        samples = samples_of(loaded, chosen, **settings)
        text = written(samples)
        if out is not None:
            with atomic_write(out) as draft:
                draft.write_text(text, encoding="utf-8")
        report["texts"] = samples
        shown = text if out is None else f"texts: {out}"
    else:
        out = out or pathlib.Path("augmented.png")
        check_out(out)
        draw_samples(loaded, chosen, out, **settings)
        shown = f"picture: {out}"
    if as_json:
        path = None if out is None else str(out)
        print_json({"path": path, **report, **settings})
    else:
        click.echo(f"{chosen or 'no augmentation'}\n{shown}")


def check_out(path: pathlib.Path) -> None:
    """Refuses, before any work, a file that cannot be written."""
    if path.suffix.lower() not in (".png", ".txt"):
        raise InputError(
            f"What is shown must be a .png file, or for texts a .txt file, got {path}."
        )
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.")
    if not path.parent.is_dir():
        raise InputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write {path}: no permission in {path.parent}.")
