"""Checks of texts, and reading them from files."""

import pathlib
from collections.abc import Iterable

import numpy as np

from recipes.data.objects import as_objects
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.compressed import PROBLEMS, opened, unreadable
from zoo.errors import InputError


def as_texts(part: str, x: Iterable[str | bytes]) -> np.ndarray:
    """Checks texts and strips them: strings `(n,)`, of dtype `object`.

    A missing text becomes an empty one.
    """
    texts = [
        "" if is_missing(text) else checked_text(f"Text {n} of the {part} part", text)
        for n, text in enumerate(x)
    ]
    if not texts:
        raise InputError(f"The {part} part has no examples.")
    return as_objects(texts)


def checked_text(name: str, text: str | bytes) -> str:
    """Checks a text and strips it."""
    return _stripped(name, _decoded(name, text))


def _decoded(name: str, text: str | bytes) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name} is not UTF-8 (byte {error.start}); save it as UTF-8."
            ) from error
    if not isinstance(text, str):
        raise InputError(f"{name} must be a string, got {text!r}.")
    if "\0" in text:
        raise InputError(
            f"{name} holds null bytes, which texts do not; was it saved as UTF-16? "
            "Save it as UTF-8."
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} holds half a character (position {error.start}); it cannot be "
            "written as UTF-8."
        ) from error
    return str(text)


def _stripped(name: str, text: str) -> str:
    stripped = text.removeprefix("\ufeff").strip()
    if not stripped:
        raise InputError(f"{name} is empty; leave it out.")
    return stripped


def read_text(path: pathlib.Path) -> str:
    """Reads a file as one text."""
    return _stripped(str(path), decoded(path))


def decoded(path: pathlib.Path) -> str:
    """The characters of a file of UTF-8 with something in it."""
    text = _content(path)
    _stripped(str(path), text)
    return text


def read_lines(path: pathlib.Path) -> list[str]:
    """The lines of a text file in UTF-8, without their ends."""
    # Not `splitlines`, which also breaks lines at characters inside of tokens.
    text = _content(path).removeprefix("\ufeff")
    return text.replace("\r\n", "\n").split("\n")


def _content(path: pathlib.Path) -> str:
    try:
        with opened(path) as file:
            content = file.read()
    except PROBLEMS as error:
        raise unreadable(path, error) from error
    return _decoded(str(path), content)
