"""Explanations of rows of tables: columns that moved an answer."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import (
    Explanation,
    bars_height,
    draw_bars,
    effects_table,
)
from recipes.reports.page import Block, number_text
from zoo.trained_model import TrainedModel


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class RowExplanation(Explanation):
    """How far each column of a row moved an answer.

    Attributes:
        columns: Name of each column.
        values: What the row holds, in words.
        attributions: The contribution of each column; of words, dates and numbers that
            may be missing, the sum of all that the row holds of them.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]

    axes: ClassVar[tuple[str, ...]] = ("columns",)

    @property
    def height(self) -> float:
        return bars_height(len(self.columns))

    def parts(self) -> dict[str, Any]:
        return {"columns": [*self.columns], "values": [*self.values]}

    def tables(self) -> list[Block]:
        rows = [*zip(self.columns, self.values, strict=True)]
        header = ("column", "value", f"for {self.output}")
        return [effects_table(header, rows, self.attributions.tolist())]

    def draw(self, axes: Any) -> None:
        pairs = zip(self.columns, self.values, strict=True)
        names = [f"{name} = {value}" for name, value in pairs]
        draw_bars(axes, names, self.attributions)
        axes.set_xlabel(f"for {self.output}")


def column_groups(trained: TrainedModel, width: int) -> dict[str, list[int]]:
    """The indices in a row that belong to each column, by its name."""
    if trained.columns is None:
        names = trained.feature_names or tuple(f"column {n}" for n in range(width))
        return {name: [n] for n, name in enumerate(names)}
    groups, start = {}, 0
    for column in trained.columns.columns:
        count = len(column.layout)
        groups[column.name] = [*range(start, start + count)]
        start += count
    return groups


def row_values(trained: TrainedModel, row: np.ndarray) -> tuple[str, ...]:
    """What a row holds, in words."""
    if trained.columns is None:
        return tuple(number_text(float(value)) for value in row)
    return tuple(
        _told(values[0]) for values in trained.columns.raw(row[np.newaxis]).values()
    )


def _told(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[s]")).removesuffix("T00:00:00")
    return "" if np.isnan(value) else number_text(float(value))
