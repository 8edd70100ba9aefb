"""Groups of examples that stay in one part when a data set is split."""

import dataclasses
import os
import re
from collections.abc import Iterable

import numpy as np

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Grouping:
    """Which examples belong together: the recordings of a speaker, or of a patient.

    Attributes:
        by: Name of the column or feature that holds the group; or a regular
            expression with one pair of parentheses around the group in a file name;
            or `None` for no groups.
        test: The groups of the test part; empty to choose them.
        keeps_duplicates: Whether examples with the same content belong together.
        split: Whether to split parts off, as for training. Without, as for scoring a
            model, no class needs an example.
        class_names: The names of the classes of a model that is scored, if it has any.
    """

    by: str | None = None
    test: tuple[str, ...] = ()
    keeps_duplicates: bool = False
    split: bool = True
    class_names: tuple[str, ...] | None = None

    def __post_init__(self):
        if self.by is not None and self.keeps_duplicates:
            raise InputError(
                "Give either `group` or `keep_duplicates_together`: a group may hold "
                "copies of examples in another."
            )
        if self.by is None and self.test:
            raise InputError("Test groups need `group`, which says what a group is.")
        if self.is_pattern:
            try:
                number = re.compile(self.by).groups
            except re.error as error:
                raise InputError(
                    f"`group` {self.by!r} is not a regular expression: {error}."
                ) from error
            if number != 1:
                raise InputError(
                    f"`group` {self.by!r} must have one pair of capturing parentheses "
                    f"around the group's name; it has {number}."
                )

    @property
    def is_pattern(self) -> bool:
        """Whether groups are found in file names."""
        return self.by is not None and "(" in self.by

    def of_files(self, names: Iterable[str | os.PathLike]) -> np.ndarray | None:
        """The group of each file; `None` without grouping.

        >>> Grouping("_(.+)_").of_files(["7_jackson_32.wav"]).tolist()
        ['jackson']
        """
        if self.by is None:
            return None
        if not self.is_pattern:
            raise InputError(
                f"`group` {self.by!r} must be a regular expression with parentheses, "
                "such as '_(.+)_', around the group in a file name."
            )
        return np.array([self._of_file(os.fspath(name)) for name in names])

    def _of_file(self, path):
        name = os.path.basename(path)  # noqa: PTH119 - names inside data sets, too
        found = re.search(self.by, name)
        if found is None:
            raise InputError(f"`group` {self.by!r} finds no group in {name!r}.")
        return found.group(1)


NO_GROUPS = Grouping()
