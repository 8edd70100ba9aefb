"""Options, each declared once: for a function, its checks, and the command.

A frozen dataclass declares a group of options as its fields, made by `option`:

    @dataclasses.dataclass(frozen=True)
    class Settings:
        epochs: int | None = option(
            optional(positive_integer), None, help="Passes over the data."
        )

        def __post_init__(self) -> None:
            check_options(self)

`options_of(Settings)` lists them as `Option` objects. `command_options(Settings)` of
`recipes.command.options` makes the command's options from them, and a test compares
the signature of a public function with them.

A function declares its options itself, if its annotations bring the checks and its
docstring the help, as `recipes.fit` does: see `options_of_function`.
"""

import dataclasses
import inspect
import os
import pathlib
import re
import types
import typing
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal

from custom.arguments import boolean, one_of
from zoo.errors import InputError
from zoo.kinds import Kind

Check = Callable[[str, Any], Any]


@dataclasses.dataclass(frozen=True)
class Option:
    """One option as it was declared.

    Attributes:
        name: Name of the Python argument.
        type: Type of the value, such as `int`; of a tuple, the type of its items.
        is_tuple: Whether the value is a tuple; the command's option is repeatable.
        check: Function of name and value that returns the value to use, or raises
            `ValueError`.
        default: The value if the user gives none.
        help: What it does, in one sentence, for `--help`.
        flag: Spelling in the command; `None` if the command does not have it.
        metavar: What stands for the value in `--help`.
        choices: The allowed strings, or empty.
        default_help: What `--help` says about the default. Default: the value.
        parse: Function from the command's text to the value. Default: `type`.
        kinds: Kinds of data that the option is for; empty for all.
    """

    name: str
    type: type
    is_tuple: bool
    check: Check
    default: Any
    help: str
    flag: str | None
    metavar: str | None
    choices: tuple[str, ...]
    default_help: str | None
    parse: Callable[[str], Any] | None
    kinds: tuple[Kind, ...]

    def checked(self, value: Any) -> Any:
        """The value to use."""
        try:
            return self.check(self.name, value)
        except ValueError as error:
            raise InputError(str(error)) from error


def option(
    check: Check,
    default: Any = dataclasses.MISSING,
    *,
    help: str = "",
    flag: str | None = "",
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    default_help: str | None = None,
    parse: Callable[[str], Any] | None = None,
    kinds: tuple[Kind, ...] = (),
) -> Any:
    """A dataclass field that declares an option; see `Option` for the arguments.

    The name and the type are those of the field. The flag is `--` and the name with
    hyphens unless it is given, and `None` keeps the option out of the command.
    """
    declared = {
        "check": check,
        "help": help,
        "flag": flag,
        "metavar": metavar,
        "choices": choices,
        "default_help": default_help,
        "parse": parse,
        "kinds": kinds,
    }
    return dataclasses.field(default=default, metadata=declared)


def options_of(declaration: type) -> dict[str, Option]:
    """The options that a dataclass declares, by name.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Reading:
    ...     sample_rate: int | None = option(optional(text), None, help="Hertz.")
    >>> found = options_of(Reading)["sample_rate"]
    >>> found.flag, found.type, found.default
    ('--sample-rate', <class 'int'>, None)
    """
    hints = typing.get_type_hints(declaration)
    options = {}
    for field in dataclasses.fields(declaration):
        declared = dict(field.metadata)
        item, is_tuple = _item_type(hints[field.name])
        if declared["flag"] == "":
            declared["flag"] = "--" + field.name.replace("_", "-")
        options[field.name] = Option(
            field.name, item, is_tuple, default=field.default, **declared
        )
    return options


