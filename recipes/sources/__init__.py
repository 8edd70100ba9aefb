"""Data sources: one function from a name or a path to a `Dataset`."""

import dataclasses
import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from recipes.data.options import checks_arguments, options_of_function
from recipes.sources.location import Location
from recipes.sources.options import (
    Amount,
    CacheFolder,
    Calendar,
    Count,
    DecimalMark,
    Decoding,
    Dictionaries,
    Encoding,
    Fold,
    Path,
    Seed,
    Separator,
    Size,
    Split,
    Spread,
    TaskName,
    Text,
    Texts,
    Tokens,
    parsed_size,
    parsed_source,
    parsed_split,
)
from recipes.sources.parts.part_sources import given_sources, given_twice
from recipes.sources.registry import (
    OF_PARTS,
    SCORED,
    SOURCES,
    Source,
    check_options_apply,
    check_options_fit,
    listed,
    source_of,
)
from zoo.errors import InputError
from zoo.kinds import Kind

if TYPE_CHECKING:
    from recipes.data.dataset import Dataset
    from recipes.sources.arrays.arrays import from_arrays
    from recipes.sources.tables.frames import Indexed

__all__ = ["from_arrays", "load"]


class _Default(str):
    """The source if none is given, which differs from the same name given."""


DIGITS = _Default("digits")


def __getattr__(name: str) -> Any:
    if name == "from_arrays":  # Needs NumPy, which the command's help does without.
        from recipes.sources.arrays.arrays import from_arrays

        return from_arrays
    raise AttributeError(f"module 'recipes.sources' has no attribute {name!r}")


