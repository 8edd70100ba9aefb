"""Answers at each step of sequences, for `zoo predict`."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import click
import numpy as np

from recipes.command.options import print_json
from recipes.sources.array_files import read_npy
from recipes.sources.conll import read_conll
from recipes.sources.step_labels import SPACE, as_steps, check_token
from recipes.sources.tagged_files import COLUMNS, INPUTS, JSON_LINES, json_lines
from recipes.sources.text import read_lines
from zoo.errors import InputError, printable
from zoo.kinds import Kind
from zoo.names import file_name
from zoo.trained_model import TrainedModel

TABLES = (".csv", ".tsv", ".npy", ".npz")


@dataclasses.dataclass(frozen=True)
class Given:
    """A sequence to answer: its name, and its tokens or its array."""

    name: str
    steps: Any


def answer_steps(
    files: Sequence[pathlib.Path], trained: TrainedModel, as_json: bool
) -> None:
    """Prints a label for each step of the sequences in some files."""
    is_text = trained.kind is Kind.TEXT
    read = _sentences if is_text else _recordings
    given = [each for file in files for each in read(file)]
    if not given:
        raise InputError("The files hold no sequence.")
    answers = trained.answers(_texts(given) if is_text else _padded(given))
    names: Any = trained.target
    results = []
    for row, sequence in enumerate(given):
        count = len(sequence.steps)
        labels = answers["label"][row, :count]
        found = answers["probabilities"][row, np.arange(len(labels)), labels]
        results.append(
            {"input": sequence.name}
            | ({"tokens": list(sequence.steps)} if is_text else {})
            | {
                "labels": [names.names[label] for label in labels],
                "probabilities": [round(float(each), 6) for each in found],
            }
        )
    if as_json:
        print_json(results)
        return
    for number, result in enumerate(results):
        if is_text:
            if number:
                click.echo()
            for token, label in zip(result["tokens"], result["labels"], strict=True):
                click.echo(f"{printable(token)}\t{printable(label)}")
        else:
            click.echo(printable(f"{result['input']}: {_runs(result['labels'])}"))


def _runs(labels: Iterable[str]) -> str:
    """The label of each run of steps, with its first and last step.

    >>> _runs(["walk", "walk", "run"])
    '0…1 walk, 2 run'
    """
    runs, first = [], 0
    for label, steps in itertools.groupby(labels):
        last = first + len(list(steps)) - 1
        shown = str(first) if last == first else f"{first}…{last}"
        runs.append(f"{shown} {label}")
        first = last + 1
    return ", ".join(runs)


def _sentences(file: pathlib.Path) -> list[Given]:
    """The tokens of each sentence of a file."""
    name, suffix = file_name(file), file.suffix.lower()
    if suffix in JSON_LINES:
        found = _objects(file)
    elif suffix in COLUMNS:
        sentences = read_conll(file, None, None, [])
        found = [
            Given(sentences.where(row).rstrip(","), tokens)
            for row, tokens in enumerate(sentences.inputs)
        ]
    elif suffix in TABLES:
        raise InputError(
            f"{file} is a table: give a text file with a sentence on each line, CoNLL "
            'columns, or .jsonl files with "tokens".'
        )
    else:
        found = [
            Given(f"{name}:{number}", [token for token in SPACE.split(line) if token])
            for number, line in enumerate(read_lines(file), 1)
            if line.strip()
        ]
    for each in found:
        for token in each.steps:
            check_token(token, lambda row: each.name, 0)  # noqa: B023  Called at once.
    return found


def _recordings(file: pathlib.Path) -> list[Given]:
    """The sequences of numbers of a file."""
    name, suffix = file_name(file), file.suffix.lower()
    if suffix == ".npy":
        return [Given(name, as_steps(read_npy(file), name))]
    if suffix in JSON_LINES:
        return [
            Given(each.name, as_steps(each.steps, each.name)) for each in _objects(file)
        ]
    raise InputError(
        f"{file} is not a sequence: give .npy files with an array (time, features) "
        'each, or .jsonl files with "values" on each line.'
    )


def _objects(file: pathlib.Path) -> list[Given]:
    found = []
    for number, content in json_lines(file):
        key = next((key for key in INPUTS if key in content), None)
        if key is None or not isinstance(content[key], list) or not content[key]:
            raise InputError(
                f'{file}, line {number}, has no list of "tokens" or "values".'
            )
        found.append(Given(f"{file_name(file)}:{number}", content[key]))
    return found


def _texts(given: Sequence[Given]) -> np.ndarray:
    return np.array(
        [" ".join(SPACE.sub("_", token) for token in each.steps) for each in given],
        object,
    )


def _padded(given: Sequence[Given]) -> np.ndarray:
    features = given[0].steps.shape[1]
    for each in given:
        if each.steps.shape[1] != features:
            raise InputError(
                f"{each.name} has {each.steps.shape[1]} numbers at each step, "
                f"{given[0].name} has {features}."
            )
    array = np.zeros((len(given), max(len(x.steps) for x in given), features), "f4")
    for row, each in zip(array, given, strict=True):
        row[: len(each.steps)] = each.steps
    return array
