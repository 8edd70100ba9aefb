"""Folders of `.npy` files, read into memory or, if large, memory-mapped."""

import pathlib
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.zero_copy import ALIGNMENT
from recipes.sources.arrays.array_files import Header, read_header, read_npy
from recipes.sources.arrays.array_names import arrays_named
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.arrays.sequences import check_lengths, cut_at
from recipes.sources.images.resizing import resized
from recipes.sources.labels.labels import is_labelled
from recipes.sources.labels.targets import Task, read_labels
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.splitting import Share, complete
from recipes.sources.steps.step_labels import TASK
from zoo.errors import InputError
from zoo.kinds import Kind

IN_MEMORY = 2**28  # bytes of examples; larger files are mapped
BLOCK = 2**24  # bytes that are checked at a time
PARTS = ("train", "validation", "test")


def load_npy_folder(
    path: pathlib.Path,
    *,
    image_size: tuple[int, int] | None = None,
    sequences: bool = False,
    task: Task | None = None,
    value_names: tuple[str, ...] = (),
    division: Division = USUAL,
) -> Dataset:
    """A data set from `x_train.npy`, `y_train.npy` and, as for `.npz`, further parts.

    Up to 256 MB of examples are read into memory. Larger files are memory-mapped: the
    system reads the pages that a batch needs. They must hold float32 rows
    `(n, features)`, uint8 images `(n, height, width, channels)` or float32 sequences
    `(n, time, features)` padded with zeros. A missing part is then the end of the
    training file, since scattered examples would have to be copied. Nothing is ever
    unpickled. Examples are sequences with `sequences`, or if `lengths_train.npy`
    exists, which holds the length of each. Mapped images cannot be resized.
    """
    files = npy_files(path)
    headers = {p: read_header(files[f"x_{p}"]) for p in PARTS if f"x_{p}" in files}
    labels = {
        part: _labels(files.get(f"y_{part}", path / f"y_{part}.npy"))
        for part in headers
    }
    lengths = {
        part: _labels(files[f"lengths_{part}"])
        for part in headers
        if f"lengths_{part}" in files
    }
    notes = []
    unused = sorted({*path.glob("*.npy")} - {*files.values()})
    if unused:
        notes.append(f"files that are not used: {', '.join(f.name for f in unused)}")
    sequences = sequences or "train" in lengths
    size = sum(header.nbytes for header in headers.values())
    told = f"{size / 1e6:,.0f} MB of examples"
    if size <= IN_MEMORY:
        xs: dict[str, Any] = {
            part: read_npy(header.path) for part, header in headers.items()
        }
        for part, known in lengths.items():
            xs[part] = cut_at(part, xs[part], known)
        dataset = from_arrays(
            **{f"x_{part}": x for part, x in xs.items()},
            **{f"y_{part}": y for part, y in labels.items()},
            sequences=sequences,
            task=task,
            class_names=division.class_names,
            value_names=value_names,
            name=path.resolve().name,
            notes=(f"{told}: read into memory", *notes),
            split=division,
        )
    else:
        told += ": memory-mapped, not read ahead"
        shape = headers["train"].shape
        if task == TASK or (sequences and labels["train"].shape == shape[:2]):
            raise InputError(
                f"{path} has {size / 1e6:,.0f} MB of sequences with a label at each "
                f"step; at most {IN_MEMORY / 1e6:,.0f} MB are read: give a part of "
                "them, or cut long sequences into pieces."
            )
        known = lengths if sequences else None
        read = read_labels(
            labels,
            division.class_names,
            task=task,
            value_names=value_names,
            covering=division.split,
        )
        dataset = _mapped(path, headers, read, known, [told, *notes], division)
    return resized(dataset, image_size)


