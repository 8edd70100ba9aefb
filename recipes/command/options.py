"""Options that several subcommands share."""

import functools
import json
import pathlib

import click

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON."
)


class ImageSize(click.ParamType):
    """`HEIGHTxWIDTH`, or one number for a square."""

    name = "HEIGHTxWIDTH"

    def convert(self, value, parameter, context):
        sides = value.lower().split("x")
        if not 1 <= len(sides) <= 2 or not all(s.isdigit() and int(s) for s in sides):
            self.fail(f"{value!r} is not a size such as 64 or 48x64.")
        return int(sides[0]), int(sides[-1])


def data_options(command):
    """`--data` and how to read it; the command gets one argument, `dataset`.

    `dataset` is a function that loads, so that cheap checks come first. It takes
    the image size to use where the user names none.
    """

    @click.option(
        "--data",
        default="digits",
        show_default=True,
        metavar="NAME|PATH",
        help="digits, a name of TensorFlow Datasets, a folder of images with one "
        "folder per class, an .npz file, or a .csv table.",
    )
    @click.option(
        "--data-dir",
        type=click.Path(path_type=pathlib.Path, file_okay=False),
        help="Where TensorFlow Datasets keeps its data.",
    )
    @click.option(
        "--no-download", is_flag=True, help="Use data that is already there alone."
    )
    @click.option(
        "--label-column",
        default="label",
        show_default=True,
        metavar="NAME",
        help="Column of a .csv table that holds the class.",
    )
    @click.option(
        "--image-size",
        type=ImageSize(),
        help="Resize images to this size.",
    )
    @click.option(
        "--skip-corrupt",
        is_flag=True,
        help="Go on without images that cannot be read, and count them.",
    )
    @functools.wraps(command)
    def wrapped(
        data, data_dir, no_download, label_column, image_size, skip_corrupt, **rest
    ):
        def dataset(size=None):
            from recipes.sources import load

            loaded = load(
                data,
                data_dir=data_dir,
                download=not no_download,
                label_column=label_column,
                image_size=image_size or size,
                skip_corrupt=skip_corrupt,
            )
            click.echo(loaded.describe(), err=True)
            for note in loaded.notes:
                click.echo(f"  {note}", err=True)
            return loaded

        return command(dataset=dataset, **rest)

    return wrapped


def print_json(content) -> None:
    """Prints a result for a script, and nothing else, on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False))
