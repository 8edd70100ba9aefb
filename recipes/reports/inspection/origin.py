"""Where data come from, what they are for, and the command that trains on them."""

import collections
import os
import pathlib
import shlex
from collections.abc import Mapping
from typing import Any

from recipes.data.dataset import Dataset
from recipes.data.options import Option
from recipes.sources import DIGITS, OPTIONS
from recipes.sources.files.file_listing import files_below
from recipes.sources.location import Location
from recipes.sources.registry import OF_PARTS, source_of
from recipes.sources.tables.table_format import suffix
from zoo.kinds import Kind
from zoo.registry import MODELS

# The family of the zoo to begin with; each answers every task of its kind.
BEGIN_WITH = {Kind.IMAGES: "cnn", Kind.TABLE: "mlp"}
OTHERWISE = "recurrent"
OF_FILES = (Kind.IMAGES, Kind.AUDIO, Kind.TEXT)
UNNAMED = ("text_generation", "translation")  # tasks that notes tell more of
REASONS = {
    "classification": "{subject} name {count} classes",
    "multilabel": "{subject} mark any number of {count} labels",
    "regression": "{subject} are numbers that do not count classes",
    "sequence_labelling": "each step has one of {count} classes",
    "forecasting": "the rows are steps of series",
    "text_generation": "it is a text without labels",
    "translation": "both the inputs and the answers are texts",
}


def source_noun(source: Any) -> str:
    """What was read."""
    if isinstance(source, Dataset):
        return "a Dataset"
    return source_of(Location(source)).noun


def reason_for_source(source: Any) -> str:
    """Why it was read so: by its type, its name, or the files in it."""
    if isinstance(source, Dataset):
        return ""
    location = Location(source)
    if location.in_memory:
        module = type(source).__module__.partition(".")[0]
        name = type(source).__name__
        return f"its type is {name}" + f" of {module}" * (module != "builtins")
    if not location.path.exists():
        return "it is a name, and no such file exists"
    if not location.path.is_dir():
        path = location.path
        packed = path.suffix if suffix(path) != path.suffix.lower() else ""
        return f"the name of the file ends in {suffix(path)}{packed}"
    files = files_below(location.path).files
    counts = collections.Counter(file.suffix.lower() or "other" for file in files)
    told = [f"{count:,} {suffix}" for suffix, count in counts.most_common(3)]
    return f"the folder holds {', '.join(told)} files" if told else "it is a folder"


def reason_for_task(dataset: Dataset, options: Mapping[str, Any]) -> str:
    """Why the task is what it is."""
    if options.get("task"):
        return "`task` (--task) says so"
    count = f"{len(dataset.class_names or dataset.label_names):,}"
    named = [role.name for role in dataset.roles if role.role == "target"]
    subject = (
        f"the cells of {' and '.join(map(repr, named))}" if named else "the labels"
    )
    return REASONS[dataset.task].format(count=count, subject=subject)


def target_of(
    dataset: Dataset, source: Any, options: Mapping[str, Any]
) -> tuple[str, ...]:
    """Names of what is to be predicted."""
    named = tuple(role.name for role in dataset.roles if role.role == "target")
    given = options.get("target") or ()
    given = (given,) if isinstance(given, str) else tuple(given)
    names = named or dataset.value_names or given
    if names:
        return names
    if isinstance(source, Dataset) or dataset.task in UNNAMED:
        return ()
    reader = source_of(Location(source))
    if "label_column" in reader.options and dataset.task != "sequence_labelling":
        return (str(options.get("label_column", "label")),)
    if folder_of(source) is not None and dataset.kind in OF_FILES:
        return ("name of the class folder",)
    return ()


def folder_of(source: Any) -> pathlib.Path | None:
    """The folder that was read, if it was one."""
    if not isinstance(source, str | os.PathLike):
        return None
    path = Location(source).path
    return path if path.is_dir() else None


def model_for(dataset: Dataset) -> str:
    """The model of the zoo to begin with."""
    able = [name for name, entry in MODELS.items() if dataset.kind in entry.kinds]
    name = BEGIN_WITH.get(dataset.kind, OTHERWISE)
    return name if name in able else next(iter(able), name)


def command_for(model: str | None, source: Any, options: Mapping[str, Any]) -> str:
    """The command that trains the model; for data in memory, the call.

    `None` stands for a preset, which is among the options of training.
    """
    given = {name: value for name, value in options.items() if value is not None}
    sources = {name: given[name] for name in OF_PARTS if name in given}
    if isinstance(source, Dataset) or any(map(_in_memory, (source, *sources.values()))):
        named = {n: n if _in_memory(v) else repr(v) for n, v in sources.items()}
        told = "".join(f", {n}={named.get(n, repr(v))}" for n, v in given.items())
        data = "data" if _in_memory(source) else repr(os.fspath(source))
        if source is DIGITS and "train" in given:
            data, told = "", told.removeprefix(", ")
        loaded = f"recipes.load({data}{told})" if told else data
        return f'recipes.fit("{model}", {loaded})'
    words = ["zoo", "fit", *([model] if model else [])]
    if source is not DIGITS:
        words += ["--data", os.fspath(source)]
    for name, value in given.items():
        words += flags_of(OPTIONS[name], value)
    return shlex.join(words)


def _in_memory(source: Any) -> bool:
    return isinstance(source, Dataset) or Location(source).in_memory


def flags_of(option: Option, value: Any) -> list[str]:
    """An option with its value as the command spells it; nothing for the default."""
    value = option.checked(value)
    if value == option.default or option.flag is None:
        return []
    if option.type is bool:
        is_negated = value is False and option.default is None
        return [option.flag.replace("--", "--no-", 1) if is_negated else option.flag]
    if option.is_tuple:
        return [word for each in value for word in (option.flag, str(each))]
    if isinstance(value, tuple):  # height and width
        value = "x".join(map(str, value))
    return [option.flag, str(value)]