# This signature and docstring are the declaration of every option: the options of the
# commands, their help and their checks are made of them.
@checks_arguments
def load(
    source: "str | os.PathLike | Indexed" = DIGITS,
    *,
    train: "str | os.PathLike | Indexed | None" = None,
    validation: "str | os.PathLike | Indexed | None" = None,
    test: "str | os.PathLike | Indexed | None" = None,
    split: Split | None = None,
    fold: Fold | None = None,
    data_dir: Path | None = None,
    download: bool = True,
    task: TaskName | None = None,
    target: Texts = (),
    tokens: Tokens | None = None,
    vocabulary_size: Count | None = None,
    label_column: Text = "label",
    text_column: Text | None = None,
    categorical_columns: Texts = (),
    drop_columns: Texts = (),
    feature_columns: Texts = (),
    columns: Dictionaries | None = None,
    image_size: Size | None = None,
    decode: Decoding | None = None,
    sample_rate: Count | None = None,
    clip_seconds: Amount | None = None,
    sequences: bool = False,
    time: Text | None = None,
    window: Count | None = None,
    horizon: Count | None = None,
    known: Texts = (),
    calendar: Calendar = (),
    season: Count | None = None,
    separator: Separator | None = None,
    encoding: Encoding | None = None,
    decimal: DecimalMark | None = None,
    sheet: Text | None = None,
    group: Text | None = None,
    test_groups: Texts = (),
    keep_duplicates_together: bool = False,
    skip_corrupt: bool = False,
    cache_dir: CacheFolder | None = None,
    num_examples: Count | None = None,
    noise: Spread | None = None,
    data_seed: Seed = 0,
) -> "Dataset":
    """Reads a data set, or maps its files: training, validation and test parts.

    A part that the source lacks and that is not given is split off with a fixed seed,
    stratified: a fifth of everything for testing, a tenth of the rest for validation.

    Args:
        source: A path or a name; docs/data.md has the table of all sources. A path
            that exists comes before a name. `"digits"` are 1,797 images that
            scikit-learn ships. Or data in memory: a data frame, `(x, y)`, or a
            dictionary of parts, such as `{"train": frame, "test": frame}`.
        train: The source of the training examples, which is the same as `source`.
        validation: A source of the validation part, whatever `source` can be. It is
            read with the classes, columns and sizes of the training data, and all of
            its rows are used. Default: split off.
        test: A source of the test part, read in the same way. Default: split off.
        split: How to split off the parts that lack: shares of training, validation and
            test, `"70/15/15"`; of training and the part that lacks, `"80/20"`;
            `"time:COLUMN"`, whose last rows are the test part; `"column:COLUMN"`, which
            holds the name of a part; or `"group:COLUMN"`, the same as `group`.
        fold: Number of a fold and how many there are, `"2/5"`: the test part is that
            fold of a cross-validation. Folds are stratified by class, keep groups and
            copies together as `group` and `keep_duplicates_together` say, and follow
            the time in forecasts and with `"time:COLUMN"`, so that training comes
            before testing. A test part that the source has stays out.
        data_dir: Folder where TensorFlow Datasets keeps its data.
        download: Whether TensorFlow Datasets may download.
        task: What to predict: one class, any number of labels, numbers, a class at each
            step of a sequence, or the next steps of a series (forecasting). Default:
            numbers if the labels are fractions, or many whole numbers that do not count
            classes; any number of labels if they are columns of zeros and ones, or
            words with `|` between them; a class at each step if there are as many
            labels as steps; to write on, of a text without labels; the notes say so.
        target: Column of a table to predict; several columns of numbers, or of zeros
            and ones, may be given. Default: `label_column`.
        tokens: What a network that writes reads and writes at each step of a text:
            characters; or words, in lower case and without line breaks. Default:
            characters.
        vocabulary_size: Largest number of different characters or words that a network
            learns to write, the most frequent ones. Default: 10,000.
        label_column: Column of a table, or feature, that holds the class. Of sequences
            with a label at each step, the name of the list of labels in JSON lines, or
            the number of the column in a CoNLL file.
        text_column: Column of a table, or feature, to learn from as text. Default:
            the only one besides the label, if it holds words.
        categorical_columns: Columns of a table whose numbers are names of categories,
            such as postal codes. Columns of words are categories anyway.
        drop_columns: Columns of a table to leave out. Columns that have no name, or
            only number or name the rows, are left out anyway, which the notes tell;
            `categorical_columns` keeps them.
        feature_columns: The only columns of a table to learn from. Those that number or
            name the rows are kept if they are named. Default: all others.
        columns: The columns of the table that a model was trained on, as its
            `columns.get_config()` returns them, so that rows are encoded the same
            way. Default: learnt from the training part.
        image_size: Height and width to resize images to. Default: their own size if
            all have the same, else the median, and at most 96 pixels a side.
        decode: When the images of a folder are decoded: `"once"`, before training, into
            memory or the cache; or in each `"batch"`, so that memory and disk hold the
            files alone, and the first batch comes soon. Default: once, or in the batch
            if decoded images would take more than 1 GB.
        sample_rate: Samples per second to resample audio to. Default: the rate that
            most files have.
        clip_seconds: Clip length in seconds; longer clips are cut, shorter ones
            padded with silence. Default: long enough for 99 % of the training clips.
        sequences: Read an `.npz` file or a folder of `.npy` files as sequences
            `(n, time, features)`, which could also be images. Arrays that come with
            their lengths are read as sequences anyway.
        time: For forecasts, the column of dates, times or numbers that order the rows,
            which must rise evenly. Default: rows are counted.
        window: For forecasts, the number of steps to predict from. Default: two
            seasons, at least the horizon and 8 steps.
        horizon: For forecasts, the number of next steps to predict. Default: one
            season; 1 without a season.
        known: For forecasts, a column whose next steps are known in advance, such as a
            holiday or a price.
        calendar: For forecasts, a part of the calendar to read as sine and cosine:
            `"hour"`, `"weekday"` or `"month"`.
        season: For forecasts, the number of steps after which the series repeats; the
            seasonal-naive forecast and the MASE need it. Default: by the calendar or
            the autocorrelation.
        separator: The character between the cells of a table's text, such as `";"`, or
            `"tab"`. Default: found in the first lines; the notes tell it.
        encoding: The encoding of a table's text, such as `"cp1252"`. Default: UTF-8, or
            by the first bytes; cp1252 if it is not UTF-8, which the notes tell.
        decimal: The decimal mark in a table's text. Default: the comma if cells show it
            and commas do not separate them; the notes tell it.
        sheet: The sheet of an Excel workbook. Default: the first.
        group: Keep whole groups, such as speakers or patients, in one part: the name
            of a column, a feature or an array; or a regular expression with one pair
            of parentheses around the group in a file name, such as `'_(.+)_'`. For
            forecasts, the column that tells several series apart.
        test_groups: Groups of the test part. Default: chosen so that they make a fifth
            of the examples.
        keep_duplicates_together: Keep examples with the same content in one part, so
            that no example is scored that was trained on. By default such copies are
            only counted in a note.
        skip_corrupt: Skip files that cannot be read; the notes count them.
        cache_dir: Folder that keeps decoded images, audio and TFRecords of more than
            64 MB; `"none"` keeps nothing. Default: the environment variable
            `ZOO_CACHE`, else the system's folder for caches.
        num_examples: Number of synthetic examples. Default: 1,000.
        noise: Standard deviation of the noise on synthetic data. Default: by data
            set.
        data_seed: Random seed for synthetic data, independent of the run's seed.

    Raises:
        InputError: If the source cannot be found or used, or an option does not
            apply to it.

    >>> print(load("digits").describe())
    digits: 8×8 images, grey, 10 classes; 1,293 train, 144 validation, 360 test
    """
    given = dict(locals())
    return load_with_defaults(given.pop("source"), {}, given)