def npy_files(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """The `.npy` files of a folder by what they hold: `x_train`, `y_test`, ….

    A folder without `x_train` has none: it is another kind of folder.
    """
    names = [file.stem for file in sorted(path.glob("*.npy")) if file.is_file()]
    try:
        found = arrays_named(names, str(path))
    except InputError:
        known = [_found(name, path) for name in names]
        if not {"x_train", "y_train"} <= {*known}:
            return {}
        raise
    files = {holds: path / f"{name}.npy" for holds, name in found.items()}
    return files if "x_train" in files else {}


def _found(name: str, path: pathlib.Path) -> str:
    """What a file holds; nothing if its name is wrong."""
    try:
        return next(iter(arrays_named([name], str(path))), "")
    except InputError:
        return ""


def _mapped(path, headers, labels, lengths, notes, division):
    """The data set of mapped files; `lengths` is `None` unless they are sequences."""
    shape = headers["train"].shape[1:]
    for part, header in headers.items():
        numbers = labels.numbers[part]
        _check_form(header, shape, len(numbers), lengths is not None)
        if not is_labelled(numbers).all():
            raise InputError(
                f"{header.path} is too large for memory, and {labels.notes[-1]}: "
                "write it without those examples."
            )
    parts = {
        part: Part(
            map_array(header),
            labels.numbers[part],
            None if lengths is None else _lengths(part, lengths, header),
        )
        for part, header in headers.items()
    }
    notes += labels.notes
    if not division.split:
        found = (parts.get(part) for part in PARTS)
        *pieces, told = complete(*found, labels.names, division)
        parts, notes = dict(zip(PARTS, pieces, strict=True)), [*notes, *told]
    elif division.fold is not None:
        raise InputError(
            f"`fold` (--folds) takes examples from all over {headers['train'].path}, "
            "which is too large for memory: give fewer examples, or a test file."
        )
    for part, share in division.shares(division.lacking(parts)).items():
        parts["train"], parts[part] = _end(parts["train"], part, share, labels.names)
        notes.append(
            f"{part} part: the last {len(parts[part]):,} examples of the training "
            "file; if it is sorted, shuffle it or give the part a file"
        )
    parts |= {part: parts["train"].take(slice(0, 0)) for part in division.elsewhere}
    return Dataset(
        name=path.resolve().name,
        kind={1: Kind.TABLE, 2: Kind.SEQUENCES, 3: Kind.IMAGES}[len(shape)],
        **parts,
        class_names=labels.names,
        names_given=labels.names_given,
        value_names=labels.value_names,
        label_names=labels.label_names,
        notes=tuple(notes),
    )


def map_array(header: Header) -> np.memmap:
    """Maps the array of a file for reading."""
    return np.memmap(
        header.path, header.dtype, mode="r", offset=header.offset, shape=header.shape
    )


def _labels(path):
    if not path.is_file():
        raise InputError(f"There is no file {path} with labels of the examples.")
    header = read_header(path)
    if header.shape == ():
        raise InputError(f"{path} holds one number; labels have the shape (n,).")
    return read_npy(path)


def _lengths(part, lengths, header):
    """Lengths of sequences without padding; all steps if the file has no lengths."""
    known = lengths.get(part)
    if known is None:
        return np.full(header.shape[0], header.shape[1], "int64")
    check_lengths(part, header.shape, known)
    return known.astype("int64")


def _check_form(header, shape, num_labels, sequences):
    rank = 3 if sequences else 2
    is_rows = len(header.shape) == rank and header.dtype == np.dtype("<f4")
    is_images = (
        not sequences
        and len(header.shape) == 4
        and header.dtype == np.dtype("u1")
        and header.shape[-1] in (1, 3, 4)
    )
    if not (is_rows or is_images):
        raise InputError(
            f"{header.path} holds {header.dtype.str} of shape {header.shape}; files "
            "too large for memory must hold float32 ('<f4') rows (n, features), "
            "sequences (n, time, features), or uint8 images (n, height, width, 1, 3 or "
            "4 channels)."
        )
    if header.is_fortran:
        raise InputError(
            f"{header.path} is in Fortran order, which scatters each example over the "
            "file; save np.ascontiguousarray(x) instead."
        )
    if header.shape[1:] != shape:
        raise InputError(
            f"Examples in {header.path} have shape {header.shape[1:]}, those of the "
            f"training part {shape}."
        )
    if num_labels != header.shape[0]:
        raise InputError(
            f"{header.path} has {header.shape[0]:,} examples and {num_labels:,} labels."
        )
    if is_rows:
        _check_finite(header)


def _check_finite(header):
    """Reads the file once, a block at a time, without the mapping."""
    with header.path.open("rb") as file:
        file.seek(header.offset)
        for first in range(0, header.nbytes // 4, BLOCK // 4):
            block = np.fromfile(file, "<f4", min(BLOCK, header.nbytes - 4 * first) // 4)
            # A sum of float32 cannot overflow in float64: it is finite if all are.
            if not np.isfinite(block.sum(dtype="float64")):
                bad = first + int(np.argmin(np.isfinite(block)))
                at = tuple(int(i) for i in np.unravel_index(bad, header.shape))
                raise InputError(
                    f"{header.path} has a value that is NaN or infinite at {at}; "
                    "replace it, or leave that example out."
                )


def _end(part: Part, name: str, share: Share, class_names):
    """Splits off the end of a part, at an aligned address."""
    first = int(len(part) * (1 - share))
    first -= first % ALIGNMENT  # rows, of any number of bytes
    kept, end = (part.take(piece) for piece in (slice(None, first), slice(first, None)))
    for piece, called in ((kept, "rest of the training"), (end, name)):
        counts = np.bincount(piece.labels, minlength=len(class_names))
        if (counts == 0).any():
            raise InputError(
                f"The {called} part would have no example of class "
                f"{class_names[int(counts.argmin())]!r}, because the {name} part is "
                "the end of a file too large for memory; shuffle the file, or give "
                f"x_{name}.npy and y_{name}.npy."
            )
    return kept, end
