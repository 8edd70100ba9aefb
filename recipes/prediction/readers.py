"""A reader of examples for each kind of data, and which one a model has."""

import concurrent.futures
from collections.abc import Sequence
from typing import Any

import numpy as np

from recipes.data.objects import as_objects
from recipes.prediction.examples import Examples
from recipes.prediction.given import File, Form
from recipes.prediction.reading import ARRAYS, TABLES, Reader
from recipes.prediction.sequence_readers import (
    ForecastReader,
    SentenceReader,
    SequenceReader,
    TranslationReader,
)
from recipes.prediction.texts import checked_texts, lines_of
from recipes.reports.evaluation import training_data
from recipes.sources.audio.audio import as_clips, padded
from recipes.sources.audio.audio_files import (
    SUFFIXES as AUDIO,
    clipped_note,
    read_audio,
    resampled,
)
from recipes.sources.files.media_columns import MediaColumn, find_media
from recipes.sources.images.image_files import notes_on_changes, read_header
from recipes.sources.images.image_folder import decoder_of
from recipes.sources.images.image_table import SUFFIXES as IMAGES
from recipes.sources.tables.table_format import FORMAT
from recipes.sources.tables.tables import Table
from recipes.sources.texts.text import read_text
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.targets import SequenceLabels, Translation
from zoo.trained_model import TrainedModel


class ImageReader(Reader):
    """Image files, tables that name them, and arrays of pixels."""

    form = Form("images", (tuple(sorted(IMAGES)), ARRAYS))
    takes = FORMAT

    def of_files(self, files: Sequence[File]) -> Examples:
        self.refuse_ids(files[0].name)
        paths = [file.path for file in files]
        return Examples("images", [file.name for file in files], self._pixels(paths))

    def _pixels(self, paths: Sequence[Any]) -> Any:
        """A function of a slice that decodes some of the files."""
        headers = {path: read_header(path) for path in dict.fromkeys(paths)}
        for note in notes_on_changes(headers.values(), self.trained.bit_depth):
            self.note(note)
        if None in self.trained.input_shape:
            raise InputError(
                f"The model takes images of shape {self.trained.input_shape}, which "
                "says no size to resize files to: give an array of images."
            )
        height, width, channels = self.trained.input_shape
        depth = self.trained.bit_depth
        decode = decoder_of(headers, height, width, channels, depth)

        def pixels(part: slice) -> np.ndarray:
            with concurrent.futures.ThreadPoolExecutor() as pool:
                return np.stack([*pool.map(decode, paths[part])])

        return pixels

    def of_table(self, table: Table, place: str | None) -> Examples:
        media = _file_column(self, table)
        pixels = self._pixels(media.files(table))
        return self.rows(table, place, [media.name], pixels)

    def of_array(self, array: Any, place: str | None) -> Examples:
        images, shape = self.as_array(array), self.trained.input_shape
        if images.shape in (shape, shape[:2]):  # one image
            images = images[np.newaxis]
        if len(images.shape) == 3 and shape[2] == 1:
            images = images[..., np.newaxis]
        elif len(images.shape) < 4:
            raise InputError(
                f"{place or 'The array'} must have the shape (n, height, width, "
                f"channels), got {images.shape}."
            )
        return self.numbered(images, place)


class RowReader(Reader):
    """Rows of tables, and arrays of numbers."""

    form = Form("tables", (TABLES, ARRAYS), ".csv", ".xlsx")
    takes = FORMAT

    def of_table(self, table: Table, place: str | None) -> Examples:
        columns = self.trained.columns
        if columns is not None:
            raw = table.known(columns)

            def encoded(part: slice) -> np.ndarray:
                return columns.rows({name: raw[name][part] for name in raw})

            return self.rows(table, place, columns.names, encoded)
        names = self.trained.feature_names
        names = names or tuple(name for name in table.cells if name not in self.ids)
        return self.rows(table, place, names, table.matrix(names).__getitem__)

    def of_array(self, array: Any, place: str | None) -> Examples:
        return self.numbered(self.as_array(array), place)