OPTIONS = options_of_function(
    load,
    changes={  # what the declaration does not tell
        **{name: {"metavar": "NAME|PATH", "parse": parsed_source} for name in OF_PARTS},
        "split": {"metavar": "SHARES|RULE:COLUMN", "type": str},
        "fold": {"metavar": "NUMBER/FOLDS"},
        "data_dir": {"metavar": "FOLDER"},
        "download": {"help": "Use only data that is already on disk."},
        "target": {"metavar": "NAME"},
        "label_column": {"metavar": "NAME"},
        "text_column": {"metavar": "NAME", "kind": Kind.TEXT},
        "categorical_columns": {"metavar": "NAME", "kind": Kind.TABLE},
        "drop_columns": {"metavar": "NAME"},
        "feature_columns": {"metavar": "NAME"},
        "columns": {"flag": None, "kind": Kind.TABLE},
        "image_size": {
            "metavar": "HEIGHTxWIDTH",
            "parse": parsed_size,
            "kind": Kind.IMAGES,
        },
        "decode": {"kind": Kind.IMAGES},
        "sample_rate": {"metavar": "HERTZ", "kind": Kind.AUDIO},
        "clip_seconds": {"metavar": "SECONDS", "kind": Kind.AUDIO},
        "sequences": {"kind": Kind.SEQUENCES},
        "time": {"metavar": "NAME"},
        "known": {"metavar": "NAME"},
        "calendar": {"metavar": "hour|weekday|month"},
        "separator": {"metavar": "CHARACTER"},
        "encoding": {"metavar": "NAME"},
        "sheet": {"metavar": "NAME"},
        "group": {"metavar": "NAME|PATTERN"},
        "test_groups": {"metavar": "NAME"},
        "cache_dir": {"metavar": "FOLDER|none"},
    },
)


