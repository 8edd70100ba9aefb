"""What an inspection found, as plain values."""

import dataclasses
import html
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.roles import ColumnRole

BINS = 16


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Where some numbers lie.

    Attributes:
        name: What they measure.
        unit: What they count, such as `"pixels"`; empty for plain numbers.
        minimum: The least of them.
        median: The middle one.
        mean: Their mean.
        maximum: The largest.
        histogram: How many lie in each of up to 16 bins of equal width.
    """

    name: str
    unit: str
    minimum: float
    median: float
    mean: float
    maximum: float
    histogram: tuple[int, ...]


def distribution(name: str, numbers: np.ndarray, unit: str = "") -> Distribution | None:
    """The distribution of the finite numbers; `None` if there are none.

    >>> distribution("age", np.array([1.0, 2.0, 2.0, 7.0])).median
    2.0
    """
    numbers = np.asarray(numbers, "float64").ravel()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    low, high = float(numbers.min()), float(numbers.max())
    bins = BINS
    if (numbers % 1 == 0).all():  # or whole numbers would leave gaps
        bins = int(min(BINS, high - low + 1))
    counts = (
        np.histogram(numbers, bins, (low, high))[0] if high > low else [len(numbers)]
    )
    return Distribution(
        name,
        unit,
        low,
        float(np.median(numbers)),
        float(numbers.mean()),
        high,
        tuple(int(count) for count in counts),
    )


@dataclasses.dataclass(frozen=True)
class PartFound:
    """A part: its name, its number of examples, and where it comes from."""

    name: str
    examples: int
    origin: str


@dataclasses.dataclass(frozen=True)
class ColumnFound(ColumnRole):
    """A column of a table, with what its cells hold.

    Attributes:
        numbers: Where its numbers lie, if a model learns from them.
        frequent: Its most frequent categories, with their numbers of examples.
    """

    numbers: Distribution | None = None
    frequent: tuple[tuple[str, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class ClassFound:
    """A class, or a label, with its numbers of examples or of steps in each part."""

    name: str
    train: int
    validation: int
    test: int

    @property
    def total(self) -> int:
        return self.train + self.validation + self.test


@dataclasses.dataclass(frozen=True)
class Duplicates:
    """Examples with the same content.

    Attributes:
        within: Copies of earlier examples, by the part that both are in.
        across: Examples that an earlier part has too, by their part; parts are in the
            order training, validation, test.
        contradictory: Number of examples with a copy that has another answer.
    """

    within: dict[str, int]
    across: dict[str, int]
    contradictory: int


@dataclasses.dataclass(frozen=True, repr=False)
class Findings:
    """What `recipes.inspect` found in a data set.

    Attributes:
        name: Name of the data set.
        description: Kind, shape, classes and numbers of examples, in one line.
        source: What was read, such as `"a CSV table"`.
        reason: Why it was read so.
        kind: What an example is.
        task: What is to be predicted.
        task_reason: Why this task was taken.
        target: Names of what is to be predicted.
        parts: The parts.
        columns: The columns of a table, or the features of sequences.
        classes: The classes or labels, in the order of the class numbers.
        values: The numbers to predict, or the number of labels of an example.
        inputs: Sizes, durations and lengths of examples.
        facts: What else is known of the inputs, by name.
        duplicates: Examples with the same content; `None` if they were not compared.
        warnings: What to look at before training, one sentence each.
        notes: What loading chose or changed, one sentence each.
        model: A model of the zoo for these data.
        command: The command, or the call for data in memory, that trains it.
        dataset: The data set itself.
    """

    name: str
    description: str
    source: str
    reason: str
    kind: str
    task: str
    task_reason: str
    target: tuple[str, ...]
    parts: tuple[PartFound, ...]
    columns: tuple[ColumnFound, ...]
    classes: tuple[ClassFound, ...]
    values: tuple[Distribution, ...]
    inputs: tuple[Distribution, ...]
    facts: dict[str, str]
    duplicates: Duplicates | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    model: str
    command: str
    dataset: Dataset = dataclasses.field(compare=False)

    def to_dict(self) -> dict[str, Any]:
        """All but the data set as plain values, for JSON."""
        fields = dataclasses.fields(self)
        names = [field.name for field in fields if field.name != "dataset"]
        return {name: _plain(getattr(self, name)) for name in names}

    def html(self) -> str:
        """One HTML page with samples of each class, which needs no other file."""
        from recipes.reports.inspection.sections import sections_of
        from recipes.reports.page_html import as_html

        sections = sections_of(self, with_samples=True)
        return as_html(self.name, "What was understood before training.", sections)

    def __repr__(self) -> str:
        from recipes.reports.inspection.sections import sections_of
        from recipes.reports.page_text import as_text

        return as_text(sections_of(self)).rstrip()

    def _repr_html_(self) -> str:
        # In a frame, so that its styles leave the notebook alone.
        page = html.escape(self.html())
        return f'<iframe srcdoc="{page}" width="100%" height="600"></iframe>'


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    is_found = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return dataclasses.asdict(value) if is_found else value
