"""Explanations of rows of tables: columns that moved an answer."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.explanations.explanation import (
    MOST,
    Explanation,
    effects_table,
)
from recipes.reports.page import Block, number_text
from recipes.reports.pictures import BLUE, ORANGE, caption
from zoo.trained_model import TrainedModel


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class ColumnsExplanation(Explanation):
    """How much each column of a table counts.

    Attributes:
        columns: Name of each column.
    """

    columns: tuple[str, ...]

    axes: ClassVar[tuple[str, ...]] = ("columns",)

    @property
    def height(self) -> float:
        return 0.7 + 0.22 * min(len(self.columns), MOST)

    def draw_bars(
        self, axes: Any, names: Sequence[str], label: str, spread: Any = None
    ) -> None:
        """Draws the largest effects as bars, the largest at the top."""
        effects = self.attributions
        order = np.argsort(-np.abs(effects), kind="stable")[:MOST][::-1]
        colours = [ORANGE if effects[n] > 0 else BLUE for n in order]
        errors = None if spread is None else spread[order]
        axes.barh(range(len(order)), effects[order], xerr=errors, color=colours)
        shown = [caption(names[n]) for n in order]
        axes.set_yticks(range(len(order)), shown, fontsize=8)
        axes.axvline(0, color="0.6", lw=0.8)
        axes.set_xlabel(label)


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class RowExplanation(ColumnsExplanation):
    """How far each column of a row moved an answer.

    Attributes:
        values: What the row holds, in words.
        attributions: The contribution of each column; of words, dates and numbers that
            may be missing, the sum of all that the row holds of them.
    """

    values: tuple[str, ...]

    def tables(self) -> list[Block]:
        rows = [*zip(self.columns, self.values, strict=True)]
        header = ("column", "value", f"for {self.output}")
        return [effects_table(header, rows, self.attributions.tolist())]

    def draw(self, axes: Any) -> None:
        pairs = zip(self.columns, self.values, strict=True)
        names = [f"{name} = {value}" for name, value in pairs]
        self.draw_bars(axes, names, f"for {self.output}")


def with_names(trained: TrainedModel, dataset: Dataset) -> TrainedModel:
    """The model with the names that a data set has for its columns, if it has none."""
    names, has_names = dataset.feature_names, trained.feature_names is not None
    if has_names or not names or len(names) != trained.input_shape[-1]:
        return trained
    return dataclasses.replace(trained, feature_names=names)


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