def load_with_defaults(
    source: Any,
    defaults: dict[str, Any],
    given: dict[str, Any],
    of_model: Mapping[str, Any] = MappingProxyType({}),
) -> "Dataset":
    """Reads a data set with options of two ranks.

    Args:
        source: As `load` takes it.
        defaults: Options to use where the source takes them.
        given: Options that the user gave, which must apply. They win over `defaults`.
        of_model: What a reader needs to know of a model that is to be scored, or of
            the training data if it `"is_part"`, as far as it takes it.
    """
    # A wrong value is told before anything is searched for.
    given = {
        name: OPTIONS[name].checked(value)
        for name, value in given.items()
        if not (value is None if name in OF_PARTS else value == OPTIONS[name].default)
    }
    sources = {n: {**defaults, **given}.get(n) for n in OF_PARTS}
    sources = {name: each for name, each in sources.items() if each is not None}
    training = _training(source, sources.pop("train", None))
    if "fold" in given and (of_model.get("scored") or "test" in sources):
        why = "all are scored" if of_model.get("scored") else "`test` (--test) has it"
        raise InputError(
            f"`fold` {given['fold']!r} (--fold) chooses the examples of the test part, "
            f"and {why}: leave one out."
        )
    origin = {"source": training, **sources}
    training, sources, notes = given_sources(training, sources)
    stays_out: tuple[str, ...] = ()
    if "fold" in {**defaults, **given} and sources.pop("test", None) is not None:
        stays_out = ("the test part of its own stays out of the folds",)
    location = Location(training)
    reader = source_of(location)
    options = [OPTIONS[name] for name in given if name not in OF_PARTS]
    check_options_apply(reader, options)
    _check_split(reader, {**defaults, **given}.get("split"), "split" in given, of_model)
    defaults = {
        name: OPTIONS[name].checked(value)
        for name, value in defaults.items()
        if name in (*reader.options, "split", "fold")
    }
    chosen = {**defaults, **{option.name: given[option.name] for option in options}}
    values = {name: OPTIONS[name].default for name in reader.options} | chosen
    taken = (*reader.of_model, *(SCORED if of_model.get("is_part") else ()))
    taken = (*taken, "seen")  # Every source divides.
    values |= {name: of_model[name] for name in taken if name in of_model}
    dataset = reader.load(location, values | {"elsewhere": (*sources,)})
    check_options_fit(dataset, options)
    chosen |= dataset.train.loaded_with
    # Parts of their own are read like the training part, however large they are.
    of_parts = {"decode": "once", **chosen}
    if sources:  # It needs NumPy, which the command's help does without.
        from recipes.sources.parts.given_parts import with_part
    for part, each in sources.items():
        if len(getattr(dataset, part)):
            raise given_twice(dataset.name, part)
        dataset = with_part(dataset, part, each, of_parts, load_with_defaults)
    if dataset.task != given.get("task", dataset.task):
        raise InputError(
            f"`task` {given['task']!r} (--task) does not fit: {dataset.name} "
            f"{dataset.holds}, and its task is {dataset.task}."
        )
    if training is not origin["source"] and not location.in_memory:
        name = Location(origin["source"]).path.resolve().name  # that of the folder
        told = (*notes, *dataset.notes)
        dataset = dataclasses.replace(dataset, name=name, notes=told)
    told = (*dataset.notes, *stays_out)
    return dataclasses.replace(dataset, origin=_origin(origin, chosen), notes=told)


def _training(source: Any, train: Any) -> Any:
    """The source of the training data, which one of two arguments gives."""
    if train is not None and source is not DIGITS:
        raise InputError(
            "The training data are given twice, as the source (--data) and as `train` "
            "(--train): leave one out."
        )
    return source if train is None else train


def _check_split(
    reader: Source, split: str | None, is_given: bool, of_model: Mapping[str, Any]
) -> None:
    """Refuses a split that the source cannot have, or that nothing would follow."""
    if split is None:
        return
    if is_given and of_model.get("scored"):
        raise InputError(
            f"`split` {split!r} (--split) splits nothing: all examples are scored; "
            "leave it out, or say which part to score (--part)."
        )
    if parsed_split(split)[1] is not None and "group" not in reader.options:
        others = listed([each.noun for each in SOURCES if "group" in each.options])
        raise InputError(
            f"`split` {split!r} (--split) does not apply to {reader.noun}; it applies "
            f"to {others}. Give proportions such as 70/15/15."
        )


def _origin(sources: dict[str, Any], options: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments of `load` as JSON keeps them; they hold in every folder."""
    origin = dict(options)
    for name, given in sources.items():
        location = Location(given)
        if location.in_memory:
            return None
        origin[name] = location.name
        if location.path.exists():
            origin[name] = str(location.path.absolute())
    if origin.get("data_dir"):
        origin["data_dir"] = str(origin["data_dir"].absolute())
    return json.loads(json.dumps(origin))
