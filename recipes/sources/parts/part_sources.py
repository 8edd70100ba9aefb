"""Dictionaries and folders that have a source for each part of a data set."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from custom.arguments import shown
from recipes.sources.files.file_listing import entries
from recipes.sources.location import Location
from recipes.sources.parts.parts import names_of_parts, part_inside, refuse_other_parts
from recipes.sources.registry import source_of
from recipes.sources.tables.table_format import is_table
from zoo.errors import InputError

# Readers of files that do not look for parts beside a file themselves.
SINGLE = (":load_table", ":load_npz", ":load_continuous_text")


def sources_of_parts(source: Any) -> tuple[dict[str, Any], list[str]]:
    """The source of each part, and notes; no sources if it is another source.

    A dictionary of parts has their names as keys, and data frames, tuples `(x, y)`,
    paths or dictionaries of columns as values. A folder of parts has a file for each,
    such as `train.csv` and `test.csv`, or a folder with the files of a table.

    Raises:
        InputError: If a name stands for no part, two stand for one, or the training
            part lacks.

    >>> sources_of_parts({"train": "a.csv", "Test": "b.csv"})
    ({'train': 'a.csv', 'test': 'b.csv'}, [])
    >>> sources_of_parts({"train": [1, 2], "label": [0, 1]})
    ({}, [])
    """
    if isinstance(source, Mapping):
        return (_in_dictionary(source), []) if _holds_sources(source) else ({}, [])
    location = Location(source)
    if location.in_memory or not location.path.is_dir():
        return {}, []
    return _in_folder(location.path)


def given_sources(
    training: Any, given: dict[str, Any]
) -> tuple[Any, dict[str, Any], list[str]]:
    """The source of the training part, those of other parts, and notes.

    Args:
        training: A source, which may have a source for each part.
        given: Sources of other parts by name.

    Raises:
        InputError: If a part is given twice, or the source of one cannot be read.
    """
    inside, notes = sources_of_parts(training)
    for part in inside.keys() & given.keys():
        raise given_twice(f"{shown(training)}", part)
    sources = {**inside, **given}
    training = sources.pop("train", training)
    for part, source in sources.items():
        try:  # What does not exist is told before anything is read.
            source_of(Location(source))
        except InputError as error:
            raise InputError(f"`{part}` (--{part}): {error}") from error
    return training, sources, notes


def given_twice(name: str, part: str) -> InputError:
    """The error for a part that is given and that the source has, too."""
    return InputError(
        f"{name} has a {part} part of its own: leave out `{part}` (--{part}), or give "
        "the training part alone."
    )


def _holds_sources(given: Mapping[Any, Any]) -> bool:
    return bool(given) and all(map(_is_source, given.values()))


def _is_source(value: Any) -> bool:
    """Whether it is data of its own, and not a column."""
    if isinstance(value, tuple):
        return len(value) == 2 and all(hasattr(item, "__len__") for item in value)
    if isinstance(value, str | os.PathLike):
        return True
    from recipes.sources.tables.frames import is_frame  # It loads NumPy.

    return is_frame(value)


def _in_dictionary(given: Mapping[Any, Any]) -> dict[str, Any]:
    names = names_of_parts(map(str, given), "The dictionary of parts")
    others = [str(name) for name in given if str(name) not in names.values()]
    if others or "train" not in names:
        wrong = f"has {others[0]!r}" if others else "has no training part"
        raise InputError(
            f"The dictionary of parts {wrong}; its keys are the names of parts, train, "
            "validation and test: rename it, or leave it out."
        )
    return {part: given[name] for part, name in names.items()}


def _in_folder(folder: pathlib.Path) -> tuple[dict[str, Any], list[str]]:
    words = {each: part_inside(each.name) for each in entries(folder)}
    named = {e: w for e, w in words.items() if e.is_file() or (w and is_table(e))}
    files = [*named]
    spelled = {word: each for each, word in named.items() if word}
    trains = [each for word, each in spelled.items() if word.startswith("train")]
    if not trains or not _is_single(trains[0]):
        return {}, []
    parts = [word for word in named.values() if word]
    twice = next((word for word in parts if parts.count(word) > 1), None)
    if twice:
        both = [each.name for each, word in named.items() if word == twice]
        raise InputError(
            f"{folder} has {both[0]} and {both[1]}, whose names stand for one part: "
            "keep one of them, or put the files of each part into a folder of its own."
        )
    kind = trains[0].suffix
    refuse_other_parts((each.name for each in files if each.suffix == kind), folder)
    names = names_of_parts(parts, folder)
    unused = [each.name for each in files if not named[each]]
    notes = [f"files that are not used: {', '.join(unused)}"] if unused else []
    return {part: spelled[word] for part, word in names.items()}, notes


def _is_single(file: pathlib.Path) -> bool:
    """Whether it is a file of one part, whose reader sees nothing beside it."""
    try:
        return source_of(Location(file)).loader.endswith(SINGLE)
    except InputError:
        return False
