"""What a user gives to predict: files, folders, standard input, or data in memory."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from custom.arguments import path as checked_path
from recipes.data.dataset import Part
from recipes.sources.files.file_listing import files_below
from recipes.sources.tables.frames import is_frame, plain
from recipes.sources.tables.table_format import TABLE_SUFFIXES, is_table
from recipes.sources.tables.tables import from_frame
from zoo.errors import InputError, checked
from zoo.names import file_name

STANDARD_INPUT = "-"
# How files begin that their content tells, and the ending of their names.
BEGINNINGS = (
    (b"PAR1", ".parquet"),
    (b"ARROW1", ".feather"),
    (b"\x1f\x8b", ".csv.gz"),
    (b"\x93NUMPY", ".npy"),
    (b"{", ".jsonl"),
)
ARCHIVE = b"PK\x03\x04"


@dataclasses.dataclass(frozen=True)
class File:
    """A file to predict.

    Attributes:
        path: Where it is.
        name: What answers call it.
        is_piped: Whether it holds what came from standard input.
    """

    path: pathlib.Path
    name: str
    is_piped: bool = False


@dataclasses.dataclass(frozen=True)
class Form:
    """What files a model reads.

    Attributes:
        noun: What a sentence calls them.
        suffixes: Endings of the names of files to read in a folder: those of the first
            group of which there is a file.
        piped: Ending for standard input that its beginning does not tell.
        archive: Ending for an archive from standard input.
        has_texts: Whether a string in a list is a text and not a path.
    """

    noun: str
    suffixes: tuple[tuple[str, ...], ...]
    piped: str = ""
    archive: str = ".npz"
    has_texts: bool = False


def given_items(
    data: Any, form: Form, notes: list[str], stack: contextlib.ExitStack
) -> list[Any]:
    """What is to be predicted: `File`s, tables, arrays and lists of texts, in order.

    Args:
        data: As `recipes.predict` takes it.
        form: What files the model reads.
        notes: List to which is added what is not read.
        stack: What removes the copy of standard input in the end.
    """
    if isinstance(data, Part):
        return [data.model_inputs]
    if isinstance(data, str | os.PathLike):
        return [*_files([data], form, notes, stack)]
    if is_frame(data):
        return [from_frame(data)]
    data = plain(data)
    if not isinstance(data, list | tuple) or not data:
        return [data]
    items: list[Any] = []
    texts: list[Any] = []
    for each in data:
        is_path = isinstance(each, os.PathLike) or (
            isinstance(each, str) and not form.has_texts
        )
        if texts and is_path:
            items.append(texts)
            texts = []
        if is_path:
            items += _files([each], form, notes, stack)
        else:
            texts.append(each)
    return [*items, texts] if texts else items


def _files(
    paths: Sequence[Any], form: Form, notes: list[str], stack: contextlib.ExitStack
) -> Iterator[File]:
    for given in paths:
        if str(given) == STANDARD_INPUT:
            yield _standard_input(form, stack)
            continue
        path = checked(checked_path, "data", given)
        if path.is_dir():
            yield from _files_in(path, form, notes)
        elif path.exists():
            yield File(path, file_name(path))
        else:
            hint = "; texts are given in a list" if form.has_texts else ""
            raise InputError(f"There is no file {path}{hint}.")


def _files_in(folder: pathlib.Path, form: Form, notes: list[str]) -> list[File]:
    """The files below a folder that a model reads; a note counts the others."""
    listing = files_below(folder)
    for suffixes in form.suffixes:
        found = [f for f in listing.files if _ends_in(f, suffixes)]
        if found:
            break
    else:
        wanted = ", ".join(s for suffixes in form.suffixes for s in suffixes)
        raise InputError(
            f"The folder {folder} has no {form.noun}: none of its {len(listing.files)} "
            f"files ends in one of {wanted}."
        )
    others = [file for file in listing.files if file not in {*found}]
    if others:
        notes.append(
            f"{len(others):,} files in {folder} are not {form.noun} and are not read, "
            f"{others[0].relative_to(folder)} first"
        )
    return [File(file, file_name(file)) for file in found]


def _ends_in(file: pathlib.Path, suffixes: tuple[str, ...]) -> bool:
    is_one = file.suffix.lower() in suffixes
    return is_one or (suffixes == TABLE_SUFFIXES and is_table(file))  # compressed


def _standard_input(form: Form, stack: contextlib.ExitStack) -> File:
    """A copy of standard input, in a file with an ending that says what it holds."""
    folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
    path = folder / "standard input"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InputError("Standard input is empty: pipe the examples into it.")
    known = (*BEGINNINGS, (ARCHIVE, form.archive))
    suffix = next((s for begin, s in known if start.startswith(begin)), form.piped)
    return File(path.rename(folder / f"standard input{suffix}"), STANDARD_INPUT, True)


@contextlib.contextmanager
def named_safely(files: Iterable[File]) -> Iterator[None]:
    """Calls standard input so in errors, and not by the name of its copy."""
    try:
        yield
    except InputError as error:
        message = str(error)
        for file in files:
            if file.is_piped:
                message = message.replace(str(file.path), "standard input")
        raise InputError(message) from error
