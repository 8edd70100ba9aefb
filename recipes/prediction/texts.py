"""Texts to predict: from lists, and from the lines of files."""

from typing import Any

import numpy as np

from recipes.prediction.given import File
from recipes.sources.texts.text import checked_text, read_lines
from zoo.errors import InputError


def checked_texts(given: Any) -> list[str]:
    """The texts of a list or an array, without space around them."""
    if not np.ndim(given):
        raise InputError(f"Texts must be in a list, got {type(given).__name__}.")
    return [checked_text(f"Text number {n}", text) for n, text in enumerate(given, 1)]


def lines_of(file: File) -> dict[int, str]:
    """The lines of a file that are not blank, by their number."""
    return {
        number: checked_text(f"{file.path}, line {number}", line)
        for number, line in enumerate(read_lines(file.path), 1)
        if line.strip()
    }