def options_of_function(
    function: Callable[..., Any], leave_out: Collection[str] = ()
) -> dict[str, Option]:
    """The options that the keyword-only arguments of a function declare, by name.

    The check comes from the annotation, the default from the signature, and the help
    from the section `Args` of the docstring.
    """
    parameters = inspect.signature(function).parameters
    texts = documented_arguments(function)
    options = {}
    for name, parameter in parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or name in leave_out:
            continue
        shown = plain_help(texts[name], parameters)
        told, _, default_help = shown.partition(" Default: ")
        hint, check = parameter.annotation, check_of(parameter.annotation)
        is_open = isinstance(hint, str)  # Names what is not imported yet: a name then.
        kind = str if is_open else _item_type(hint)[0]
        is_choice = kind is Literal
        options[name] = Option(
            name,
            str if is_choice else kind,
            False,
            check or (boolean if kind is bool else _anything),
            parameter.default,
            told,
            "--" + name.replace("_", "-"),
            "NAME" if is_open else None,
            _choices(hint) if is_choice else (),
            default_help.removesuffix(".") or None,
            None,
            (),
        )
        if parameter.default is None:
            checked = optional(options[name].check)
            options[name] = dataclasses.replace(options[name], check=checked)
    return options


def check_of(hint: Any) -> Check | None:
    """The check that an annotation brings; `None` if it brings none.

    >>> check_of(Annotated[str, text] | None)("name", "digits")
    'digits'
    """
    if choices := _choices(hint):
        return lambda name, value: one_of(name, value, choices)
    members = typing.get_args(hint) if _is_union(hint) else (hint,)
    for member in members:
        if typing.get_origin(member) is Annotated:
            return member.__metadata__[0]
    return None


def _choices(hint: Any) -> tuple[str, ...]:
    members = typing.get_args(hint) if _is_union(hint) else (hint,)
    found = [m for m in members if typing.get_origin(m) is Literal]
    return typing.get_args(found[0]) if found else ()


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _anything(name: str, value: Any) -> Any:
    return value


def documented_arguments(function: Callable[..., Any]) -> dict[str, str]:
    """What the section `Args` of a docstring says about each argument.

    >>> def add(a, b):
    ...     '''Adds.
    ...
    ...     Args:
    ...         a: A number.
    ...         b: Another
    ...             number.
    ...     '''
    >>> documented_arguments(add)
    {'a': 'A number.', 'b': 'Another number.'}
    """
    section = (inspect.getdoc(function) or "").partition("\nArgs:\n")[2]
    texts, name = {}, ""
    for line in section.partition("\n\n")[0].splitlines():
        start = re.fullmatch(r" {4}(\w+): (.*)", line)
        if start:
            name, texts[start[1]] = start[1], start[2]
        else:
            texts[name] += " " + line.strip()
    return texts


def plain_help(told: str, arguments: Collection[str]) -> str:
    """A docstring's text for the command, which has options and no objects.

    >>> told = 'Multiply `rate` by `"two"`; or an object. Objects stay. Default: 1.'
    >>> plain_help(told, ["rate"])
    'Multiply --rate by two. Default: 1.'
    """

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return f"--{code.replace('_', '-')}" if code in arguments else code.strip('"')

    told = re.sub(r"; or an object( of `[^`]+`)?", "", told)
    told = re.sub(r"(?<=\. )[^.]*\b[Oo]bjects?\b[^.]*\. ", "", told)
    return re.sub(r"`([^`]+)`", plain, told)


def check_options(declared: Any) -> None:
    """Replaces each field of a declaration by its checked value."""
    options = options_of(type(declared))  # type: ignore[arg-type]  # It is hashable.
    for name, each in options.items():
        object.__setattr__(declared, name, each.checked(getattr(declared, name)))


def _item_type(hint: Any) -> tuple[type, bool]:
    """The type of one value of an annotation, and whether it is of a tuple."""
    if _is_union(hint):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[-1] is Ellipsis:
        return typing.get_args(hint)[0], True
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    return typing.get_origin(hint) or hint, False


def optional(check: Check) -> Check:
    """A check that also allows `None`."""
    return lambda name, value: None if value is None else check(name, value)


def tuple_of(check: Check) -> Check:
    """A check of every item of a list or tuple; a string stands for itself."""

    def checked(name: str, values: Any) -> tuple:
        if isinstance(values, str):
            values = (values,)
        if not isinstance(values, list | tuple):
            raise ValueError(f"`{name}` must be a list, got {values!r}.")
        return tuple(check(name, value) for value in values)

    return checked


def text(name: str, value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{name}` must be a string, not empty, got {value!r}.")
    return value


def path(name: str, value: Any) -> pathlib.Path:
    """A path, which may be given as a string."""
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f"`{name}` must be a path, got {value!r}.")
    return pathlib.Path(value)
