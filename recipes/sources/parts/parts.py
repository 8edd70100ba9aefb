"""Names of the parts of a data set, as folders, files and arrays spell them."""

import re
from collections.abc import Iterable

from zoo.errors import InputError

SPELLINGS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "holdout"),
}
UNLABELLED = {"unlabeled", "unlabelled", "unsup", "unsupervised"}
OTHERS = {*UNLABELLED, "extra"}  # examples that are for none of the parts
_PARTS = {name: part for part, names in SPELLINGS.items() for name in names}
PATTERN = "|".join(sorted(_PARTS, key=len, reverse=True))  # the longest that fits


def part_named(name: str) -> str | None:
    """The part that a name stands for; `None` if it stands for none.

    >>> part_named("Training"), part_named("val"), part_named("cats")
    ('train', 'validation', None)
    """
    return _PARTS.get(name.lower())


def part_inside(name: str) -> str | None:
    """The last word of a longer name that names a part, in lower case.

    >>> part_inside("mnist-Test.tfrecord-00000-of-00010"), part_inside("contest")
    ('test', None)
    """
    found = re.findall(rf"(?:^|[-_.])({PATTERN})(?=[-_.]|$)", name, re.IGNORECASE)
    return found[-1].lower() if found else None


def refuse_other_parts(names: Iterable[str], where: object) -> None:
    """Refuses names of examples that are for no part, such as `unlabeled`.

    >>> refuse_other_parts(["train.csv", "extra.csv"], "photos")
    Traceback (most recent call last):
    zoo.errors.InputError: photos has 'extra.csv', which is named like examples that ...
    """
    for name in names:
        if not OTHERS.isdisjoint(words_of(name)):
            raise InputError(
                f"{where} has {name!r}, which is named like examples that belong to no "
                "part: rename it if they belong to one, or move it elsewhere."
            )


def words_of(name: str) -> list[str]:
    """The words of a name in lower case.

    >>> words_of("trainLabels"), words_of("x-dev.npy")
    (['train', 'labels'], ['x', 'dev', 'npy'])
    """
    return re.split(r"[-_. ]", re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower())


def names_of_parts(names: Iterable[str], where: object) -> dict[str, str]:
    """The given names that stand for parts, by part: `{"validation": "val"}`.

    Args:
        names: Names of folders or arrays; names that stand for no part are left out.
        where: What has the names, for the error.

    Raises:
        InputError: If two names stand for one part, such as `val` and `valid`.

    >>> names_of_parts(["Training", "Testing", "notes"], "faces")
    {'train': 'Training', 'test': 'Testing'}
    """
    found: dict[str, str] = {}
    for name in names:
        part = part_named(name)
        if part in found:
            raise InputError(
                f"{where} has two names for the {part} part: {found[part]!r} and "
                f"{name!r}; keep one of them."
            )
        if part is not None:
            found[part] = name
    return found
