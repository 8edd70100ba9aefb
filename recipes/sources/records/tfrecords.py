"""Data sets from TFRecord files of `tf.train.Example`, larger than memory too.

The files are read twice: first for the labels and sizes, which decide the parts, then
for the examples, which are written to their rows in arrays. So training has random
access, and shuffles and resumes as from memory.
"""

import dataclasses
import os
import pathlib
import re
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.progress import track
from recipes.sources.files.cache import Room, cached
from recipes.sources.files.file_listing import entries, files_below, subfolders
from recipes.sources.images.image_folder import DECODING
from recipes.sources.images.resizing import resized
from recipes.sources.labels.labels import MISSING, class_numbers
from recipes.sources.parts.division import USUAL, Division
from recipes.sources.parts.duplicates import digests, notes_on_duplicates
from recipes.sources.parts.parts import (
    names_of_parts,
    part_inside,
    part_named,
    refuse_other_parts,
)
from recipes.sources.parts.splitting import complete
from recipes.sources.records.tfrecord_layout import LAYOUT, layout_of
from recipes.sources.records.tfrecord_readers import READERS
from zoo.errors import InputError
from zoo.kinds import Kind

BATCH = 256
FILE = re.compile(r"\.tf_?rec(ords?)?(-\d+-of-\d+)?(\.gz)?$", re.IGNORECASE)


def holds_records(path: pathlib.Path) -> bool:
    """Whether it is a TFRecord file, or a folder of them or of parts that have them."""
    if not path.is_dir():
        return bool(FILE.search(path.name))
    return any(
        FILE.search(file.name) and not file.is_dir()
        for folder in (path, *(f for f in subfolders(path) if part_named(f.name)))
        for file in entries(folder)
    )


def _record_files(path: pathlib.Path) -> list[pathlib.Path]:
    """The TFRecord files in a folder and its subfolders, by name."""
    return sorted(file for file in files_below(path).files if FILE.search(file.name))


def load_tfrecords(
    path: pathlib.Path,
    *,
    label_column: str,
    image_size: tuple[int, int] | None,
    sample_rate: int | None,
    clip_seconds: float | None,
    cache_dir: str | None,
    bit_depth: int | None = None,
    division: Division = USUAL,
) -> Dataset:
    """Reads a TFRecord file, or a folder of them.

    The name of a file or of its folder says which part it belongs to, such as
    `train-00000-of-00010.tfrecord`. Without such names all files are for training.
    """
    name = path.resolve().name.partition(".")[0]
    files = [path] if path.is_file() else _record_files(path)
    path = path.parent if path.is_file() else path
    if (path / "dataset_info.json").exists():
        raise InputError(
            f"{path} was prepared by TensorFlow Datasets: give the name of the data "
            "set, and the parent folder with --data-dir."
        )
    options = {
        "image_size": image_size,
        "sample_rate": sample_rate,
        "clip_seconds": clip_seconds,
    }
    parts = {"train": files} if len(files) == 1 else _parts(path, files)
    first = _first_record(files[0])
    layout = layout_of(path, first, label_column, options)
    layout = READERS[layout.kind].completed(layout, first[layout.input])
    layout = dataclasses.replace(layout, bit_depth=bit_depth)
    if division.class_names is not None:
        layout = dataclasses.replace(layout, class_names=division.class_names)
    described = [file for file in (path / LAYOUT,) if file.exists()]
    settings: dict[str, Any] = {
        "kind": "tfrecords",
        "label": label_column,
        **options,
        "decoding": [DECODING, bit_depth],
        **division.settings,
    }
    dataset = cached(
        lambda room: _decoded(name, parts, layout, room, division),
        [*files, *described],
        settings,
        # A cache does not tell what was divided.
        cache_dir if division.seen is None else "none",
    )
    return resized(dataset, image_size)  # Raw pixels have another size until here.


def _parts(path, files) -> dict[str, list[pathlib.Path]]:
    """The files of each part."""
    by_name: dict[str, list[pathlib.Path]] = {}
    for file in files:
        name = part_inside(file.relative_to(path).as_posix().replace("/", "."))
        by_name.setdefault(name or "", []).append(file)
    refuse_other_parts((file.name for file in files), path)
    unnamed = by_name.pop("", [])
    if unnamed and by_name:
        raise InputError(
            f"{path} has {unnamed[0].name}, whose name says no part, beside files "
            "whose names do: rename it, such as to train-2.tfrecord, or move it."
        )
    by_name = by_name or {"train": unnamed}
    names = names_of_parts(by_name, path)
    parts = {part: by_name[name] for part, name in names.items()}
    if "train" not in parts:
        raise InputError(
            f"{path} has files of the parts {', '.join(parts)}, but none for training."
        )
    return parts


