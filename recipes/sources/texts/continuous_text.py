"""Texts to learn to write from: one file, or a folder of them, read as one text."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.text_part import TextPart
from recipes.sources.files.file_listing import entries
from recipes.sources.options import TaskName
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.texts.text import decoded
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import file_name
from zoo.tokens import RESERVED, UNKNOWN

LEAST = 100  # characters or words of a text, below which nothing can be learned
HELD_OUT = 10  # of the text, one part of this many each to validate and to test
LARGEST_VOCABULARY = 10_000


def holds_loose_texts(path: pathlib.Path) -> bool:
    """Whether a folder has text files and no folders."""
    inside = entries(path)
    return (
        bool(inside)
        and not any(each.is_dir() for each in inside)
        and any(each.suffix.lower() == ".txt" for each in inside)
    )


def load_continuous_text(
    path: pathlib.Path,
    *,
    task: TaskName | None = None,
    tokens: str | None = None,
    vocabulary_size: int | None = None,
    vocabulary: Sequence[str] | None = None,
    division: Division = USUAL,
) -> Dataset:
    """Reads `path`, or all `path/*.txt` one after the other.

    Args:
        path: A text file, or a folder of them.
        task: Only `"text_generation"`, the default.
        tokens: `"characters"` (default) or `"words"`.
        vocabulary_size: Largest number of different tokens. Default: 10,000.
        vocabulary: The tokens of a model that is to be scored, instead of those of the
            training part.
        division: Whether to cut the text into parts, and their shares; else all of it
            is the test part.
    """
    if task not in (None, "text_generation"):
        raise InputError(
            f"{path} is a text without labels, and the task {task!r} needs a label for "
            "each text: give a folder with a folder for each class, or a table."
        )
    if division.fold is not None:
        raise InputError(
            f"`fold` (--folds) does not apply to {path}, a text to learn to write "
            "from, whose end is the test part: leave it out."
        )
    notes: list[str] = []
    text = _read(path, notes)
    entry_type = {"characters": "character", "words": "word"}[tokens or "characters"]
    pieces: Any = text
    if entry_type == "word":  # TensorFlow splits, and starts.
        from zoo.models.recurrent.vocabulary import split_texts

        pieces = split_texts([text], "word")[0]
    count = len(pieces)
    if count < LEAST:
        raise InputError(
            f"{path} has {count:,} {entry_type}s; a text to learn to write from needs "
            f"at least {LEAST}: give a longer one."
        )
    ends = [count if division.elsewhere else 0] * 2
    if division.split:
        ends = _ends(count, division)
        told = {"validation": ends[1] - ends[0], "test": count - ends[1]}
        parts = [f"{n:,} of the {name} part" for name, n in told.items() if n]
        if parts:
            notes.append(
                f"the text is split in its order: its last {entry_type}s are "
                f"{', then '.join(parts)}"
            )
    bounds = zip([0, *ends], [*ends, count], strict=True)
    dataset = text_dataset(
        path.stem if path.is_file() else path.absolute().name,
        [pieces[start:end] for start, end in bounds],
        vocabulary,
        vocabulary_size or LARGEST_VOCABULARY,
    )
    chosen = _chosen(cast(TextPart, dataset.train), tokens)
    return dataclasses.replace(dataset, notes=(chosen, *notes, *dataset.notes))


def _ends(count: int, division: Division) -> list[int]:
    """Where the training and the validation part of a text end."""
    lacking = division.lacking(())
    if division.proportions:
        left, held = count, {}
        for part, share in division.shares(lacking).items():
            held[part] = int(left * share)
            left -= held[part]
    else:
        held = dict.fromkeys(lacking, count // HELD_OUT)
    first = count - sum(held.values())
    return [first, first + held.get("validation", 0)]


def text_dataset(
    name: str,
    parts: Sequence[str | list[str]],
    vocabulary: Sequence[str] | None = None,
    vocabulary_size: int = LARGEST_VOCABULARY,
) -> Dataset:
    """A data set to learn to write from.

    Args:
        name: Its name.
        parts: The training, the validation and the test part: each a text, or a list
            of words.
        vocabulary: The known characters or words. Default: the most frequent ones of
            the training part.
        vocabulary_size: Their largest number, by default.
    """
    entry_type = "character" if isinstance(parts[0], str) else "word"
    numbered = [_entries(part) for part in parts]
    if vocabulary is None:
        # If the whole text is the test part, the vocabulary comes from that part.
        entries_of_text, numbers = next(each for each in numbered if each[0])
        counts = np.bincount(numbers).tolist()
        ordered = sorted(zip(counts, entries_of_text, strict=True), key=_by_frequency)
        vocabulary = [entry for _, entry in ordered[:vocabulary_size]]
    known = {entry: token for token, entry in enumerate(vocabulary, RESERVED)}
    encoded = []
    for part, (entries_of_part, numbers) in zip(parts, numbered, strict=True):
        table = [known.get(entry, UNKNOWN) for entry in entries_of_part]
        tokens = np.array(table, "int32")[numbers]
        text = part if isinstance(part, str) else " ".join(part)
        encoded.append(
            TextPart(tokens, tokens, None, None, text, (*vocabulary,), entry_type)
        )
    train, validation, test = encoded
    return Dataset(
        name=name,
        kind=Kind.TEXT,
        train=train,
        validation=validation,
        test=test,
        class_names=(),
        notes=tuple(_unknown(encoded)),
        task="text_generation",
    )


def _by_frequency(counted: tuple[int, str]) -> tuple[int, str]:
    """The order of `learn_vocabulary`: the most frequent first, then the alphabet."""
    return -counted[0], counted[1]


def _read(path: pathlib.Path, notes: list[str]) -> str:
    """The text, with one character for each line break."""
    files = [path]
    if path.is_dir():
        inside = entries(path)
        files = [each for each in inside if each.suffix.lower() == ".txt"]
        notes.append(
            f"{len(files):,} texts are read one after the other, in the order of their "
            f"names, {file_name(files[0].name)} first"
        )
        if len(inside) > len(files):
            notes.append(f"{len(inside) - len(files):,} other files are not used")
    texts = []
    marks = windows = old = 0
    for file in files:
        text = decoded(file)
        marks += text.startswith("\ufeff")
        windows += text.count("\r\n")
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        old += text.count("\r")
        texts.append(text.replace("\r", "\n").strip())
    if marks:
        notes.append(f"the byte order mark of {marks:,} texts is left out")
    if windows or old:
        notes.append(
            f"{windows + old:,} line ends with a carriage return are read as line "
            "breaks"
        )
    return "\n\n".join(texts)


def _entries(part: str | list[str]) -> tuple[list[str], np.ndarray]:
    """The different characters or words of a text, and their numbers in its order."""
    if isinstance(part, str):
        codes = np.frombuffer(part.encode("utf-32-le"), "<u4")
        different, numbers = np.unique(codes, return_inverse=True)
        return [*map(chr, different)], numbers
    order: dict[str, int] = {}
    numbers = np.array([order.setdefault(word, len(order)) for word in part], int)
    return [*order], numbers


def _chosen(train: TextPart, given: str | None) -> str:
    """What the model learns, in one sentence."""
    what = (
        f"the task is to write on, one of {len(train.vocabulary):,} {train.unit} at a "
        "time"
    )
    if given is None:
        return f"{what} (--tokens words learns whole words)"
    return f"{what}; words are in lower case" if train.split == "word" else what


def _unknown(parts: list[TextPart]) -> list[str]:
    """What the vocabulary lacks, part by part."""
    names = ("training", "validation", "test")
    return [
        f"{part.unknown:,} of {len(part):,} {part.unit} of the {name} part are not in "
        "the vocabulary, and are neither learned nor scored"
        for name, part in zip(names, parts, strict=True)
        if part.unknown
    ]
