"""Options that several subcommands share."""

import functools
import json
import os
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from custom.arguments import path, shown
from recipes.data.options import Option, text
from recipes.sources import DIGITS, OPTIONS, load_with_defaults
from recipes.sources.registry import SOURCES, listed
from zoo.errors import InputError, printable
from zoo.json_files import parse_value

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON."
)


trust = click.option(
    "--trust",
    "trusted",
    is_flag=True,
    help="Load a SavedModel although its graph could read and write files and run "
    "other code.",
)


class Parsed(click.ParamType):
    """A value that a function makes of the text; what it raises is shown."""

    name = "text"

    def __init__(self, parse: Callable) -> None:
        self._parse = parse

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        try:
            return self._parse(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), parameter, context)


texts_option = click.option(
    "--text",
    "texts",
    multiple=True,
    type=Parsed(functools.partial(text, "text")),
    metavar="TEXT",
    help="A text instead of a file; repeatable.",
)


def model_options(example: str) -> Callable:
    """A decorator that adds `--set` and `--metric`.

    Args:
        example: What the help of `--set` says of its values.
    """

    def decorated(command: Callable) -> Callable:
        metrics = click.option(
            "--metric",
            "metrics",
            multiple=True,
            metavar="NAME",
            help="One more metric by Keras's name, such as auc; repeatable.",
        )
        arguments = click.option(
            "--set",
            "model_arguments",
            multiple=True,
            metavar="NAME=VALUE",
            help=f"Constructor argument of the model, {example}; repeatable.",
        )
        return arguments(metrics(command))

    return decorated


def command_options(options: Mapping[str, Option]) -> Callable:
    """A decorator that gives a command the options that a function declares.

    The command gets one argument for each, with the declared default.
    """

    def decorated(command: Callable) -> Callable:
        for option in reversed([*options.values()]):
            if option.flag is not None:
                command = _command_option(option, option.flag)(command)
        return command

    return decorated


def _command_option(option: Option, flag: str) -> Callable:
    """The click option of a declared option, checked as its argument is."""

    def checked(context, parameter, value):
        try:
            return option.check(option.name, value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    settings: dict[str, Any] = {"default": option.default, "callback": checked}
    sentence = option.help
    if option.default_help is not None:
        sentence = f"{sentence}  [default: {option.default_help}]"
    elif option.default not in (None, ()) and not isinstance(option.default, bool):
        settings["show_default"] = True
    if option.type is bool and option.default is None:
        flag = f"{flag}/{flag.replace('--', '--no-', 1)}"
    elif option.type is bool:
        settings |= {"is_flag": True, "flag_value": not option.default}
    else:
        settings |= {"type": _type(option), "multiple": option.is_tuple}
        settings["metavar"] = option.metavar
    return click.option(flag, option.name, help=sentence, **settings)


def _type(option: Option):
    if option.choices:
        return click.Choice(option.choices)
    if option.parse is not None:
        return Parsed(option.parse)
    return str if issubclass(option.type, os.PathLike) else option.type


class CheckedPath(click.ParamType):
    """A path as `recipes.data.options` checks it; an empty one is refused."""

    name = "path"

    def convert(self, value: Any, parameter: Any, context: Any) -> pathlib.Path:
        try:
            return path(parameter.name, value)
        except ValueError as error:
            self.fail(str(error), parameter, context)


def source_as_given(context: Any, parameter: Any, value: str | None) -> str | None:
    """What is to be read as it is given: a name, or a path."""
    if value is not None:
        CheckedPath().convert(value, parameter, context)
    return value


def data_options(command: Callable) -> Callable:
    """Adds `--data` and how to read it; the command gets one argument, `dataset`.

    `dataset` is a function that loads the data, so that cheap checks come first. It may
    get another reader than `recipes.load`: a function of the source and of the options.
    """
    sources = listed([source.noun for source in SOURCES if not source.in_memory])

    @click.option(
        "--data",
        default="digits",
        show_default=True,
        callback=source_as_given,
        metavar="NAME|PATH",
        help=f"What to read: {sources}.",
    )
    @command_options(OPTIONS)
    @functools.wraps(command)
    def wrapped(data, **arguments):
        given = {name: arguments.pop(name) for name in OPTIONS if name in arguments}
        origin = click.get_current_context().get_parameter_source("data")
        if origin is click.core.ParameterSource.DEFAULT:
            data = DIGITS

        def dataset(read=None):
            if read is None:
                loaded = load_with_defaults(data, {}, given)
            else:
                loaded = read(data, given)
            click.echo(printable(loaded.describe()), err=True)
            for note in loaded.notes:
                click.echo(f"  {printable(note)}", err=True)
            return loaded

        dataset.given = data, given  # type: ignore[attr-defined]
        return command(dataset=dataset, **arguments)

    return wrapped


def assignment(text: str) -> tuple[str, object]:
    """The name and the value of `--set NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.BadParameter(
            f"{shown(text)} is not NAME=VALUE.", param_hint="--set"
        )
    try:
        return name, parse_value(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{shown(text)} cannot be used: {error}.", param_hint="--set"
        ) from error


def settings_to_vary(given: Collection[str], flag: str) -> dict[str, str]:
    """The values of each setting, as `NAME=VALUES` of an option gives them."""
    found = {}
    for each in given:
        name, equals, values = each.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(
                f"{shown(each)} is not NAME=VALUES.", param_hint=flag
            )
        found[name] = values
    return found


def same_in_every_run(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `recipes.fit` for the runs of an experiment."""
    return {
        **given,
        "model_arguments": dict(map(assignment, given["model_arguments"])) or None,
        "metrics": list(given["metrics"]) or None,
    }


def given_names(context: click.Context) -> list[str]:
    """The names of what the user gave."""
    command_line = click.core.ParameterSource.COMMANDLINE
    names = [str(parameter.name) for parameter in context.command.params]
    return [n for n in names if context.get_parameter_source(n) is command_line]


def refuse_others(context: click.Context, allowed: Collection[str], what: str) -> None:
    """Refuses options that would change what is resumed."""
    given = [
        parameter.opts[0] if parameter.name != "model" else "MODEL"
        for parameter in context.command.params
        if parameter.name in {*given_names(context)} - {*allowed}
    ]
    if given:
        raise click.UsageError(
            f"{what} keeps its model, data and settings: leave out {', '.join(given)}."
        )


def check_writable(path: pathlib.Path) -> None:
    """Refuses a file that cannot be written, before any work is done."""
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.")
    if not path.parent.is_dir():
        raise InputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write {path}: no permission in {path.parent}.")


def print_json(content: Any) -> None:
    """Prints a result for a script, and nothing else, on standard output."""
    click.echo(json.dumps(content))  # ASCII, so that names do nothing to a terminal.
