"""Cache of decoded examples, also for data that are larger than memory."""

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import shutil
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.roles import ColumnRole
from recipes.progress import waiting
from recipes.sources.arrays import mapped
from recipes.sources.arrays.array_files import read_header
from zoo.atomic_writes import draft_folder, json_text, move_into_place
from zoo.cache_folder import cache_folder
from zoo.columns import Columns
from zoo.errors import InputError
from zoo.json_files import read_json

FORMAT = 1  # of the files; entries of another format are not used
WORTH_KEEPING = 2**26  # bytes of examples; fewer are decoded quickly
BLOCKS, BLOCK = 64, 2**20  # of a file, for its checksum
DESCRIPTION = "dataset.json"
PARTS = ("train", "validation", "test")
SPARE = 2**26  # bytes that stay free on the disk


class Room:
    """Allocates arrays of examples in memory or, if they are large, in files."""

    def __init__(self, draft: pathlib.Path | None = None) -> None:
        self._draft = draft

    def arrays(self, shapes: dict[str, tuple[int, ...]], dtype: str) -> dict:
        """Zeros of these shapes by part, in files if they take more than 256 MB.

        Python objects, such as texts, always stay in memory.
        """
        needed = sum(map(math.prod, shapes.values())) * np.dtype(dtype).itemsize
        if needed <= mapped.IN_MEMORY or np.dtype(dtype).hasobject:
            return {part: np.zeros(shape, dtype) for part, shape in shapes.items()}
        if self._draft is None:
            raise InputError(
                f"The examples take {needed / 1e9:.2f} GB, too much for memory, and "
                "there is no cache folder for them; give one with --cache-dir."
            )
        # Writing to a mapped file on a full disk would kill the process.
        _check_space(self._draft, needed)
        return {
            part: np.lib.format.open_memmap(
                self._draft / f"x_{part}.npy", mode="w+", dtype=dtype, shape=shape
            )
            for part, shape in shapes.items()
        }


def cached(
    build: Callable[[Room], Dataset],
    files: Iterable[pathlib.Path],
    settings: dict,
    cache_dir: str | os.PathLike | None,
) -> Dataset:
    """The data set that `build` returns, or returned before for the same files.

    More than 64 MB of examples are kept. They are used again until a file or a setting
    changes, and only if their checksums are right.

    Args:
        build: Returns the data set; it may allocate large arrays in the `Room`.
        files: The files that it reads.
        settings: Everything else that the data set depends on.
        cache_dir: The cache folder; `"none"` to keep nothing. Default: the environment
            variable `ZOO_CACHE`, else the system's folder for caches.

    Raises:
        InputError: If examples too large for memory cannot be kept on disk.
    """
    place = cache_folder(cache_dir)
    if place is None:
        return build(Room())
    kept = place / _key(files, settings)
    notes = []
    if kept.exists():
        try:
            return _read(kept, f"examples were decoded before: {kept}")
        except (InputError, OSError, KeyError, TypeError, ValueError):
            shutil.rmtree(kept, ignore_errors=True)
            notes.append(f"{kept} was damaged, and is written again")
    with contextlib.ExitStack() as stack:
        try:
            place.mkdir(parents=True, exist_ok=True)
            draft = stack.enter_context(draft_folder(place))
        except OSError as error:
            if cache_dir is not None:
                raise InputError(f"Cannot write {place}: {error.strerror}.") from error
            return build(Room())
        dataset = build(Room(draft))
        dataset = dataclasses.replace(dataset, notes=(*dataset.notes, *notes))
        size = sum(part.inputs.nbytes for part in dataset.parts.values())
        if dataset.train.inputs.dtype.hasobject or size < WORTH_KEEPING:
            return dataset
        return _kept(dataset, draft, kept)


def _key(files, settings) -> str:
    """A name that changes with the files, their sizes and times, and the settings.

    A linked file counts by its path, which names its class and part, too.
    """
    digest = hashlib.sha256(json.dumps([FORMAT, settings], sort_keys=True).encode())
    folders: dict[pathlib.Path, bool] = {}
    for file in sorted(files):
        told = [str(file.resolve()), *_state(file)]
        folder = file.parent
        if folder not in folders:
            folders[folder] = folder.resolve() == folder.absolute()
        if file.is_symlink() or not folders[folder]:
            told.append(str(file.absolute()))
        digest.update(json.dumps(told).encode())
    return digest.hexdigest()[:32]