@dataclasses.dataclass(frozen=True)
class Scan:
    """Labels and sizes of inputs that the first reading finds in a part."""

    labels: np.ndarray
    sizes: np.ndarray


def _decoded(name, files, layout, room: Room, division) -> Dataset:
    reader = READERS[layout.kind](layout)
    scans = {part: _scanned(some, reader, layout) for part, some in files.items()}
    labels = class_numbers(
        {part: scan.labels for part, scan in scans.items()},
        layout.class_names,
        covering=division.split,
    )
    rows = {
        part: Part(np.arange(len(y)), y)
        for part, y in labels.numbers.items()
        if part == "train" or (y != MISSING).any()
    }
    files = {part: files[part] for part in rows}
    train, validation, test, split_notes = complete(
        rows["train"],
        rows.get("validation"),
        rows.get("test"),
        labels.names,
        division,
    )
    numbered = {"train": train, "validation": validation, "test": test}
    shape = reader.shape({part: scan.sizes for part, scan in scans.items()})
    inputs = room.arrays(
        {part: (len(piece), *shape) for part, piece in numbered.items()}, reader.dtype
    )
    for source, some in files.items():
        if source != "train":
            places = {source: numbered[source].inputs}
        else:  # Parts without files come from those of training.
            own = [part for part in numbered if part == "train" or part not in files]
            places = {part: numbered[part].inputs for part in own}
        _filled(inputs, places, some, reader, layout, len(scans[source].labels))
    lengths = dict.fromkeys(numbered)
    if reader.has_lengths:
        for part, piece in numbered.items():
            scan = scans[part if part in files else "train"]
            lengths[part] = reader.lengths(scan.sizes[piece.inputs], shape)
    parts: dict[str, Any] = {
        part: Part(inputs[part], piece.labels, lengths[part])
        for part, piece in numbered.items()
    }
    contents = {part: digests(piece) for part, piece in parts.items()}
    return Dataset(
        name=name,
        kind=layout.kind,
        **parts,
        class_names=labels.names,
        names_given=labels.names_given,
        bit_depth=reader.bit_depth,
        sample_rate=layout.sample_rate if layout.kind == Kind.AUDIO else None,
        notes=(
            *layout.notes,
            *reader.notes,
            *labels.notes,
            *split_notes,
            *notes_on_duplicates(contents, given=parts),
        ),
    )


def _scanned(files, reader, layout) -> Scan:
    labels, sizes = [], []
    for batch in _batches(files, "scanning records", reader.scan):
        labels.append(batch["label"].numpy())
        sizes.append(batch["size"].numpy())
    return Scan(np.concatenate(labels), np.concatenate(sizes))


def _filled(inputs, places, files, reader, layout, total):
    """Writes the input of each record to its row in the array of its part."""
    part_of = np.full(total, -1, "int8")  # An example without a label has no part.
    row_of = np.zeros(total, "int64")
    names = list(places)
    for number, name in enumerate(names):
        part_of[places[name]] = number
        row_of[places[name]] = np.arange(len(places[name]))
    first = 0
    for values in _batches(files, f"decoding {layout.kind}", reader.read, reader.array):
        here = slice(first, first + len(values))
        for number, name in enumerate(names):
            mine = part_of[here] == number
            reader.put(inputs[name], row_of[here][mine], values, np.flatnonzero(mine))
        first += len(values)


def _batches(files, description, parse, convert=dict):
    """Parsed and converted batches of all files in order; errors name the file."""
    import tensorflow as tf

    for file in track(files, description, len(files)):
        records = _records(file).batch(BATCH)
        try:
            parsed = records.map(parse, tf.data.AUTOTUNE).prefetch(2)
            for batch in parsed:
                yield convert(batch)
        except tf.errors.DataLossError as error:
            raise InputError(f"{file} is damaged or cut off.") from error
        except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
            reason = re.sub(r"\{\{.*?\}\} *", "", str(error)).strip().splitlines()[0]
            raise InputError(
                f"{file} has a record of another layout: {reason[:200]} Describe it in "
                f"{LAYOUT}."
            ) from error
        except InputError as error:
            raise InputError(f"{file}: {error}") from error


def _records(file):
    import tensorflow as tf

    compression = "GZIP" if file.suffix.lower() == ".gz" else ""
    return tf.data.TFRecordDataset(os.fsencode(file), compression, buffer_size=2**23)


def _first_record(file):
    """The features of the first record."""
    import tensorflow as tf

    try:
        for record in _records(file).take(1):
            return tf.train.Example.FromString(record.numpy()).features.feature
    except (tf.errors.DataLossError, ValueError) as error:
        raise InputError(f"{file} is damaged, or is not a TFRecord file.") from error
    except Exception as error:  # from protocol buffers, of no public class
        raise InputError(f"{file} holds no tf.train.Example.") from error
    raise InputError(f"{file} has no records.")
