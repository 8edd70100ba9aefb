"""Suggestions for misspelt names, and checks of a function's argument names."""

import difflib
import inspect
import os
from collections.abc import Callable, Iterable
from typing import Any

from custom.arguments import shown
from zoo.errors import InputError


def nearest(name: object, names: Iterable[str], *, otherwise: str | None = None) -> str:
    """Suggests the nearest of `names` for a name that is not among them.

    If none of them is near, the result is `otherwise`, or lists all of them.

    Returns:
        The end of a sentence, with its punctuation.

    >>> nearest("imags", ["images", "table"])
    "did you mean 'images'?"
    >>> nearest("?", ["images", "table"])
    'choose from images, table.'
    """
    names, name = [str(each) for each in names], shown(name).strip("'").lower()
    options = {each.lower(): each for each in names}
    matcher = difflib.SequenceMatcher(b=name)
    ratios = {}
    for each in options:
        matcher.set_seq1(each)
        ratios[each] = matcher.ratio()
    best = max(ratios.values(), default=0)
    if best >= 0.5:
        near = [each for each in options if ratios[each] > best - 0.1]
        near = [repr(options[each]) for each in sorted(near, key=lambda n: -ratios[n])]
        return f"did you mean {' or '.join(near[:3])}?"
    return f"choose from {', '.join(names)}." if otherwise is None else otherwise


def file_name(path: str | os.PathLike[str]) -> str:
    r"""The name of a file as text that every terminal and file can hold.

    A name need not be UTF-8. Its other bytes are written as `\\xff`.

    >>> print(file_name(os.fsdecode(b"caf\xe9.png")))
    caf\xe9.png
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def check_encodable(path: str | os.PathLike[str]) -> None:
    """Refuses a folder to write to whose name is not UTF-8: TensorFlow cannot.

    Files to read may have any name.
    """
    whole = os.path.abspath(path)  # noqa: PTH100 - without resolving links
    if file_name(whole) != whole:
        raise InputError(
            f"TensorFlow cannot write to {file_name(whole)}, because the name is not "
            "UTF-8; choose another folder."
        )


def check_arguments(
    subject: str, function: Callable[..., Any], arguments: Iterable[str]
) -> None:
    """Refuses arguments that a class or function does not have."""
    for argument in arguments:
        if not takes(function, argument):
            hint = nearest(argument, inspect.signature(function).parameters)
            raise InputError(f"{subject} has no argument {argument!r}; {hint}")


def takes(function: Callable[..., Any], argument: str) -> bool:
    """Whether a class or function takes a keyword argument of this name."""
    parameters = inspect.signature(function).parameters
    any_name = inspect.Parameter.VAR_KEYWORD
    return argument in parameters or any(
        parameter.kind is any_name for parameter in parameters.values()
    )
