"""Reads JSON that others may have written."""

import json
import pathlib
from typing import Any

from zoo.errors import InputError

DEEPEST = 200  # levels; the configuration of a large nested model has about forty


def read_json(file: pathlib.Path, *, finite: bool = True) -> dict[str, Any]:
    """The object in a JSON file.

    Args:
        file: The file, in UTF-8.
        finite: As in `parse_json`.

    Raises:
        InputError: If it cannot be read, or does not hold an object.
    """
    try:
        content = parse_json(file.read_bytes(), finite=finite)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(f"{file} is damaged: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{file} is damaged: it does not hold a JSON object.")
    return content


def parse_json(text: str | bytes, *, finite: bool = True) -> Any:
    """The content of a JSON text, in which no object has a name twice.

    Args:
        text: The text; bytes are UTF-8.
        finite: Whether to refuse NaN and infinity, which Python writes although JSON
            does not have them.

    Raises:
        ValueError: If it is not JSON, or is nested too deeply to be processed.

    >>> parse_json('{"a": [1]}')
    {'a': [1]}
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        constant = _refuse_constant if finite else float
        content = json.loads(text, object_pairs_hook=_unique, parse_constant=constant)
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error})") from error
    except RecursionError:
        raise _too_deep() from None
    level = [content]
    for _ in range(DEEPEST):
        level = [
            value
            for part in level
            if isinstance(part, dict | list)
            for value in (part.values() if isinstance(part, dict) else part)
        ]
        if not level:
            return content
    raise _too_deep()


def parse_value(text: str) -> Any:
    """The value of a JSON text, or else the text itself, as `NAME=VALUE` has it."""
    try:
        return parse_json(text)
    except ValueError as error:
        if isinstance(error.__cause__, json.JSONDecodeError):
            return text
        raise


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} is there twice")
    return content


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {DEEPEST} levels deep")
