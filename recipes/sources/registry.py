"""Every source of data: how it is recognised, what it holds, and its options."""

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from recipes.data.options import Option
from recipes.sources.location import Location
from recipes.sources.recognition import (
    holds_arrays,
    holds_continuous_text,
    holds_labelled_steps,
    holds_metadata,
    holds_records,
    holds_table,
    is_frame,
    tfds_names,
)
from recipes.sources.tables.table_format import FORMAT, TableFormat
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import nearest

if TYPE_CHECKING:
    from recipes.data.dataset import Dataset

SYNTHETIC = ("xor", "two_moons", "spirals")
WINDOWS = ("time", "window", "horizon", "known", "calendar", "season")
PAIRS = ("dates",)
GROUPS = ("group", "test_groups", "keep_duplicates_together")
# Options of every source: the sources of parts, and how others are split off.
OF_PARTS = ("train", "validation", "test")
EVERYWHERE = (*OF_PARTS, "split", "fold")
COLUMNS = (
    "task",
    "target",
    "label_column",
    "text_column",
    "categorical_columns",
    "drop_columns",
    "feature_columns",
    "columns",
    "image_size",
    "sample_rate",
    "clip_seconds",
)
# What a reader takes of a model that is scored.
SCORED = ("class_names", "scored")
SCORED_NUMBERS = ("value_names", *SCORED)
DIVIDING = (*GROUPS, "split", "fold", "elsewhere", "seen", *SCORED)


@dataclasses.dataclass(frozen=True)
class Source:
    """One way to read data, described without importing it.

    Attributes:
        noun: What a sentence calls it.
        example: What the user gives, for the documentation.
        holds: What must be there, for the documentation.
        kinds: The kinds of data that it can hold.
        recognises: Whether it reads what is at a `Location`.
        loader: `module:function`; the function takes the path or the name, and the
            options as keyword arguments, those that divide the data as `division`.
        options: Names of the options of `recipes.load` that it takes, beside those of
            every source.
        of_model: What else it takes of a model that is to be scored: the names of
            its classes and whether to split, which are in `division`, and the names of
            its features.
        in_memory: Whether it reads objects, and not what is at a path or has a name.
        names: The names that it reads, if it reads no files.
        instead: What to do instead of giving an option that it does not take.
    """

    noun: str
    example: str
    holds: str
    kinds: tuple[Kind, ...]
    recognises: Callable[[Location], bool]
    loader: str
    options: tuple[str, ...] = ()
    of_model: tuple[str, ...] = ()
    in_memory: bool = False
    names: Callable[[], tuple[str, ...]] | None = None
    instead: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def load(self, location: Location, taken: dict[str, Any]) -> "Dataset":
        """Reads the data set with the options that the source takes."""
        from recipes.sources.parts.division import Division
        from recipes.sources.series.window_options import WindowOptions

        division = {name: taken.pop(name) for name in DIVIDING if name in taken}
        taken["division"] = Division.chosen(**division)
        if "separator" in taken:
            taken["form"] = TableFormat(**{name: taken.pop(name) for name in FORMAT})
        if "window" in taken:
            given = {name: taken.pop(name) for name in WINDOWS}
            taken["windows"] = WindowOptions(**given)
        module, name = self.loader.split(":")
        function = getattr(importlib.import_module(module), name)
        if self.in_memory:
            return function(location.given, **taken)
        return function(location.name if self.names else location.path, **taken)


