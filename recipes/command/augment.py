"""`zoo augment`."""

import os
import pathlib

import click

from recipes.command.options import as_json, data_options, print_json
from recipes.command.start import start_tensorflow
from zoo.errors import InputError


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
        help="How training images are changed: none; auto, for what suits the data "
        "set; or light, digits, photos, strong.",
    )


@click.command()
@data_options
@augment_option(default="auto")
@click.option(
    "--number",
    type=click.IntRange(1, 40),
    default=6,
    show_default=True,
    help="How many images to show.",
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
    help="Of the images shown and of their changes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=pathlib.Path),
    default="augmented.png",
    show_default=True,
    help="The picture, a .png file; one that is there is replaced.",
)
@as_json
def augment(dataset, augment, out, as_json, **settings):
    """Draw training images beside augmented ones, to judge by eye.

    Look whether you would still give each the same label: what you would not, the
    model learns wrong.
    """
    check_picture(out)
    start_tensorflow()
    from recipes.augmentation import choose
    from recipes.augmentation.preview import draw_samples

    loaded = dataset()
    chosen = choose(augment, loaded)
    draw_samples(loaded, chosen, out, **settings)
    if as_json:
        configuration = None if chosen is None else chosen.get_config()
        print_json({"path": str(out), "augmentation": configuration, **settings})
    else:
        click.echo(f"{chosen or 'no augmentation'}\npicture: {out}")


def check_picture(path: pathlib.Path) -> None:
    """Refuses, before any work, a picture that cannot be written."""
    if path.suffix.lower() != ".png":
        raise InputError(f"The picture must be a .png file, got {path}.")
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.")
    if not path.parent.is_dir():
        raise InputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write {path}: no permission in {path.parent}.")
