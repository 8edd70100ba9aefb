"""The exception for mistakes that the caller can correct, and text that is safe."""

from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")
LONGEST = 2000  # characters of a message
JOINERS = "\u200c\u200d"  # not printable, but part of the spelling in some scripts


class InputError(ValueError):
    """An argument or a file that the caller gave cannot be used.

    The message names it, and says what was found, what is allowed and, if there is
    one, the remedy. It is one line, whatever the names in it hold. The `zoo` command
    prints it without a traceback and exits with status 2.
    """

    def __init__(self, message: object) -> None:
        text = printable(str(message))
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
        super().__init__(text)


def printable(text: str) -> str:
    r"""Escapes what would change a terminal or a line, as `repr` does.

    Names of classes, columns and files are data: they may hold line breaks, terminal
    sequences and marks that reverse the direction of writing.

    >>> printable("\x1b[31mred\n")
    '\\x1b[31mred\\n'
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in JOINERS else repr(letter)[1:-1]
        for letter in text
    )


def first_line(error: BaseException) -> str:
    """The beginning of an error of another library, for a sentence of ours."""
    line = str(error).strip().partition("\n")[0][:200].rstrip(" .")
    return line or type(error).__name__


def checked(check: Callable[[str, Any], Value], name: str, value: Any) -> Value:
    """The value to use, or an `InputError`."""
    try:
        return check(name, value)
    except ValueError as error:
        raise InputError(error) from error
