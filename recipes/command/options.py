"""Options that several subcommands share."""

import functools
import json
import pathlib

import click

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON."
)

LOADING = (  # options of the same name as arguments of `recipes.load`
    "data_dir",
    "label_column",
    "text_column",
    "categorical_columns",
    "image_size",
    "sample_rate",
    "clip_seconds",
    "sequences",
    "group",
    "test_groups",
    "skip_corrupt",
    "cache_dir",
    "num_examples",
    "noise",
    "data_seed",
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
    arguments of `recipes.load` to use where the user gives none.
    """

    @click.option(
        "--data",
        default="digits",
        show_default=True,
        metavar="NAME|PATH",
        help="digits; xor, two_moons or spirals, which are made; a name of TensorFlow "
        "Datasets; a folder of images, .txt or .wav files with one folder per class; "
        ".npy, .npz or TFRecord files; or a .csv table.",
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
        "--text-column",
        metavar="NAME",
        help="Column of a .csv table to learn from as text.",
    )
    @click.option(
        "--categorical-column",
        "categorical_columns",
        multiple=True,
        metavar="NAME",
        help="Column of a .csv table whose numbers name categories; repeatable. "
        "Columns of words are categories anyway.",
    )
    @click.option(
        "--image-size",
        type=ImageSize(),
        help="Resize images to this size.",
    )
    @click.option(
        "--sample-rate",
        type=click.IntRange(min=1),
        metavar="HERTZ",
        help="Resample sounds to this rate.",
    )
    @click.option(
        "--clip-seconds",
        type=click.FloatRange(min=0, min_open=True),
        help="Length that sounds get, cut or with silence behind.",
    )
    @click.option(
        "--sequences",
        is_flag=True,
        help="An .npz file or .npy folder holds sequences (n, time, features).",
    )
    @click.option(
        "--group",
        metavar="NAME|PATTERN",
        help="Hold out whole groups, such as speakers: a column or feature, or a "
        "pattern of file names, such as '_(.+)_'.",
    )
    @click.option(
        "--test-group",
        "test_groups",
        multiple=True,
        metavar="NAME",
        help="A group of the test part; repeatable.",
    )
    @click.option(
        "--skip-corrupt",
        is_flag=True,
        help="Go on without files that cannot be read, and count them.",
    )
    @click.option(
        "--cache-dir",
        metavar="PATH|none",
        help="Folder that keeps decoded examples.  [default: $ZOO_CACHE, or the "
        "system's place for such]",
    )
    @click.option(
        "--num-examples",
        type=click.IntRange(min=1),
        help="Of made data, how many examples.  [default: 1,000]",
    )
    @click.option(
        "--noise",
        type=click.FloatRange(min=0),
        help="Of made data, the standard deviation of the noise.",
    )
    @click.option(
        "--data-seed",
        type=click.IntRange(min=0),
        help="Of made data, what draws them.  [default: 0]",
    )
    @functools.wraps(command)
    def wrapped(data, no_download, **arguments):
        options = {name: arguments.pop(name) for name in LOADING}

        def dataset(**defaults):
            from recipes.sources import load

            # `--noise 0` is given too; a flag that is not, is False.
            given = {
                name: value
                for name, value in options.items()
                if value or (value == 0 and value is not False)
            }
            loaded = load(data, download=not no_download, **(defaults | given))
            click.echo(loaded.describe(), err=True)
            for note in loaded.notes:
                click.echo(f"  {note}", err=True)
            return loaded

        return command(dataset=dataset, **arguments)

    return wrapped


def print_json(content) -> None:
    """Prints a result for a script, and nothing else, on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False))