class TextReader(Reader):
    """Text files, columns of texts, and lists of texts."""

    form = Form("texts", ((".txt",), TABLES), ".txt", ".xlsx", has_texts=True)
    takes = ("text_column", *FORMAT)

    def of_files(self, files: Sequence[File]) -> Examples:
        self.refuse_ids(files[0].name)
        names: list[str] = []
        texts: list[str] = []
        for file in files:
            if file.is_piped:
                found = lines_of(file)
                names += [f"{file.name}:{number}" for number in found]
                texts += found.values()
            else:
                names.append(file.name)
                texts.append(read_text(file.path))
        return Examples("texts", names, as_objects(texts).__getitem__)

    def of_table(self, table: Table, place: str | None) -> Examples:
        column = self.options["text_column"] or table.text_column(self.read_as)
        texts = as_objects(table.texts(column))
        return self.rows(table, place, [column], texts.__getitem__)

    def of_array(self, array: Any, place: str | None) -> Examples:
        texts = as_objects(checked_texts(array))
        self.refuse_ids("A list")
        return Examples("texts", texts.tolist(), texts.__getitem__)


class AudioReader(Reader):
    """Audio files, tables that name them, and clips at the rate of the model."""

    form = Form("audio files", (tuple(sorted(AUDIO)), TABLES, ARRAYS))
    takes = FORMAT

    def of_files(self, files: Sequence[File]) -> Examples:
        self.refuse_ids(files[0].name)
        paths = [file.path for file in files]
        return Examples("audio", [file.name for file in files], self._clips(paths))

    def of_table(self, table: Table, place: str | None) -> Examples:
        media = _file_column(self, table)
        return self.rows(table, place, [media.name], self._clips(media.files(table)))

    def _clips(self, paths: Sequence[Any]) -> Any:
        """A function of a slice that reads some of the files."""

        def clips(part: slice) -> np.ndarray:
            read = [read_audio(path) for path in paths[part]]
            for note in clipped_note(sum(one.clipped for one in read), len(read)):
                self.note(note)
            rate: Any = self.trained.sample_rate
            return _padded([resampled(one.samples, one.rate, rate) for one in read])

        return clips

    def of_array(self, array: Any, place: str | None) -> Examples:
        notes: list[str] = []
        clips = as_clips("given", array, notes)
        for note in notes:
            self.note(note)
        return self.numbered(clips, place, lambda part: _padded(clips[part]))


class TokenReader(Reader):
    """Arrays of tokens."""

    form = Form("an array of tokens", (ARRAYS,))

    def of_array(self, array: Any, place: str | None) -> Examples:
        return self.numbered(self.as_array(array), place)


def _file_column(reader: Reader, table: Table) -> MediaColumn:
    """The column of a table that names the files that a model reads, or holds them."""
    media = find_media(table, [name for name in table.cells if name not in reader.ids])
    if media is None or media.kind is not reader.trained.kind:
        raise InputError(
            f"{table.source} must have one column with names of {reader.form.noun} "
            f"beside it; it has {', '.join(table.cells)}."
        )
    return media


def _padded(clips: Any) -> np.ndarray:
    return padded([*clips], max(map(len, clips)))[0]


READERS: dict[Kind, type[Reader]] = {
    Kind.IMAGES: ImageReader,
    Kind.TABLE: RowReader,
    Kind.TEXT: TextReader,
    Kind.AUDIO: AudioReader,
    Kind.SEQUENCES: SequenceReader,
    Kind.TOKENS: TokenReader,
}

# The option of the command for each argument of `recipes.predict`, and its purpose.
PURPOSES = {
    **{name: (f"--{name}", "tables") for name in FORMAT},
    "text_column": ("--text-column", "texts"),
    "time": ("--time", "a model that forecasts"),
    "group": ("--group", "a model that forecasts"),
    "beam_width": ("--beam", "a model that translates"),
}


def reader_of(
    trained: TrainedModel, options: dict[str, Any], notes: list[str]
) -> Reader:
    """The reader of what a model takes; refuses options that do not apply to it.

    Args:
        trained: The model.
        options: The options of `recipes.predict` by name.
        notes: List to which is added what is dropped or not used.
    """
    if trained.target.name == "text_generation":
        raise InputError(
            "The model writes texts, and answers nothing about examples: use `zoo "
            "generate`, or its method `generate`."
        )
    reader = _reader_class(trained)
    for name, (flag, purpose) in PURPOSES.items():
        if name not in reader.takes and options[name] not in (None, 1):
            raise InputError(
                f"{flag} is for {purpose}; this model takes {trained.kind.noun}, and "
                f"its task is {trained.target.name}: leave it out."
            )
    return reader(trained, options, notes)


def _reader_class(trained: TrainedModel) -> type[Reader]:
    task = training_data(trained).get("task", trained.target.name)
    if task == "forecasting":
        return ForecastReader
    if isinstance(trained.target, Translation):
        return TranslationReader
    if isinstance(trained.target, SequenceLabels) and trained.kind is Kind.TEXT:
        return SentenceReader
    return READERS[trained.kind]