# The first source that recognises a location reads it: a path that exists comes
# before a name.
SOURCES = (
    Source(
        noun="a data frame",
        example="data frame of pandas, polars or pyarrow; `Dataset` of Hugging Face; "
        "dictionary of columns",
        holds="a column of classes or of numbers to predict, and numbers, words, one "
        "text, images or audio; or series in the order of time",
        kinds=(Kind.TABLE, Kind.TEXT, Kind.IMAGES, Kind.AUDIO, Kind.SEQUENCES),
        recognises=is_frame,
        loader="recipes.sources.tables.table:load_table",
        options=(*GROUPS, *COLUMNS, *WINDOWS),
        of_model=(*SCORED_NUMBERS, "feature_names", "bit_depth", "reads_texts"),
        in_memory=True,
    ),
    Source(
        noun="a tuple of arrays (x, y)",
        example="`(x, y)`, or `((x_train, y_train), (x_test, y_test))`",
        holds="what `recipes.from_arrays` takes",
        kinds=(Kind.IMAGES, Kind.TABLE, Kind.TEXT, Kind.AUDIO, Kind.SEQUENCES),
        recognises=lambda location: isinstance(location.given, tuple | list),
        loader="recipes.sources.arrays.archives:load_pairs",
        options=("task", "image_size", "sample_rate", "clip_seconds", "sequences"),
        of_model=SCORED_NUMBERS,
        in_memory=True,
    ),
    Source(
        noun="TFRecord files",
        example="`.tfrecord` file, or a folder of them",
        holds="`tf.train.Example`, see below",
        kinds=(Kind.IMAGES, Kind.TABLE, Kind.SEQUENCES, Kind.AUDIO, Kind.TEXT),
        recognises=holds_records,
        loader="recipes.sources.records.tfrecords:load_tfrecords",
        options=(
            "label_column",
            "image_size",
            "sample_rate",
            "clip_seconds",
            "cache_dir",
        ),
        instead={"sequences": 'write {"kind": "sequences"} into tfrecords.json'},
        of_model=(*SCORED, "bit_depth"),
    ),
    Source(
        noun="a folder of .npy files",
        example="folder of `.npy` files",
        holds="`x_train.npy` and `y_train.npy`, optionally `test` and `validation`; "
        "`lengths_train.npy` for sequences",
        kinds=(Kind.IMAGES, Kind.TABLE, Kind.SEQUENCES),
        recognises=holds_arrays,
        loader="recipes.sources.arrays.mapped:load_npy_folder",
        options=("task", "image_size", "sequences"),
        of_model=SCORED_NUMBERS,
    ),
    Source(
        noun="a folder with metadata of its files",
        example="folder of files with `metadata.csv`, `.jsonl` or `.parquet`",
        holds="a column `file_name` and one to predict, optionally in folders `train` "
        "and `test`",
        kinds=(Kind.IMAGES, Kind.AUDIO, Kind.TEXT),
        recognises=holds_metadata,
        loader="recipes.sources.files.metadata_folder:load_metadata_folder",
        options=(
            *GROUPS,
            "task",
            "target",
            "label_column",
            "drop_columns",
            "image_size",
            "sample_rate",
            "clip_seconds",
        ),
        of_model=(*SCORED_NUMBERS, "bit_depth"),
    ),
    Source(
        noun="a table",
        example="`.csv`, `.tsv`, `.parquet`, `.feather`, `.jsonl` or `.xlsx` file, or "
        "a folder with the files of one table",
        holds="a header, a column of classes or of numbers to predict, and numbers, "
        "words, one text, or names of images or audio files; or series in the order of "
        "time",
        kinds=(Kind.TABLE, Kind.TEXT, Kind.IMAGES, Kind.AUDIO, Kind.SEQUENCES),
        recognises=holds_table,
        loader="recipes.sources.tables.table:load_table",
        options=(*GROUPS, *COLUMNS, *WINDOWS, *FORMAT),
        of_model=(*SCORED_NUMBERS, "feature_names", "bit_depth", "reads_texts"),
    ),
    Source(
        noun="sequences with a label at each step",
        example="`.jsonl`, `.conll`, `.conllu`, `.bio` or `.iob` file, or a folder of "
        "them",
        holds="JSON lines with `tokens` or `values`, and `labels`; or CoNLL columns",
        kinds=(Kind.TEXT, Kind.SEQUENCES),
        recognises=holds_labelled_steps,
        loader="recipes.sources.steps.tagged_files:load_tagged",
        options=(*GROUPS, "task", "label_column"),
        of_model=SCORED,
    ),
    Source(
        noun="a text to learn to write from",
        example="`.txt` file, or a folder of them without folders inside",
        holds="text in UTF-8; a network learns to write on",
        kinds=(Kind.TEXT,),
        recognises=holds_continuous_text,
        loader="recipes.sources.texts.continuous_text:load_continuous_text",
        options=("task", "tokens", "vocabulary_size"),
        of_model=("scored", "vocabulary"),
    ),
    Source(
        noun="a folder of text files",
        example="folder of texts",
        holds="`CLASS/*.txt`, optionally below `train` and `test`",
        kinds=(Kind.TEXT,),
        recognises=lambda location: location.kind_of_files == Kind.TEXT,
        loader="recipes.sources.texts.text_folder:load_text_folder",
        options=(*GROUPS, "skip_corrupt"),
        of_model=SCORED,
    ),
    Source(
        noun="a folder of audio files",
        example="folder of audio",
        holds="`CLASS/*.wav`, `.flac`, `.ogg` or `.mp3`, optionally below `train` and "
        "`test`",
        kinds=(Kind.AUDIO,),
        recognises=lambda location: location.kind_of_files == Kind.AUDIO,
        loader="recipes.sources.audio.audio_folder:load_audio_folder",
        options=(*GROUPS, "sample_rate", "clip_seconds", "skip_corrupt", "cache_dir"),
        of_model=SCORED,
    ),
    Source(
        noun="a folder of images",
        example="folder of images",
        holds="`CLASS/*.png`, `.jpg`, `.webp` or others, optionally below `train` and "
        "`test`",
        kinds=(Kind.IMAGES,),
        recognises=lambda location: location.path.is_dir(),
        loader="recipes.sources.images.image_folder:load_image_folder",
        options=(*GROUPS, "image_size", "decode", "skip_corrupt", "cache_dir"),
        of_model=(*SCORED, "bit_depth"),
    ),
    Source(
        noun="an .npz file",
        example="`.npz` file",
        holds="`x_train` and `y_train`, or `x` and `y`; with `sample_rate` they are "
        "audio, with `lengths_train` or `sequences` they are sequences",
        kinds=(Kind.IMAGES, Kind.TABLE, Kind.TEXT, Kind.AUDIO, Kind.SEQUENCES),
        recognises=lambda location: location.has_suffix(".npz"),
        loader="recipes.sources.arrays.archives:load_npz",
        options=(
            *GROUPS,
            "task",
            "image_size",
            "sample_rate",
            "clip_seconds",
            "sequences",
        ),
        of_model=SCORED_NUMBERS,
    ),
    Source(
        noun="digits",
        example="`digits`",
        holds="nothing: 1,797 images of 8×8 pixels come with scikit-learn",
        kinds=(Kind.IMAGES,),
        recognises=lambda location: location.name == "digits",
        loader="recipes.sources.embedded:load_digits",
        options=("image_size",),
        names=lambda: ("digits",),
    ),
    Source(
        noun="synthetic data (xor, two_moons, spirals)",
        example="`xor`, `two_moons`, `spirals`",
        holds="nothing: the examples are synthetic, see below",
        kinds=(Kind.TABLE,),
        recognises=lambda location: location.name in SYNTHETIC,
        loader="recipes.sources.synthetic:load_synthetic",
        options=("num_examples", "noise", "data_seed"),
        names=lambda: SYNTHETIC,
    ),
    Source(
        noun="synthetic pairs of texts (dates)",
        example="`dates`",
        holds="nothing: dates in words and as `2021-03-01`, see below",
        kinds=(Kind.TEXT,),
        recognises=lambda location: location.name in PAIRS,
        loader="recipes.sources.dates:load_dates",
        options=("num_examples", "data_seed"),
        names=lambda: PAIRS,
    ),
    Source(
        noun="a data set of TensorFlow Datasets",
        example="name in TensorFlow Datasets",
        holds="one feature to learn from, or single numbers and words, and one that is "
        "the class",
        kinds=(Kind.IMAGES, Kind.TEXT, Kind.AUDIO, Kind.SEQUENCES, Kind.TABLE),
        recognises=lambda location: (
            location.name.partition("/")[0].partition(":")[0] in tfds_names()
        ),
        loader="recipes.sources.records.tfds:load_tfds",
        options=(
            *GROUPS,
            "data_dir",
            "download",
            "label_column",
            "text_column",
            "image_size",
            "sample_rate",
            "clip_seconds",
        ),
        names=tfds_names,
    ),
)


