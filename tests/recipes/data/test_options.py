"""Options declared once: their checks, and the options of the command."""

import dataclasses
import pathlib

import click
import pytest
from click.testing import CliRunner

from custom.arguments import boolean, positive, positive_integer
from recipes.command.options import command_options
from recipes.data.options import (
    check_options,
    option,
    optional,
    options_of,
    path,
    text,
    tuple_of,
)
from zoo.errors import InputError


def size(given: str) -> tuple[int, int]:
    height, width = given.split("x")
    return int(height), int(width)


@dataclasses.dataclass(frozen=True)
class Declared:
    rate: float = option(positive, 0.5, help="A rate.")
    number: int | None = option(
        optional(positive_integer), None, help="A number.", default_help="by size"
    )
    is_quick: bool = option(boolean, False, help="Quick.", flag="--quick")
    downloads: bool = option(boolean, True, help="Do not.", flag="--no-download")
    compiles: bool | None = option(optional(boolean), None, help="Compile.")
    names: tuple[str, ...] = option(tuple_of(text), (), help="Names.", flag="--name")
    folder: pathlib.Path | None = option(optional(path), None, help="Where.")
    shape: tuple[int, int] | None = option(
        optional(lambda name, value: value), None, help="Size.", parse=size
    )
    mode: str = option(text, "one", choices=("one", "two"), help="Mode.")
    inner: int = option(positive_integer, 3, flag=None)

    def __post_init__(self) -> None:
        check_options(self)


@click.command()
@command_options(Declared)
def command(**given):
    click.echo(repr(Declared(**given)))


GIVEN = {  # name: (arguments of the command, arguments of the declaration)
    "nothing": ((), {}),
    "number": (("--number", "4"), {"number": 4}),
    "flags": (("--quick", "--no-download"), {"is_quick": True, "downloads": False}),
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
    assert result.output.strip() == repr(Declared(**expected))


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
        Declared(**given)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    "given, message",
    [
        ({"names": 3}, "`names` must be a list, got 3"),
        ({"folder": 3}, "`folder` must be a path, got 3"),
        ({"is_quick": 1}, "`is_quick` must be True or False, got 1"),
    ],
)
def test_types_are_checked(given, message):
    with pytest.raises(InputError, match=message):
        Declared(**given)


def test_the_help_lists_every_option_with_its_default():
    output = CliRunner().invoke(command, ["--help"]).output
    for declared in options_of(Declared).values():
        assert (declared.flag is None) or (declared.flag in output)
    assert "inner" not in output
    assert "[default: by size]" in output
    assert "[default: 0.5]" in output
    assert "[one|two]" in output
