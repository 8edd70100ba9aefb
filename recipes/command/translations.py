"""Reading texts for a model that translates, and showing its answers."""

import pathlib
from collections.abc import Sequence
from typing import Any

import click

from recipes.command.options import print_json
from zoo.errors import InputError, printable
from zoo.names import file_name


def show_translations(
    trained: Any,
    files: Sequence[pathlib.Path],
    texts: Sequence[str],
    text_column: str | None,
    beam_width: int,
    as_json: bool,
) -> None:
    """Translates the lines of files, the rows of tables, and texts."""
    import numpy as np

    names, inputs = _read(files, trained, text_column)
    names += [printable(text) for text in texts]
    inputs += _checked(texts)
    array = np.array([*inputs, ""], object)[:-1]
    if beam_width == 1:
        answers = trained.answers(array)
        found, scores = answers["texts"], answers["log_probability"]
    elif trained.model is None:
        raise InputError(
            "--beam needs a run folder or a .keras file: a SavedModel takes the most "
            "probable word at each step."
        )
    else:
        tokens, scores = trained.model.decoded_tokens(array, beam_width=beam_width)
        found = trained.model.target_codec().texts(tokens)
    if as_json:
        print_json(
            [
                {
                    "input": name,
                    "text": text,
                    "translation": str(answer),
                    "log_probability": round(float(score), 6),
                }
                for name, text, answer, score in zip(
                    names, inputs, found, scores, strict=True
                )
            ]
        )
        return
    for name, answer in zip(names, found, strict=True):
        click.echo(printable(f"{name}: {answer}"))


def _checked(texts: Sequence[str]) -> list[str]:
    from recipes.sources.text import checked_text

    return [checked_text(f"--text number {n}", text) for n, text in enumerate(texts, 1)]


def _read(
    files: Sequence[pathlib.Path], trained: Any, text_column: str | None
) -> tuple[list[str], list[str]]:
    """The name and the text of each row or line."""
    from recipes.reports.evaluation import training_data
    from recipes.sources.table import read_pairs
    from recipes.sources.table_format import TableFormat, is_table
    from recipes.sources.text import checked_text

    read_as = training_data(trained)
    column = text_column or read_as.get("text_column")
    names, texts = [], []
    for file in files:
        if not is_table(file):
            lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
            for number, line in enumerate(lines, 1):
                if line.strip():
                    names.append(f"{file_name(file)}:{number}")
                    texts.append(checked_text(f"{file}, line {number}", line))
            continue
        table = read_pairs(file, {column}, [], TableFormat.of(read_as))
        first = next(iter(table.cells))
        used = column if column and (text_column or column in table.cells) else first
        names += [f"{file_name(file)}:{line}" for line in table.lines]
        texts += table.texts(used)
    return names, texts
