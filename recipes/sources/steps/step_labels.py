"""Sequences with a label at each step, as a data set."""

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.memory import check_memory
from recipes.data.steps import NO_LABEL, StepsPart
from recipes.sources.arrays.sequences import padded_sequences
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.duplicates import digests, notes_on_duplicates
from recipes.sources.parts.splitting import SEED, Share, complete
from recipes.sources.steps.step_classes import class_numbers_of_steps
from zoo.errors import InputError
from zoo.kinds import Kind

PARTS = ("train", "validation", "test")
TASK = "sequence_labelling"
# White space of ASCII, at which the model splits a text into its tokens.
SPACE = re.compile(r"[ \t\n\r\v\f]")


@dataclasses.dataclass(frozen=True)
class LabelledSequences:
    """The sequences of one part, as they were read.

    Attributes:
        inputs: Lists of tokens, or arrays `(time, features)`.
        labels: The labels of each sequence: numbers or words; `None` if one is missing.
        where: What a message calls a sequence, by its index.
        groups: The group of each sequence, or `None`.
    """

    inputs: Sequence[Any]
    labels: Sequence[Sequence[Any]]
    where: Callable[[int], str]
    groups: Sequence[str] | None = None


def labelled_dataset(
    parts: dict[str, LabelledSequences],
    *,
    name: str,
    notes: Iterable[str] = (),
    class_names: Iterable[str] | None = None,
    division: Division = USUAL,
) -> Dataset:
    """A data set of sequences with a label at each step.

    Parts that are not given are split off by whole sequences, with a fixed seed, so
    that every class stays in the training part.

    Args:
        parts: The sequences by the name of their part; `"train"` is among them.
        name: Name of the data set.
        notes: Notes to begin with.
        class_names: Names in the order of the class numbers. Default: the labels of
            the training part, as numbers or alphabetically.
        division: How parts that are not given are split off.

    Raises:
        InputError: If a sequence is empty, has another number of labels than steps, or
            a label that is not known; or if there are too few.
    """
    told = list(notes)
    for part, sequences in parts.items():
        _check_pairs(part, sequences)
    is_text = isinstance(parts["train"].inputs[0][0], str)
    read = _texts if is_text else _arrays
    inputs, lengths = read(parts, told)
    numbers, names, given = class_numbers_of_steps(
        {part: each.labels for part, each in parts.items()},
        {part: each.where for part, each in parts.items()},
        class_names,
        covering=division.split,
        notes=told,
    )
    pieces = {}
    for part, found in numbers.items():
        labels = np.full((len(found), int(lengths[part].max())), NO_LABEL, "int32")
        for row, sequence in zip(labels, found, strict=True):
            row[: len(sequence)] = sequence
        pieces[part] = StepsPart(inputs[part], labels, lengths[part])
    groups = parts["train"].groups
    split, split_notes = _split(pieces, names, groups, division)
    pieces = dict(zip(PARTS, split, strict=True))
    contents = {part: digests(piece) for part, piece in pieces.items()}
    return Dataset(
        name=name,
        kind=Kind.TEXT if is_text else Kind.SEQUENCES,
        train=pieces["train"],
        validation=pieces["validation"],
        test=pieces["test"],
        class_names=names,
        names_given=given,
        task=TASK,
        notes=(*told, *split_notes, *notes_on_duplicates(contents, parts)),
    )


def _check_pairs(part: str, sequences: LabelledSequences) -> None:
    if not len(sequences.inputs):
        raise InputError(f"The {part} part has no sequences.")
    for row, (steps, labels) in enumerate(
        zip(sequences.inputs, sequences.labels, strict=True)
    ):
        noun = "tokens" if len(steps) and isinstance(steps[0], str) else "steps"
        if len(steps) == 0:
            raise InputError(f"{sequences.where(row)} has no steps; leave it out.")
        if len(steps) != len(labels):
            raise InputError(
                f"{sequences.where(row)} has {len(steps)} {noun} and {len(labels)} "
                "labels; give one label for each."
            )


def _texts(parts: dict[str, LabelledSequences], notes: list[str]) -> tuple[dict, dict]:
    """Tokens with a space between them, and their numbers."""
    inputs, lengths, spaced = {}, {}, 0
    for part, sequences in parts.items():
        texts = np.empty(len(sequences.inputs), object)
        for row, tokens in enumerate(sequences.inputs):
            for token in tokens:
                check_token(token, sequences.where, row)
            kept = [SPACE.sub("_", token) for token in tokens]
            spaced += sum(a != b for a, b in zip(kept, tokens, strict=True))
            texts[row] = " ".join(kept)
        inputs[part] = texts
        lengths[part] = np.array([*map(len, sequences.inputs)], "int64")
    if spaced:
        notes.append(f"{spaced:,} tokens hold white space, which becomes _")
    return inputs, lengths


