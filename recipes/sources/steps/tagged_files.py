"""Sequences with a label at each step, from JSON lines and CoNLL columns."""

import pathlib
from collections.abc import Iterator
from typing import Any

from recipes.data.dataset import Dataset
from recipes.sources.files.file_listing import entries
from recipes.sources.parts.division import Division
from recipes.sources.parts.parts import part_inside, part_named, refuse_other_parts
from recipes.sources.steps.conll import read_conll
from recipes.sources.steps.step_labels import TASK, LabelledSequences, labelled_dataset
from recipes.sources.texts.text import read_lines
from zoo.errors import InputError
from zoo.json_files import parse_json

JSON_LINES = (".jsonl", ".ndjson")
COLUMNS = (".conll", ".conllu", ".bio", ".iob", ".iob2")
SUFFIXES = JSON_LINES + COLUMNS
INPUTS = ("tokens", "words", "values")
LABELS = ("labels", "marks", "tags")  # names that need no `label_column`
UNNAMED = "label"  # the default of `label_column`


def load_tagged(
    path: pathlib.Path,
    *,
    label_column: str,
    task: str | None,
    division: Division,
) -> Dataset:
    """A data set from a file, or from a folder with a file for each part.

    A line of a `.jsonl` file is an object with `"tokens"`, or with `"values"`, lists of
    numbers, and with a list of labels that is as long.
    """
    if task not in (None, TASK):
        raise InputError(
            f"`task` {task!r} does not fit {path}, which has a label at each step: "
            f"leave it out, or give {TASK!r}."
        )
    files = tagged_files(path)
    if "train" not in files:
        raise InputError(
            f"{path} has no file of the training part, such as train.jsonl; it has "
            f"{', '.join(file.name for file in files.values())}."
        )
    notes = ["each step has a label, so the task is sequence_labelling"]
    inside = [f for f in entries(path) if f.is_file()] if path.is_dir() else []
    unused = [file.name for file in inside if file not in files.values()]
    refuse_other_parts((n for n in unused if n.lower().endswith(SUFFIXES)), path)
    if unused:
        notes.append(f"files that are not used: {', '.join(unused)}")
    parts, chosen = {}, label_column
    for part, file in files.items():
        if file.suffix.lower() in COLUMNS:
            parts[part] = read_conll(file, chosen, division.key, notes)
        else:
            chosen, parts[part] = _read_json_lines(file, chosen, division.key, notes)
    return labelled_dataset(
        parts,
        name=path.stem if path.is_file() else path.resolve().name,
        notes=dict.fromkeys(notes),
        class_names=division.class_names,
        division=division,
    )


def tagged_files(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The file of each part, the training part first; empty if it is another path.

    A file that is given is the training part. In a folder, names such as
    `dev.jsonl` and `en_ewt-ud-test.conllu` tell the part.
    """
    if not path.is_dir():
        return {"train": path} if path.suffix.lower() in SUFFIXES else {}
    found: dict[str, pathlib.Path] = {}
    for file in sorted(path.iterdir()):
        spelled = part_inside(file.stem)
        part = None if spelled is None else part_named(spelled)
        if file.suffix.lower() not in SUFFIXES or part is None:
            continue
        if part in found:
            raise InputError(
                f"{path} has two files of the {part} part, {found[part].name} and "
                f"{file.name}; keep one of them."
            )
        found[part] = file
    return dict(sorted(found.items(), key=lambda item: item[0] != "train"))


def are_lists(path: pathlib.Path) -> bool:
    """Whether the first line of a file of JSON lines holds a list, not single values.

    Also if it cannot be read, so that reading it tells why.
    """
    if path.suffix.lower() not in JSON_LINES:
        return True
    try:
        content: dict[str, Any] = next(json_lines(path), (0, {"": []}))[1]
    except InputError:
        return True
    return any(isinstance(value, list) for value in content.values())


def _read_json_lines(
    path: pathlib.Path, label_column: str, group: str | None, notes: list[str]
) -> tuple[str, LabelledSequences]:
    inputs, labels, groups, lines = [], [], [], []
    key = None
    for number, content in json_lines(path):
        where = f"{path}, line {number},"
        if key is None:
            key = next((name for name in INPUTS if name in content), None)
            if key is None:
                raise InputError(
                    f'{where} has neither "tokens" nor "values"; it has '
                    f"{', '.join(content) or 'nothing'}."
                )
            label_column = _label_name(content, key, label_column, where)
            unused = content.keys() - {key, label_column, group}
            if unused:
                notes.append(f"names that are not used: {', '.join(sorted(unused))}")
        for name in (key, label_column, *([] if group is None else [group])):
            if name not in content:
                raise InputError(
                    f"{where} has no {name!r}; it has "
                    f"{', '.join(content) or 'nothing'}."
                )
        for name in (key, label_column):
            if not isinstance(content[name], list):
                raise InputError(
                    f"{where} has {name!r} {content[name]!r:.60}, which must be a list."
                )
        inputs.append(content[key])
        labels.append(content[label_column])
        groups.append(str(content[group]) if group else "")
        lines.append(number)
    return label_column, LabelledSequences(
        inputs,
        labels,
        lambda row: f"{path}, line {lines[row]},",
        groups if group else None,
    )


def json_lines(path: pathlib.Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, with the numbers of their lines."""
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            content = parse_json(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}.") from error
        if not isinstance(content, dict):
            raise InputError(
                f"{path}, line {number}, must hold an object in braces, got "
                f"{line.strip()[:60]!r}."
            )
        yield number, content


def _label_name(
    content: dict[str, Any], key: str, label_column: str, where: str
) -> str:
    """The name of the labels in the first line."""
    if label_column != UNNAMED or label_column in content:
        return label_column
    lists = [name for name, value in content.items() if isinstance(value, list)]
    lists = [name for name in lists if name != key]
    found = [name for name in LABELS if name in lists] or lists
    if len(found) != 1:
        several = f"several lists ({', '.join(found)})" if found else "no list"
        raise InputError(
            f'{where} has {several} of labels: name one of them "labels", or choose it '
            "with `label_column` (--label-column)."
        )
    return found[0]
