"""Folders of files with a table of them, as Hugging Face's `imagefolder` has it."""

import dataclasses
import pathlib
from typing import Any

from recipes.data.dataset import Dataset
from recipes.sources.files.class_folders import part_folders
from recipes.sources.files.file_listing import subfolders
from recipes.sources.labels.targets import Task
from recipes.sources.parts.division import Division
from recipes.sources.parts.parts import part_named
from recipes.sources.tables.table import load_table
from zoo.errors import InputError

TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
COLUMN = b"file_name"  # of the table


def holds_metadata(path: pathlib.Path) -> bool:
    """Whether a folder, or one of its parts, has a table of its files."""
    if not path.is_dir():
        return False
    parts = (folder for folder in subfolders(path) if part_named(folder.name))
    return any(_table_in(folder) for folder in (path, *parts))


def _table_in(folder: pathlib.Path) -> pathlib.Path | None:
    for name in TABLES:
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                if name.endswith(".parquet") or COLUMN in file.read(2**14):
                    return folder / name
    return None


def load_metadata_folder(
    path: pathlib.Path,
    *,
    division: Division,
    task: Task | None,
    target: tuple[str, ...],
    label_column: str,
    drop_columns: tuple[str, ...],
    image_size: tuple[int, int] | None,
    sample_rate: int | None,
    clip_seconds: float | None,
    bit_depth: int | None = None,
    value_names: tuple[str, ...] = (),
) -> Dataset:
    """Reads `path/metadata.csv`, or `path/{train,test,validation}/metadata.csv`."""
    given: dict[str, Any] = {
        "task": task,
        "target": target,
        "label_column": label_column,
        "drop_columns": drop_columns,
        "image_size": image_size,
        "sample_rate": sample_rate,
        "clip_seconds": clip_seconds,
    }
    from recipes.sources import OPTIONS, load_with_defaults
    from recipes.sources.parts.given_parts import with_part

    own = _table_in(path)
    folders = {"train": path} if own else part_folders(path)
    tables = {part: _table_in(folder) for part, folder in folders.items()}
    for part, table in tables.items():
        if table is None:
            raise InputError(
                f"{folders[part]} has no table of its files, as other parts have; give "
                f"it {TABLES[0]} with a column {COLUMN.decode()!r}."
            )
    others = {part: table for part, table in tables.items() if part != "train"}
    division = dataclasses.replace(division, elsewhere=(*division.elsewhere, *others))
    dataset = load_table(
        tables["train"],
        division=division,
        bit_depth=bit_depth,
        value_names=value_names,
        **given,
    )
    dataset = dataclasses.replace(dataset, name=path.resolve().name)
    given = {n: each for n, each in given.items() if each != OPTIONS[n].default}
    for part, table in others.items():
        dataset = with_part(dataset, part, table, given, load_with_defaults)
    return dataset
