"""How the examples of a data set are divided: training, validation and test."""

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from recipes.sources.options import parsed_fold, parsed_split
from zoo.errors import InputError

# Of all examples, and of those that the test part leaves.
SHARES = {"test": 0.2, "validation": 0.1}


@dataclasses.dataclass(frozen=True)
class Division:
    """Which parts are split off the training part, and what decides it.

    Attributes:
        by: Name of the column, feature or array that decides; or a regular expression
            with one pair of parentheses around what decides in a file name; or `None`
            to split at random, stratified by class.
        rule: What `by` says of an example: the `"group"` that stays in one part; the
            `"time"`, the last of which are the test part; or the name of its part, for
            `"column"`.
        test: The groups of the test part; empty to choose them.
        keeps_duplicates: Whether examples with the same content belong together.
        proportions: Shares of training, validation and test; or of training and the
            part that lacks, the test part if both do. Empty for the usual ones.
        elsewhere: Names of parts that come from another source.
        split: Whether to split parts off, as for training. Without, as for scoring a
            model, no class needs an example.
        class_names: The names of the classes of a model that is scored, if it has any.
        fold: Number of a fold, from 1, and how many there are: the fold is the test
            part. `None` without a cross-validation.
        seen: Where to keep what is told of the examples: the `"names"` of all, and the
            indices of the `"test"` part. `None` to keep nothing.
    """

    by: str | None = None
    rule: str = "group"
    test: tuple[str, ...] = ()
    keeps_duplicates: bool = False
    proportions: tuple[Fraction, ...] = ()
    elsewhere: tuple[str, ...] = ()
    split: bool = True
    class_names: tuple[str, ...] | None = None
    fold: tuple[int, int] | None = None
    seen: dict[str, Any] | None = dataclasses.field(
        default=None, compare=False, repr=False
    )

    @classmethod
    def chosen(
        cls,
        split: str | None = None,
        group: str | None = None,
        test_groups: tuple[str, ...] = (),
        keep_duplicates_together: bool = False,
        scored: bool = False,
        fold: str | None = None,
        **others: Any,
    ) -> "Division":
        """The division that options of `recipes.load` ask for."""
        rule, by, proportions = (
            ("group", None, ()) if not split else parsed_split(split)
        )
        if by is not None and group is not None:
            raise InputError(
                f"`split` {split!r} (--split) and `group` {group!r} (--group) both say "
                "how to divide the examples: leave one out."
            )
        return cls(
            group if by is None else by,
            rule,
            tuple(test_groups),
            keep_duplicates_together,
            proportions,
            split=not scored,
            fold=None if fold is None else parsed_fold(fold),
            **others,
        )

    def __post_init__(self) -> None:
        if self.by is not None and self.keeps_duplicates:
            raise InputError(
                f"Give either {self.option} or `keep_duplicates_together`: a group may "
                "hold copies of examples in another."
            )
        if self.test and (self.by is None or self.rule != "group"):
            raise InputError("Test groups need `group`, which says what a group is.")
        if self.fold and (self.test or self.rule == "column"):
            option = "`test_groups`" if self.test else self.option
            raise InputError(
                f"{option} chooses the test part, and so does `fold` (--folds): leave "
                "one out."
            )
        if self.is_pattern:
            try:
                number = re.compile(str(self.by)).groups
            except re.error as error:
                raise InputError(
                    f"{self.option} is not a regular expression: {error}."
                ) from error
            if number != 1:
                raise InputError(
                    f"{self.option} must have one pair of capturing parentheses "
                    f"around the {self.rule}'s name; it has {number}."
                )

    @property
    def option(self) -> str:
        """What the user gave, for a message."""
        if self.rule == "group":
            return f"`group` {self.by!r}"
        return f"`split` {f'{self.rule}:{self.by}'!r}"

    @property
    def is_pattern(self) -> bool:
        """Whether file names decide."""
        return self.by is not None and "(" in self.by

    @property
    def hidden(self) -> str | None:
        """The column that models do not learn from, because it decides the part."""
        return None if self.rule == "time" else self.by

    @property
    def key(self) -> str | None:
        """What must be read to divide the examples; `None` if nothing decides."""
        return self.by if self.split else None

    @property
    def why(self) -> str:
        """Why the key is needed, after its name."""
        return " to group by" if self.rule == "group" else " to split by"

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the parts beside the groups, for the key of a cache."""
        found: dict[str, Any] = {}
        if self.rule != "group" or self.proportions or self.elsewhere:
            shares = [*map(str, self.proportions)]
            found["division"] = [self.rule, shares, [*self.elsewhere]]
        if self.fold is not None:
            found["fold"] = [*self.fold]
        return found if self.split else {**found, "scored_as": self.class_names}

    def lacking(self, found: Iterable[str]) -> list[str]:
        """The parts to split off if some are found."""
        has = {*found, *self.elsewhere}
        return [part for part in SHARES if part not in has and self.split]

    def shares(self, lacking: Sequence[str]) -> dict[str, float | Fraction]:
        """The share that each lacking part gets of the examples that are left.

        >>> Division.chosen("70/15/15").shares(["test", "validation"])
        {'test': Fraction(3, 20), 'validation': Fraction(3, 17)}
        >>> Division.chosen("70/30").shares(["test", "validation"])
        {'test': Fraction(3, 10), 'validation': 0.1}
        """
        if self.fold is not None:  # The shares are those of the other examples.
            left = [part for part in lacking if part != "test"]
            found = dataclasses.replace(self, fold=None).shares(left)
            return {"test": Fraction(1, self.fold[1]), **found}
        if not self.proportions:
            return {part: SHARES[part] for part in lacking}
        if len(self.proportions) > 1 + len(lacking):
            raise InputError(
                f"`split` (--split) has {len(self.proportions)} proportions, and the "
                f"data have {'both parts' if not lacking else 'a part'} of their own: "
                + ("leave it out." if not lacking else "give two.")
            )
        train, *others = self.proportions
        if len(others) == 1:
            return {**{part: SHARES[part] for part in lacking}, lacking[0]: others[0]}
        validation, test = others
        return {"test": test, "validation": validation / (train + validation)}

    def tell_names(self, names: Any) -> None:
        """Keeps the names of the examples that are divided, if somebody asks."""
        if self.seen is not None:
            self.seen["names"] = names

    def of_files(self, names: Iterable[str | os.PathLike]) -> np.ndarray | None:
        """What decides for each file; `None` if nothing does.

        >>> Division("_(.+)_").of_files(["7_jackson_32.wav"]).tolist()
        ['jackson']
        """
        if self.key is None:
            return None
        if not self.is_pattern:
            raise InputError(
                f"{self.option} must be a regular expression with parentheses, "
                f"such as '_(.+)_', around the {self.rule} in a file name."
            )
        return np.array([self._of_file(os.fspath(name)) for name in names])

    def _of_file(self, path: str) -> str:
        name = os.path.basename(path)  # noqa: PTH119 - names inside data sets, too
        found = re.search(str(self.by), name)
        if found is None:
            raise InputError(f"{self.option} finds no {self.rule} in {name!r}.")
        return found.group(1)


USUAL = Division()
