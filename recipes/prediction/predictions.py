"""Predicting piece by piece, so that memory does not grow with the examples."""

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from recipes.prediction.answers import FeaturesWriter, Writer
from recipes.prediction.examples import Examples, Piece, plain_values
from recipes.prediction.given import File, given_items, named_safely
from recipes.prediction.readers import reader_of
from recipes.progress import track
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.trained_model import TrainedModel

Result = TypeVar("Result")

# Examples that are read and answered at once, and numbers in them, at most.
ROWS, OTHERS, NUMBERS = 65_536, 1024, 2**26
BATCH = {Kind.TABLE: 4096}  # examples that are computed at once; else 128


class Prediction:
    """A model that is asked, and how its answers are written.

    Args:
        trained: The model.
        options: The options of `recipes.predict` by name.
        features: Whether to ask for the features of the examples instead of answers.

    Attributes:
        writer: How the answers are written.
        form: What files the model reads.
        notes: What was guessed, dropped or not used; they grow while examples are read.
    """

    def __init__(
        self, trained: TrainedModel, options: dict[str, Any], *, features: bool = False
    ) -> None:
        self.notes: list[str] = []
        self._trained = trained
        self._reader = reader_of(trained, options, self.notes)
        self._features = features
        self.writer: Writer = FeaturesWriter() if features else self._reader.writer
        self.form = self._reader.form

    def pieces(self, data: Any) -> Iterator[Piece]:
        """The answers to all examples, piece by piece."""
        return self.over(data, self._answered)

    def over(
        self, data: Any, work: Callable[[Examples], Iterator[Result]]
    ) -> Iterator[Result]:
        """What a function makes of the examples of each place, in order."""
        with contextlib.ExitStack() as stack:
            items = given_items(data, self._reader.form, self.notes, stack)
            stack.enter_context(named_safely(i for i in items if isinstance(i, File)))
            for examples in self._reader.examples(items):
                yield from work(examples)

    def _answered(self, examples: Examples) -> Iterator[Piece]:
        count = len(examples.names)
        if not count:
            raise InputError(f"There are no {examples.place} to predict.")
        batch = BATCH.get(self._trained.kind, 128)
        size = _piece_size(self._trained)
        starts = track(
            range(0, count, size), f"predicting {examples.place}", -(-count // size)
        )
        for start in starts:
            part = slice(start, min(start + size, count))
            yield Piece(
                part.stop - part.start,
                functools.partial(_names, examples, part),
                {k: plain_values(v[part]) for k, v in examples.carried.items()},
                {k: [*v[part]] for k, v in examples.shown.items()},
                self._answers(examples.inputs(part), batch),
            )

    def _answers(self, inputs: Any, batch: int) -> dict[str, np.ndarray]:
        if not self._features:
            return self._reader.answers(inputs, batch)
        return {"features": self._trained.features(inputs, batch)}


def _names(examples: Examples, part: slice) -> list[Any]:
    return [*examples.names[part]]


def _piece_size(trained: TrainedModel) -> int:
    if trained.kind is Kind.TABLE:
        return ROWS
    numbers = math.prod(size or 1024 for size in trained.input_shape)
    return max(1, min(OTHERS, NUMBERS // max(1, numbers)))


@dataclasses.dataclass(frozen=True)
class Predictions(Sequence[dict[str, Any]]):
    """The answers of a model: a sequence with a dictionary for each example.

    The dictionaries are those of `zoo predict --json`, with all classes.

    Attributes:
        notes: What was guessed, dropped or not used.
    """

    _pieces: tuple[Piece, ...] = dataclasses.field(repr=False)
    _writer: Writer = dataclasses.field(repr=False)
    notes: tuple[str, ...] = ()

    @functools.cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [row for piece in self._pieces for row in self._writer.rows(piece)]

    @functools.cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """The answers as columns of equal length, for a data frame or a file."""
        found = [self._writer.columns(piece) for piece in self._pieces]
        return {
            name: np.concatenate([_array(each[name]) for each in found])
            for name in (found[0] if found else ())
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]


def _array(values: Any) -> np.ndarray:
    """A column; strings stay objects, so that pieces of it can be joined."""
    array = np.asarray(values)
    return array.astype(object) if array.dtype.kind in "US" else array
