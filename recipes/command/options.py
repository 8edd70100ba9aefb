"""Options that several subcommands share."""

import functools
import json
import os
import pathlib
from collections.abc import Callable, Iterable

import click

from recipes.data.options import Option, options_of

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


def command_options(declaration: type, names: Iterable[str] | None = None) -> Callable:
    """A decorator that gives a command the options that a dataclass declares.

    The command gets one argument for each, with the declared default.

    Args:
        declaration: Dataclass with fields made by `recipes.data.options.option`.
        names: Fields to take. Default: all that have a flag.
    """
    declared = options_of(declaration)
    chosen = [declared[name] for name in declared if names is None or name in names]

    def decorated(command: Callable) -> Callable:
        for option in reversed([each for each in chosen if each.flag is not None]):
            command = _command_option(option)(command)
        return command

    return decorated


def _command_option(option: Option) -> Callable:
    """The click option of a declared option, checked as its argument is."""

    def checked(context, parameter, value):
        try:
            return option.check(option.name, value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    settings = {"default": option.default, "callback": checked}
    told = option.help
    if option.default_help is not None:
        told = f"{told}  [default: {option.default_help}]"
    elif option.default not in (None, (), True, False):
        settings["show_default"] = True
    flag = option.flag
    if option.type is bool and option.default is None:
        flag = f"{flag}/{flag.replace('--', '--no-', 1)}"
    elif option.type is bool:
        settings |= {"is_flag": True, "flag_value": not option.default}
    else:
        settings |= {"type": _type(option), "multiple": option.is_tuple}
        settings["metavar"] = option.metavar
    return click.option(flag, option.name, help=told, **settings)


def _type(option: Option):
    if option.choices:
        return click.Choice(option.choices)
    is_path = issubclass(option.type, os.PathLike)
    return option.parse or (str if is_path else option.type)


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
