"""Columns of a table that name images, audio or text files, or hold them."""

import concurrent.futures
import dataclasses
import io
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from recipes.data.dataset import Dataset
from recipes.data.roles import ColumnRole, Role
from recipes.progress import track
from recipes.sources.arrays.arrays import from_arrays
from recipes.sources.audio.audio_files import (
    KINDS as AUDIO_KINDS,
    SUFFIXES as AUDIO,
    read_audio,
)
from recipes.sources.audio.audio_folder import clips_of
from recipes.sources.files.file_kinds import EncodedFile, kind_of_content
from recipes.sources.images.image_files import KINDS as IMAGE_KINDS
from recipes.sources.images.image_table import (
    SUFFIXES as IMAGES,
    named_paths,
    place_of,
    read_images,
)
from recipes.sources.labels.missing import is_missing
from recipes.sources.tables.arrow_columns import StoredCells
from recipes.sources.tables.tables import Table
from recipes.sources.texts.text import read_text
from zoo.errors import InputError
from zoo.kinds import Kind

TEXTS = frozenset({".txt"})
KINDS = {Kind.IMAGES: IMAGES, Kind.AUDIO: frozenset(AUDIO), Kind.TEXT: TEXTS}
ROLES: dict[Kind, Role] = {
    Kind.IMAGES: "image",
    Kind.AUDIO: "audio",
    Kind.TEXT: "text",
}
NOUNS = {Kind.IMAGES: "image", Kind.AUDIO: "audio file", Kind.TEXT: "text file"}
# Names of columns whose cells may be file names without their suffix.
NAMED = re.compile(
    r"(^|_)(id|name|path|file|filename|image|img|photo|picture|audio|clip|sound)(_|$)",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class MediaColumn:
    """A column of images or of audio.

    Attributes:
        name: The name of the column.
        kind: What its files hold.
        are_names: Whether its cells are names of files.
    """

    name: str
    kind: Kind
    are_names: bool

    @property
    def role(self) -> ColumnRole:
        """The role of the column, without a look at what its cells hold."""
        return ColumnRole(self.name, ROLES[self.kind])

    @property
    def noun(self) -> str:
        return NOUNS[self.kind]

    def files(self, table: Table) -> list[Any]:
        """The file of each row."""
        cells = (
            table.as_written(self.name) if self.are_names else table.cells[self.name]
        )
        where = [
            f"{table.source}, {table.where(row)}" for row in range(len(table.lines))
        ]
        if not self.are_names:
            folder = _folder(table)
            return [_encoded(c, at, folder) for c, at in zip(cells, where, strict=True)]
        names = [*map(str, table.as_written(self.name))]
        return named_paths(_folder(table), names, where, KINDS[self.kind])

    def read(
        self,
        table: Table,
        labels: Any,
        notes: list[str],
        *,
        image_size: tuple[int, int] | None,
        bit_depth: int | None,
        sample_rate: int | None,
        clip_seconds: float | None,
        **options: Any,
    ) -> Dataset:
        """The data set of the files and the labels; `options` are of `from_arrays`."""
        files = self.files(table)
        if self.kind == Kind.IMAGES:
            images, depth, told = read_images(files, image_size, bit_depth)
            dataset = from_arrays(images, labels, notes=(*notes, *told), **options)
            return dataclasses.replace(dataset, bit_depth=depth)
        if self.kind == Kind.TEXT:
            texts = [read_text(file) for file in files]
            return from_arrays(texts, labels, notes=tuple(notes), **options)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            read = track(pool.map(read_audio, files), "reading audio files", len(files))
            clips, rate, told = clips_of({"train": [*read]}, sample_rate)
        return from_arrays(
            clips["train"],
            labels,
            sample_rate=rate,
            clip_seconds=clip_seconds,
            notes=(*notes, *told),
            **options,
        )


def find_media(table: Table, names: Sequence[str]) -> MediaColumn | None:
    """The column among `names` that holds or names files, if there is one.

    Names count if their suffix says so, and the first of them is there unless it is
    the only column to learn from. Names without suffix count if a file of the first
    of them is there, and the column is called like one of names.

    Raises:
        InputError: If there are several such columns.
    """
    found = [each for name in names if (each := _media(table, name, len(names) == 1))]
    if len(found) > 1:
        raise InputError(
            f"{table.source} has several columns of files, {found[0].name!r} and "
            f"{found[1].name!r}; leave out all but one with --drop-column."
        )
    return found[0] if found else None


def _media(table: Table, name: str, is_only: bool) -> MediaColumn | None:
    cells = table.cells
    is_named = NAMED.search(name) is not None
    # Reading numbers from a large file takes time.
    if isinstance(cells, StoredCells) and not is_named and cells.has_numbers(name):
        return None
    column = cells[name]
    first = next((cell for cell in column if not is_missing(cell)), None)
    if isinstance(first, bytes | dict) or _is_picture(first):
        try:
            content = _encoded(first, name, _folder(table)).read_bytes()
        except (InputError, OSError):
            return None
        kind = kind_of_content(content[:512])
        for media, kinds in ((Kind.IMAGES, IMAGE_KINDS), (Kind.AUDIO, AUDIO_KINDS)):
            if kind in kinds:
                return MediaColumn(name, media, False)
        return None
    if isinstance(first, str):
        suffix = pathlib.PurePath(first).suffix.lower()
        for media, suffixes in KINDS.items():
            if suffix in suffixes and _have_suffix(column, suffixes):
                is_there = place_of(_folder(table), first, suffixes) is not None
                is_there |= is_only and _folder(table) is not None
                return MediaColumn(name, media, True) if is_there else None
    if _folder(table) is None or first is None or not is_named:
        return None
    first = next(each for each in table.as_written(name) if not is_missing(each))
    for media, suffixes in KINDS.items():
        if place_of(_folder(table), str(first), suffixes) is not None:
            return MediaColumn(name, media, True)
    return None


def _have_suffix(cells: Any, suffixes: frozenset[str]) -> bool:
    words = (str(cell) for cell in getattr(cells, "distinct", cells))
    present = (word for word in words if not is_missing(word))
    return all(pathlib.PurePath(word).suffix.lower() in suffixes for word in present)


def _folder(table: Table) -> pathlib.Path | None:
    """The folder of a table; `None` for a table in memory."""
    if not isinstance(table.source, pathlib.Path):
        return None
    return table.source if table.source.is_dir() else table.source.parent


def _is_picture(cell: Any) -> bool:
    """Whether it is an image of Pillow."""
    return type(cell).__module__.startswith("PIL.") and hasattr(cell, "save")


def _encoded(
    cell: Any, where: str, folder: pathlib.Path | None
) -> EncodedFile | pathlib.Path:
    """A file that a cell holds: bytes, a dictionary of Hugging Face, or an image."""
    if _is_picture(cell):
        buffer = io.BytesIO()
        cell.save(buffer, "PNG")
        return EncodedFile(buffer.getvalue(), where)
    if isinstance(cell, dict):
        content, path = cell.get("bytes"), cell.get("path")
        if content is None and isinstance(path, str):
            return named_paths(folder, [path], [where], IMAGES | AUDIO)[0]
        cell = content
    if not isinstance(cell, bytes):
        raise InputError(
            f"{where}: a file must be given as bytes, got {type(cell).__name__}."
        )
    return EncodedFile(cell, where)
