"""Data sets of pairs of texts: a text, and the answer to it."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.objects import as_objects
from recipes.data.pairs import TextPairs
from recipes.sources.labels.missing import is_missing
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.duplicates import digests, notes_on_duplicates
from recipes.sources.parts.splitting import complete
from recipes.sources.tables.column_roles import roles_of_cells
from recipes.sources.texts.text import checked_text
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import nearest

if TYPE_CHECKING:
    from recipes.sources.tables.tables import Table

# What the columns of pairs are called, beside other names in lower case.
HEADER = re.compile(r"[a-z_][a-z0-9_]*|[A-Z][a-z]+ish|French|German|Source|Target")


def from_pairs(
    texts: dict[str, Any],
    answers: dict[str, Any],
    *,
    where: Callable[[str, int, str], str] | None = None,
    groups: np.ndarray | None = None,
    name: str,
    notes: Iterable[str] = (),
    split: Division = USUAL,
) -> Dataset:
    """A data set of pairs of texts, by the name of their part.

    Args:
        texts: The texts to read.
        answers: The text to answer with, for each.
        where: What a message calls a text, by its part, its row and `"text"` or
            `"answer"`.
        groups: What `split.by` says of each training example.
        name: Name of the data set.
        notes: Notes to begin with.
        split: How parts that are not given are split off.

    Raises:
        InputError: If a text is empty or not a text, or one lacks its answer.
    """
    where = where or (lambda part, row, side: f"The {side} {row} of the {part} part")
    pairs: dict[str, TextPairs] = {}
    for part, given in texts.items():
        found = answers.get(part)
        if found is None or len(given) != len(found):
            raise InputError(
                f"The {part} part has {len(given):,} texts and "
                f"{0 if found is None else len(found):,} answers: give one for each."
            )
        pairs[part] = TextPairs(
            _checked(part, given, "text", where),
            _checked(part, found, "answer", where),
        )
    # The pairs are split by index: they have no classes.
    rows = {
        part: Part(np.arange(len(each)), np.zeros((len(each), 1), "float32"))
        for part, each in pairs.items()
    }
    contents = digests(pairs["train"]) if split.keeps_duplicates else None
    *pieces, split_notes = complete(
        rows["train"],
        rows.get("validation"),
        rows.get("test"),
        (),
        split,
        groups,
        contents,
    )
    parts: dict[str, Any] = {
        part: pairs.get(part, pairs["train"]).take(numbered.inputs)
        for part, numbered in zip(("train", "validation", "test"), pieces, strict=True)
    }
    copies = {part: digests(each) for part, each in parts.items()}
    return Dataset(
        name=name,
        kind=Kind.TEXT,
        **parts,
        class_names=(),
        task="translation",
        notes=(
            *notes,
            *_note_on_splitting(parts["train"].labels),
            *split_notes,
            *notes_on_duplicates(copies, texts),
        ),
    )


def pairs_of_table(
    table: "Table",
    target: tuple[str, ...],
    text_column: str | None,
    division: Division,
    name: str,
    notes: list[str],
) -> Dataset:
    """The pairs in two columns of a table.

    Without `target` and `text_column`, the table has two columns besides the group:
    the text and its answer.
    """
    columns = [each for each in table.cells if each != division.by]
    for given, option in (
        (text_column, "--text-column"),
        *((t, "--target") for t in target),
    ):
        if given is not None and given not in table.cells:
            near = nearest(given, list(table.cells), otherwise="")
            hint = f"{near} Otherwise " if near else ""
            raise InputError(
                f"{table.source} has no column {given!r}; it has {', '.join(columns)}; "
                f"{hint}name the column with {option}."
            )
    if len(target) > 1:
        raise InputError(
            f"A translation has one target, got {', '.join(map(repr, target))}."
        )
    if len(columns) < 2:
        raise InputError(
            f"{table.source} has one column, {columns[0]!r}, and pairs of texts need "
            "two: a text and its answer, separated by a comma in a .csv file and by a "
            "tab in a .tsv file."
        )
    answer = target[0] if target else None
    left = [each for each in columns if each not in (text_column, answer)]
    if len(columns) > 2 and (text_column is None or answer is None):
        raise InputError(
            f"{table.source} has the columns {', '.join(columns)}: name that of the "
            "texts with --text-column, and that of the answers with --target."
        )
    text_column = text_column or left.pop(0)
    answer = answer or left.pop(0)
    if answer == text_column:
        raise InputError(
            f"The column {answer!r} cannot be both the text and the answer."
        )
    notes.append(f"pairs of texts: column {text_column!r} into column {answer!r}")
    if left:
        notes.append(f"columns that are not used: {', '.join(map(repr, left))}")
    names = {"text": text_column, "answer": answer}
    if division.key is not None:
        table.require(division.key, division.why)
    dataset = from_pairs(
        {"train": table.cells[text_column]},
        {"train": table.cells[answer]},
        where=lambda part, row, side: (
            f"{table.source}, {table.where(row)}: the {side} in column {names[side]!r}"
        ),
        groups=None if division.key is None else table.column(division.key, True),
        name=name,
        notes=notes,
        split=division,
    )
    roles = roles_of_cells(
        table.cells,
        why=dict.fromkeys(left, "a translation reads one column"),
        text={text_column},
        target={answer},
        group={division.by},
    )
    return dataclasses.replace(dataset, roles=roles)


def has_header(first: Sequence[str]) -> bool:
    """Whether the first line of a `.tsv` file of pairs names its columns.

    >>> has_header(["english", "french"]), has_header(["Go.", "Va !"])
    (True, False)
    """
    return all(HEADER.fullmatch(cell.strip()) for cell in first)


def split_of(texts: Iterable[str]) -> str:
    """How answers are split best: words, or characters if most have no space.

    >>> split_of(["2021-03-01", "1999-12-31"]), split_of(["Va !", "Bonjour à tous."])
    ('character', 'word')
    """
    spaced = [len(text.split()) > 1 for text in texts]
    return "word" if 2 * sum(spaced) > len(spaced) else "character"


def _note_on_splitting(answers: np.ndarray) -> list[str]:
    if not len(answers):
        return []
    if split_of(answers) == "word":
        return [
            "answers are written word by word, in lower case (--set "
            "target_split=character writes characters)"
        ]
    return [
        "most answers have no space, so texts are read and written character by "
        "character (--set split=word and --set target_split=word change it)"
    ]


def _checked(
    part: str, texts: Iterable[Any], side: str, where: Callable[[str, int, str], str]
) -> np.ndarray:
    """Checked texts, as strings `(n,)` of dtype `object`."""
    checked = []
    for row, text in enumerate(texts):
        if not isinstance(text, str | bytes) and is_missing(text):
            text = ""
        name = where(part, row, side)
        if isinstance(text, str | bytes) and not text.strip():
            raise InputError(f"{name} is empty: complete the pair, or leave it out.")
        checked.append(checked_text(name, text))
    if not checked:
        raise InputError(f"The {part} part has no pairs.")
    return as_objects(checked)
