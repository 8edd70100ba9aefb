"""Options, each declared once: for a function, its checks, and the command.

A function declares its options by its keyword-only arguments, as `recipes.fit` and
`recipes.load` do: the annotations bring the checks, the signature the defaults, and the
docstring the help. `options_of_function` lists them as `Option` objects, and
`command_options` of `recipes.command.options` makes the command's options from them.
"""

import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, TypeVar

from custom.arguments import boolean, one_of, shown
from zoo.errors import checked
from zoo.kinds import Kind

Check = Callable[[str, Any], Any]
Function = TypeVar("Function", bound=Callable[..., Any])


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
        help: What it does, for `--help`.
        default_help: What `--help` says about the default. Default: the value.
        flag: Spelling in the command; `None` if the command does not have it.
        choices: The allowed strings, or empty.
        metavar: What stands for the value in `--help`.
        parse: Function from the command's text to the value. Default: `type`.
        kind: The kind of data that the option is for. Default: all.
    """

    name: str
    type: type
    is_tuple: bool
    check: Check
    default: Any
    help: str
    default_help: str | None
    flag: str | None
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    parse: Callable[[str], Any] | None = None
    kind: Kind | None = None

    def checked(self, value: Any) -> Any:
        """The value to use, or an `InputError`."""
        return checked(self.check, self.name, value)


def options_of_function(
    function: Callable[..., Any],
    leave_out: Collection[str] = (),
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Option]:
    """The options that the keyword-only arguments of a function declare, by name.

    The check comes from the annotation, the default from the signature, and the help
    from the section `Args` of the docstring.

    Args:
        function: The function.
        leave_out: Names of arguments that are not options.
        changes: For some names, attributes of `Option` that the declaration does not
            tell, or tells otherwise.

    >>> def read(*, cache_dir: Annotated[str, text] | None = None):
    ...     '''Reads.
    ...
    ...     Args:
    ...         cache_dir: Folder for results. Default: none.
    ...     '''
    >>> found = options_of_function(read)["cache_dir"]
    >>> found.flag, found.type, found.help, found.default_help
    ('--cache-dir', <class 'str'>, 'Folder for results.', 'none')
    """
    parameters = inspect.signature(function).parameters
    texts = documented_arguments(function)
    options = {}
    for name, parameter in parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or name in leave_out:
            continue
        hint, default = parameter.annotation, parameter.default
        is_open = isinstance(hint, str)  # Names what is not imported yet: a name then.
        item, is_tuple = (str, False) if is_open else _item_type(hint)
        check = check_of(hint) or _anything
        told, _, default_help = plain_help(texts.get(name, ""), parameters).partition(
            " Default: "
        )
        options[name] = Option(
            name,
            str if item is Literal else item,
            is_tuple,
            optional(check) if default is None and check is not _anything else check,
            default,
            f"{told} Repeatable." if is_tuple else told,
            default_help.removesuffix(".") or None,
            _flag(name, default, is_tuple),
            choices=_choices(hint),
            metavar="NAME" if is_open else None,
        )
    for name, changed in (changes or {}).items():
        options[name] = dataclasses.replace(options[name], **changed)
    return options


def _flag(name: str, default: Any, is_tuple: bool) -> str:
    """`--no-` for what is on by default, and one value at a time of a tuple."""
    name = name.replace("_", "-")
    if is_tuple:
        name = name.removesuffix("s")
    return f"--no-{name}" if default is True else f"--{name}"


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
    return boolean if bool in members else None


def checks_arguments(function: Function) -> Function:
    """A decorator that checks arguments as their annotations say.

    The function gets what the checks return; a wrong value is an `InputError`.

    >>> @checks_arguments
    ... def read(*, name: Annotated[str, text]): ...
    >>> read(name="")
    Traceback (most recent call last):
    zoo.errors.InputError: `name` must be a string, not empty, got ''.
    """

    @functools.wraps(function)
    def calls(*arguments: Any, **named: Any) -> Any:
        bound = checked_arguments(function, *arguments, **named)
        return function(*bound.args, **bound.kwargs)

    return typing.cast(Function, calls)


def checked_arguments(
    function: Callable[..., Any], *arguments: Any, **named: Any
) -> inspect.BoundArguments:
    """The arguments of a call, as the checks of the annotations return them.

    >>> def read(*, name: Annotated[str, text], times: int = 1): ...
    >>> checked_arguments(read, name="a").arguments
    {'name': 'a'}
    """
    signature = inspect.signature(function)
    bound = signature.bind(*arguments, **named)
    for name, value in bound.arguments.items():
        parameter = signature.parameters[name]
        check = check_of(parameter.annotation)
        if check is not None:
            allowed = optional(check) if parameter.default is None else check
            bound.arguments[name] = checked(allowed, name, value)
    return bound


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


def _item_type(hint: Any) -> tuple[type, bool]:
    """The type of one value of an annotation, and whether it is of a tuple."""
    while _is_union(hint) or typing.get_origin(hint) is Annotated:
        hint = next(m for m in typing.get_args(hint) if m is not type(None))
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[-1] is Ellipsis:
        return typing.get_args(hint)[0], True
    return typing.get_origin(hint) or hint, False


def optional(check: Check) -> Check:
    """A check that also allows `None`."""
    return lambda name, value: None if value is None else check(name, value)


def tuple_of(check: Check) -> Check:
    """A check of every item of a list or tuple; a string stands for itself."""

    def check_items(name: str, values: Any) -> tuple:
        if isinstance(values, str):
            values = (values,)
        if not isinstance(values, list | tuple):
            raise ValueError(f"`{name}` must be a list, got {shown(values)}.")
        return tuple(check(name, value) for value in values)

    return check_items


def text(name: str, value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{name}` must be a string, not empty, got {shown(value)}.")
    return value


def dictionary(name: str, value: Any) -> dict[str, Any]:
    """A dictionary of named values."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(
            f"`{name}` must be a dictionary whose keys are names, got {shown(value)}."
        )
    return value
