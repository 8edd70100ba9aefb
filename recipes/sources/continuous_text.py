"""Texts to learn to write from: one file, or a folder of them, read as one text."""

import pathlib
from collections.abc import Sequence

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.text_part import TextPart
from recipes.sources.file_listing import entries
from recipes.sources.options import TaskName
from recipes.sources.text import decoded
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.models.recurrent.vocabulary import RESERVED, UNKNOWN, split_texts
from zoo.names import file_name

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
    split: bool = True,
) -> Dataset:
    """Reads `path`, or all `path/*.txt` one after the other.

    Args:
        path: A text file, or a folder of them.
        task: Only `"text_generation"`, the default.
        tokens: `"characters"` (default) or `"words"`.
        vocabulary_size: Largest number of different tokens. Default: 10,000.
        vocabulary: The tokens of a model that is to be scored, instead of those of the
            training part.
        split: Whether to cut the text into parts; else all of it is the test part.
    """
    if task not in (None, "text_generation"):
        raise InputError(
            f"`task` {task!r} needs a label for each text; {path} has none: give a "
            "folder with a folder for each class, or a table, or leave `task` out."
        )
    notes: list[str] = []
    text = _read(path, notes)
    entry_type = {"characters": "character", "words": "word"}[tokens or "characters"]
    entries_of_text, numbers = _entries(text, entry_type)
    count = len(numbers)
    if count < LEAST:
        raise InputError(
            f"{path} has {count:,} {entry_type}s; a text to learn to write from needs "
            f"at least {LEAST}: give a longer one."
        )
    ends = [0, 0, count]
    if split:
        held_out = count // HELD_OUT
        ends = [count - 2 * held_out, count - held_out, count]
        notes.append(
            "the text is split in its order: its last tenth is the test part, the "
            "tenth before it the validation part"
        )
    if vocabulary is None:
        size = vocabulary_size or LARGEST_VOCABULARY
        counts = np.bincount(numbers[: ends[0]], minlength=len(entries_of_text))
        vocabulary = _most_frequent(entries_of_text, counts, size)
    known = {entry: token for token, entry in enumerate(vocabulary, RESERVED)}
    table = [known.get(entry, UNKNOWN) for entry in entries_of_text]
    encoded = np.array(table, "int32")[numbers]
    words = [] if entry_type == "character" else [entries_of_text[n] for n in numbers]
    parts = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        piece = encoded[start:end]
        inside = " ".join(words[start:end]) if words else text[start:end]
        parts.append(
            TextPart(piece, piece, None, None, inside, (*vocabulary,), entry_type)
        )
    notes.insert(0, _chosen(parts, entry_type, tokens))
    notes += _unknown(parts)
    return Dataset(
        name=path.stem if path.is_file() else path.absolute().name,
        kind=Kind.TEXT,
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        class_names=(),
        notes=tuple(notes),
        task="text_generation",
    )


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


def _entries(text: str, entry_type: str) -> tuple[list[str], np.ndarray]:
    """The different characters or words of a text, and their numbers in its order."""
    if entry_type == "character":
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
        different, numbers = np.unique(codes, return_inverse=True)
        return [*map(chr, different)], numbers
    order: dict[str, int] = {}
    words = split_texts([text], "word")[0]
    numbers = np.array([order.setdefault(word, len(order)) for word in words], int)
    return [*order], numbers


def _most_frequent(entries: list[str], counts: np.ndarray, size: int) -> list[str]:
    """The most frequent entries, as `learn_vocabulary` orders them."""
    found = np.flatnonzero(counts).tolist()
    found.sort(key=lambda n: (-counts[n], entries[n]))
    return [entries[n] for n in found[:size]]


def _chosen(parts: list[TextPart], entry_type: str, given: str | None) -> str:
    """What the model learns, in one sentence."""
    different = len(parts[0].vocabulary)
    what = f"the task is to write on, one of {different:,} {entry_type}s at a time"
    if given is None:
        return f"{what} (--tokens words learns whole words)"
    return f"{what}; words are in lower case" if entry_type == "word" else what


def _unknown(parts: list[TextPart]) -> list[str]:
    """What the vocabulary lacks, part by part."""
    names = ("training", "validation", "test")
    return [
        f"{part.unknown:,} of {len(part):,} {part.unit} of the {name} part are not in "
        "the vocabulary, and are neither learned nor scored"
        for name, part in zip(names, parts, strict=True)
        if part.unknown
    ]
