"""Reads JSON that others may have written."""

import json
import pathlib
from typing import Any

from zoo.errors import InputError

DEEPEST = 200  # levels; the configuration of a large nested model has about forty


def parse_json(text: str | bytes) -> Any:
    """The content of a JSON text.

    Raises:
        ValueError: If it is not JSON, or is nested too deeply to be processed.

    >>> parse_json('{"a": [1]}')
    {'a': [1]}
    """
    try:
        content = json.loads(text)
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


def read_json(file: pathlib.Path) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: If it cannot be read, or is not JSON.
    """
    try:
        return parse_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(f"{file} is damaged: {error}.") from error


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {DEEPEST} levels deep")