def _state(file: pathlib.Path) -> tuple[int, int]:
    """Size and time of a file; a link may lead nowhere."""
    try:
        state = file.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns


def _kept(dataset, draft, kept) -> Dataset:
    """Writes a data set into the cache, and reads it from there."""
    arrays = {
        f"{letter}_{name}": array
        for name, part in dataset.parts.items()
        for letter, array in (
            ("x", part.inputs),
            ("y", part.labels),
            ("lengths", part.lengths),
        )
        if array is not None
    }
    try:
        with waiting("keeping decoded examples"):
            in_memory = [a for a in arrays.values() if not isinstance(a, np.memmap)]
            _check_space(draft, sum(array.nbytes for array in in_memory))
            for name, array in arrays.items():
                if isinstance(array, np.memmap):
                    array.flush()
                else:
                    np.save(draft / f"{name}.npy", array)
            described = {
                "kind": dataset.kind,
                "name": dataset.name,
                "class_names": dataset.class_names,
                "names_given": dataset.names_given,
                "feature_names": dataset.feature_names,
                "sample_rate": dataset.sample_rate,
                "bit_depth": dataset.bit_depth,
                "columns": dataset.columns and dataset.columns.get_config(),
                "notes": dataset.notes,
                "roles": [*map(dataclasses.asdict, dataset.roles)],
                "marks": {name: _mark(draft / f"{name}.npy") for name in arrays},
            }
            text = json_text(described)
            (draft / DESCRIPTION).write_text(text, encoding="utf-8")
            with contextlib.suppress(FileExistsError):  # Another process was faster.
                move_into_place(draft, kept, replace=False)
    except (OSError, InputError) as error:
        if _is_on_disk(dataset):
            raise
        told = f"decoded examples are not kept: {error}"
        return dataclasses.replace(dataset, notes=(*dataset.notes, told))
    return _read(kept, f"decoded examples are kept in {kept}")


def _read(folder, note) -> Dataset:
    """Reads a data set from the cache; large ones are memory-mapped."""
    described = read_json(folder / DESCRIPTION)
    for name, mark in described["marks"].items():
        if _mark(folder / f"{name}.npy") != mark:
            raise InputError(f"{folder / name}.npy is damaged.")
    headers = {name: read_header(folder / f"x_{name}.npy") for name in PARTS}
    size = sum(header.nbytes for header in headers.values())
    are_mapped = size > mapped.IN_MEMORY
    columns = described["columns"]
    parts: dict[str, Any] = {}
    for name, header in headers.items():
        inputs = mapped.map_array(header) if are_mapped else np.load(header.path)
        lengths = folder / f"lengths_{name}.npy"
        parts[name] = Part(
            inputs,
            np.load(folder / f"y_{name}.npy"),
            np.load(lengths) if lengths.exists() else None,
            columns and Columns.from_config(columns),
        )
    how = "memory-mapped" if are_mapped else "read into memory"
    return Dataset(
        name=described["name"],
        kind=described["kind"],
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        class_names=tuple(described["class_names"]),
        names_given=described.get("names_given", True),  # Not in version 0.1.0.
        feature_names=tuple(described["feature_names"]),
        sample_rate=described["sample_rate"],
        roles=tuple(ColumnRole(**role) for role in described.get("roles", ())),
        bit_depth=described.get("bit_depth", 16),
        notes=(*described["notes"], f"{note}; {size / 1e6:,.0f} MB, {how}"),
    )


def _mark(file: pathlib.Path) -> list[int]:
    """Size and checksum; above 64 MB, the checksum of evenly spread blocks."""
    size = file.stat().st_size
    checksum = 0
    with file.open("rb") as opened:
        for number in range(BLOCKS):
            even = number * max(0, size - BLOCK) // (BLOCKS - 1)
            opened.seek(number * BLOCK if size <= BLOCKS * BLOCK else even)
            checksum = zlib.crc32(opened.read(BLOCK), checksum)
    return [size, checksum]


def _check_space(folder, needed):
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise InputError(
            f"The decoded examples take {needed / 1e9:.2f} GB, and {folder.parent} has "
            f"{free / 1e9:.2f} GB free; choose another folder with --cache-dir."
        )


def _is_on_disk(dataset) -> bool:
    return any(isinstance(p.inputs, np.memmap) for p in dataset.parts.values())