def source_of(location: Location) -> Source:
    """The source that reads what is at a location."""
    if location.in_memory:
        for source in SOURCES:
            if source.in_memory and source.recognises(location):
                return source
        raise InputError(
            f"Data must be a path, a name, a data frame or a tuple (x, y) of inputs "
            f"and labels, got {location.name}."
        )
    exists = location.path.exists()
    for source in SOURCES:
        if source.in_memory:
            continue
        if not (exists and source.names) and source.recognises(location):
            if source.names is None and not exists:
                raise InputError(f"There is no file {location.path}.")
            return source
    if exists:
        files = [s.noun for s in SOURCES if s.names is None and not s.in_memory]
        raise InputError(
            f"{location.path} cannot be read as data; give {listed(files)}."
        )
    names = [name for source in SOURCES if source.names for name in source.names()]
    nouns = listed([source.noun for source in SOURCES if not source.in_memory])
    hint = nearest(location.name, names, otherwise=f"give {nouns}.")
    raise InputError(f"There is no data set, folder or file {location.name!r}; {hint}")


def check_options_apply(source: Source, options: Iterable[Option]) -> None:
    """Refuses options that a source does not take."""
    for option in options:
        if option.name not in (*source.options, *EVERYWHERE):
            others = [each.noun for each in SOURCES if option.name in each.options]
            raise InputError(
                f"{_spelled(option)} does not apply to {source.noun}; "
                + source.instead.get(option.name, f"it applies to {listed(others)}")
                + "."
            )


def check_options_fit(dataset: "Dataset", options: Iterable[Option]) -> None:
    """Refuses options that are for data of another kind than the data are."""
    for option in options:
        if option.kind is not None and dataset.kind != option.kind:
            raise InputError(
                f"{_spelled(option)} is for {option.kind.noun}; "
                f"{dataset.name} {dataset.holds}."
            )


def _spelled(option: Option) -> str:
    """An option as the function and as the command spell it."""
    flag = "" if option.flag is None else f" ({option.flag})"
    return f"`{option.name}`{flag}"


def listed(words: list[Any]) -> str:
    """Words in a sentence, with "or" before the last."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