def check_token(token: Any, where: Callable[[int], str], row: int) -> None:
    """Refuses what is not a token; `where` says what a message calls its sequence."""
    if not isinstance(token, str) or not token or "\0" in token:
        raise InputError(
            f"{where(row)} has the token {token!r}; tokens are texts, not empty and "
            "without null bytes."
        )
    try:
        token.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where(row)} has a token with half a character, which cannot be written "
            "as UTF-8."
        ) from error


def _arrays(parts: dict[str, LabelledSequences], notes: list[str]) -> tuple[dict, dict]:
    """Arrays `(n, time, features)` padded with zeros, and lengths."""
    checked = {}
    for part, sequences in parts.items():
        found = [
            as_steps(sequence, sequences.where(row))
            for row, sequence in enumerate(sequences.inputs)
        ]
        for row, sequence in enumerate(found):
            if sequence.shape[1] != found[0].shape[1]:
                raise InputError(
                    f"{sequences.where(row)} has {sequence.shape[1]} numbers at each "
                    f"step, the first sequence {found[0].shape[1]}."
                )
            if not sequence[-1].any():
                raise InputError(
                    f"{sequences.where(row)} ends in a step of zeros, which a network "
                    "takes for padding: cut it off, or add a number to each step that "
                    "is never 0."
                )
        checked[part] = found
    steps = max(len(each) for found in checked.values() for each in found)
    number = sum(map(len, checked.values()))
    features = checked["train"][0].shape[1]
    check_memory(
        number * steps * (features + 1) * 4,
        f"{number:,} sequences of up to {steps:,} steps",
        "cut long sequences into pieces",
    )
    return padded_sequences(checked, notes)


def as_steps(sequence: Any, where: str) -> np.ndarray:
    """Checks a sequence: float32 `(time, features)`; one number at each step is one."""
    try:
        array = np.asarray(sequence)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "iufb" or array.ndim not in (1, 2) or not array.size:
        raise InputError(
            f"{where} must hold the same count of numbers at each step, at least one."
        )
    with np.errstate(over="ignore"):  # It becomes infinite and is refused.
        steps = array.reshape(len(array), -1).astype("float32")
    wrong = np.argwhere(~np.isfinite(steps))
    if len(wrong):
        raise InputError(
            f"{where} has a number that is NaN, infinite or beyond float32 at step "
            f"{wrong[0][0]}, counted from 0: correct it, or leave the sequence out."
        )
    return steps


def _split(
    pieces: dict[str, StepsPart],
    names: tuple[str, ...],
    groups: Sequence[str] | None,
    division: Division,
) -> tuple[list[Any], list[str]]:
    """The three parts, split off by whole sequences where missing, and notes."""
    train = pieces["train"]
    given = pieces.get("validation"), pieces.get("test")
    lacking = division.lacking(pieces)
    by_rule = division.key is not None or division.keeps_duplicates
    if not lacking or by_rule:
        *split, told = complete(
            train,
            *given,
            (),
            division,
            None if groups is None else np.array(groups),
            digests(train) if division.keeps_duplicates else None,
        )
        left = _absent(split[0], names)
        if division.split and left:
            raise InputError(
                f"The label {left[0]!r} occurs only in held-out sequences; hold out "
                "others, or split at random."
            )
        return split, list(told)
    notes: list[str] = []
    shares = division.shares(lacking)
    pieces |= {part: train.take(slice(0, 0)) for part in division.elsewhere}
    for part in lacking:
        kept, split_off = _drawn(train, shares[part], len(names), lacking)
        pieces[part], train = train.take(split_off), train.take(kept)
        note = (
            f"{part} part: {len(split_off):,} sequences split off at random, with a "
            "fixed seed"
        )
        absent = _absent(pieces[part], names)
        if absent:
            shown = ", ".join(map(repr, absent[:5])) + ", …" * (len(absent) > 5)
            note += f"; it lacks the labels {shown}"
        notes.append(note)
    return [train, pieces["validation"], pieces["test"]], notes


def _drawn(
    part: StepsPart, share: Share, num_classes: int, lacking: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Indices to keep and to split off; what is kept has every label."""
    has = np.zeros((len(part), num_classes), bool)
    rows, steps = np.nonzero(part.labels != NO_LABEL)
    has[rows, part.labels[rows, steps]] = True
    left, wanted = has.sum(axis=0), math.ceil(share * len(part))
    chosen: list[int] = []
    for row in np.random.default_rng(SEED).permutation(len(part)).tolist():
        if len(chosen) < wanted and (left[has[row]] > 1).all():
            chosen.append(row)
            left -= has[row]
    if not chosen or len(chosen) == len(part):
        raise InputError(
            f"There are too few sequences to split off a {' and a '.join(lacking)} "
            "part and keep each label in the training part. Add sequences, or give the "
            "parts yourself."
        )
    split_off = np.array(chosen)
    return np.setdiff1d(np.arange(len(part)), split_off), split_off


def _absent(part: Part, names: tuple[str, ...]) -> list[str]:
    """The labels that no step of a part has."""
    counts = np.bincount(part.classes(), minlength=len(names))
    return [name for name, count in zip(names, counts, strict=True) if not count]
