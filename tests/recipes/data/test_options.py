"""Options declared once: their checks, and the options of the command."""

import os
from typing import Annotated, Any, Literal

import click
import pytest
from click.testing import CliRunner

from custom.arguments import path, positive, positive_integer
from recipes.command.options import command_options
from recipes.data.options import options_of_function, text, tuple_of
from zoo.errors import InputError


def size(given: str) -> tuple[int, int]:
    height, width = given.split("x")
    return int(height), int(width)


def declared(
    *,
    rate: Annotated[float, positive] = 0.5,
    number: Annotated[int, positive_integer] | None = None,
    is_quick: bool = False,
    downloads: bool = True,
    compiles: bool | None = None,
    names: Annotated[tuple[str, ...], tuple_of(text)] = (),
    folder: Annotated[str | os.PathLike, path] | None = None,
    shape: tuple[int, int] | None = None,
    mode: Literal["one", "two"] = "one",
    inner: Annotated[int, positive_integer] = 3,
    callback: Any = None,
) -> None:
    """Declares options.

    Args:
        rate: A rate.
        number: A `number`; or an object of `numbers`. Default: by size.
        is_quick: Be quick.
        downloads: Download.
        compiles: Compile
            all.
        names: Names.
        folder: Where.
        shape: Size.
        mode: Mode.
        inner: Inner.
        callback: Python alone.
    """


OPTIONS = options_of_function(
    declared,
    leave_out=["callback"],
    changes={
        "downloads": {"help": "Stay off-line."},
        "shape": {"parse": size, "metavar": "HxW"},
        "inner": {"flag": None},
    },
)
DEFAULTS = {name: option.default for name, option in OPTIONS.items()}


def checked(given):
    return {name: OPTIONS[name].checked(v) for name, v in {**DEFAULTS, **given}.items()}


@click.command()
@command_options(OPTIONS)
def command(**given):
    click.echo(repr(checked(given)))


GIVEN = {  # name: (arguments of the command, arguments of the declaration)
    "nothing": ((), {}),
    "number": (("--number", "4"), {"number": 4}),
    "flags": (("--is-quick", "--no-downloads"), {"is_quick": True, "downloads": False}),
    "yes": (("--compiles",), {"compiles": True}),
    "no": (("--no-compiles",), {"compiles": False}),
    "names": (("--name", "a", "--name", "b"), {"names": ["a", "b"]}),
    "one name": (("--name", "a"), {"names": "a"}),
    "folder": (("--folder", "here/it"), {"folder": "here/it"}),
    "shape": (("--shape", "4x5"), {"shape": (4, 5)}),
    "choice": (("--mode", "two"), {"mode": "two"}),
}


@pytest.mark.parametrize("arguments, expected", GIVEN.values(), ids=GIVEN)
def test_the_command_passes_the_values_given(arguments, expected):
    result = CliRunner().invoke(command, arguments)
    assert result.output.strip() == repr(checked(expected))


WRONG = {
    "rate": (("--rate", "0"), {"rate": 0}, "`rate` must be finite and above 0"),
    "number": (("--number", "0"), {"number": 0}, "`number` must be a positive integer"),
    "names": (("--name", ""), {"names": [""]}, "`names` must be a string, not empty"),
}


@pytest.mark.parametrize("arguments, given, message", WRONG.values(), ids=WRONG)
def test_python_and_the_command_refuse_values_with_the_same_message(
    arguments, given, message
):
    with pytest.raises(InputError, match=message):
        checked(given)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    "given, message",
    [
        ({"names": 3}, "`names` must be a list, got 3"),
        ({"folder": 3}, "`folder` must be a path, not empty, got 3"),
        ({"is_quick": 1}, "`is_quick` must be True or False, got 1"),
        ({"mode": "three"}, r"`mode` must be one of \['one', 'two'\], got 'three'"),
    ],
)
def test_types_are_checked(given, message):
    with pytest.raises(InputError, match=message):
        checked(given)


HELP = """
  --rate FLOAT                A rate.  [default: 0.5]
  --number INTEGER            A --number.  [default: by size]
  --is-quick                  Be quick.
  --no-downloads              Stay off-line.
  --compiles / --no-compiles  Compile all.
  --name TEXT                 Names. Repeatable.
  --folder TEXT               Where.
  --shape HxW                 Size.
  --mode [one|two]            Mode.  [default: one]
  --help                      Show this message and exit.
"""


def test_the_help_lists_every_option_with_its_default():
    output = CliRunner().invoke(command, ["--help"]).output
    assert output.partition("Options:")[2] == HELP
