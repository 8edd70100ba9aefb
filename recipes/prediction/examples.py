"""Examples to predict, and what was answered, piece by piece."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Examples:
    """Examples of one place, which are read piece by piece.

    Attributes:
        place: What a message calls the place.
        names: What answers call each example.
        inputs: Function of a slice that returns what the model takes.
        carried: Values of the ID columns, by the name of the column.
        shown: What answers show of each example, such as its tokens, by name.
    """

    place: str
    names: Sequence[Any]
    inputs: Callable[[slice], Any]
    carried: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)
    shown: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Piece:
    """Some examples, and the model's answers.

    Attributes:
        count: Number of examples.
        find_names: Function that returns what answers call each example.
        carried: Values of the ID columns, by the name of the column.
        shown: What answers show of each example, by name.
        answers: The answers as `TrainedModel.answers` names them.
    """

    count: int
    find_names: Callable[[], list[Any]]
    carried: dict[str, list[Any]]
    shown: dict[str, list[Any]]
    answers: dict[str, np.ndarray]

    @functools.cached_property
    def names(self) -> list[Any]:
        """What answers call each example; the lines of a table take time to find."""
        return self.find_names()

    def repeated(self, counts: Sequence[int]) -> dict[str, Any]:
        """The columns that tell which example a row is of, for several rows each."""
        told = self.carried or {"input": self.names}
        return {
            name: [x for x, n in zip(values, counts, strict=True) for _ in range(n)]
            for name, values in told.items()
        }


class Numbered(Sequence[Any]):
    """The names of examples by the number of each, made when they are asked for.

    >>> Numbered("a.csv", range(2, 5))[1:]
    ['a.csv:3', 'a.csv:4']
    """

    def __init__(self, place: str | None, numbers: Sequence[int]) -> None:
        self._place, self._numbers = place, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        found = self._numbers[index]
        if isinstance(index, slice):
            return [self._name(number) for number in found]
        return self._name(found)

    def _name(self, number: int) -> Any:
        return int(number) if self._place is None else f"{self._place}:{number}"


def plain_values(values: Any) -> list[Any]:
    """Values of a column as Python has them."""
    if hasattr(values, "to_pylist"):
        return values.to_pylist()
    return np.asarray(values, object).tolist() if len(values) else []


def with_columns(told: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """Both kinds of columns, which must differ in their names."""
    for name in told.keys() & answers.keys():
        raise InputError(
            f"The answers have a column {name!r} of their own: rename that column of "
            "the table, or choose another ID column."
        )
    return {**told, **answers}
