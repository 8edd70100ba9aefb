"""How data are read: every option of `recipes.load`, declared once."""

import dataclasses
import numbers
import pathlib
from typing import Any

from custom.arguments import boolean, non_negative, positive, positive_integer
from recipes.data.options import check_options, option, optional, path, text, tuple_of
from zoo.kinds import Kind

IMAGES, AUDIO, TABLE = (Kind.IMAGES,), (Kind.AUDIO,), (Kind.TABLE,)


def size(name: str, value: Any) -> tuple[int, int]:
    """Height and width, in pixels."""
    sides = value if isinstance(value, tuple | list) else ()
    are_integers = all(isinstance(n, numbers.Integral) and int(n) >= 1 for n in sides)
    if len(sides) != 2 or not are_integers:
        raise ValueError(
            f"`{name}` must be (height, width), two positive integers, got {value!r}."
        )
    return int(sides[0]), int(sides[1])


def parsed_size(given: str) -> tuple[int, int]:
    """Height and width from `48x64`, or from one number for a square."""
    sides = given.lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(s.isdigit() and int(s) for s in sides):
        raise ValueError(f"{given!r} is not a size such as 64 or 48x64.")
    return int(sides[0]), int(sides[-1])


def seed(name: str, value: Any) -> int:
    """An integer of at least 0."""
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_integer or value < 0:
        raise ValueError(f"`{name}` must be an integer of at least 0, got {value!r}.")
    return int(value)


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """The options of `recipes.load`, which documents them."""

    data_dir: pathlib.Path | None = option(
        optional(path),
        None,
        metavar="FOLDER",
        help="Folder where TensorFlow Datasets keeps its data.",
    )
    download: bool = option(
        boolean,
        True,
        flag="--no-download",
        help="Use only data that is already on disk.",
    )
    label_column: str = option(
        text, "label", metavar="NAME", help="Column or feature that holds the class."
    )
    text_column: str | None = option(
        optional(text),
        None,
        metavar="NAME",
        kinds=(Kind.TEXT,),
        help="Column or feature to learn from as text.",
    )
    categorical_columns: tuple[str, ...] = option(
        tuple_of(text),
        (),
        flag="--categorical-column",
        metavar="NAME",
        kinds=TABLE,
        help="Column whose numbers are names of categories; repeatable. Columns of "
        "words are categories anyway.",
    )
    columns: Any = option(lambda name, value: value, None, flag=None, kinds=TABLE)
    image_size: tuple[int, int] | None = option(
        optional(size),
        None,
        metavar="HEIGHTxWIDTH",
        parse=parsed_size,
        kinds=IMAGES,
        help="Resize images to this size.",
    )
    sample_rate: int | None = option(
        optional(positive_integer),
        None,
        metavar="HERTZ",
        kinds=AUDIO,
        help="Resample audio to this rate.",
    )
    clip_seconds: float | None = option(
        optional(positive),
        None,
        metavar="SECONDS",
        kinds=AUDIO,
        help="Clip length; longer clips are cut, shorter ones padded with silence.",
    )
    sequences: bool = option(
        boolean,
        False,
        kinds=(Kind.SEQUENCES,),
        help="Read arrays as sequences (n, time, features), not as images.",
    )
    group: str | None = option(
        optional(text),
        None,
        metavar="NAME|PATTERN",
        help="Hold out whole groups, such as speakers: a column or feature, or a "
        "pattern of file names, such as '_(.+)_'.",
    )
    test_groups: tuple[str, ...] = option(
        tuple_of(text),
        (),
        flag="--test-group",
        metavar="NAME",
        help="A group of the test part; repeatable.",
    )
    skip_corrupt: bool = option(
        boolean, False, help="Skip files that cannot be read, and count them."
    )
    cache_dir: str | None = option(
        optional(lambda name, value: str(path(name, value))),
        None,
        metavar="FOLDER|none",
        default_help="$ZOO_CACHE, or the system's folder for caches",
        help="Folder for decoded examples; none keeps nothing.",
    )
    num_examples: int | None = option(
        optional(positive_integer),
        None,
        default_help="1,000",
        help="Number of synthetic examples.",
    )
    noise: float | None = option(
        optional(non_negative),
        None,
        default_help="by data set",
        help="Standard deviation of the noise on synthetic data.",
    )
    data_seed: int = option(seed, 0, help="Random seed for synthetic data.")

    def __post_init__(self) -> None:
        check_options(self)
