"""Explanations of sequences and series: steps and columns that count."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import Explanation
from recipes.reports.explanations.overlay import overlaid
from recipes.reports.page import Block, Effect, Item, Picture, Table
from recipes.reports.pictures import caption

WIDTH = 320  # CSS pixels


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class StepsExplanation(Explanation):
    """The steps and columns of a sequence that support an output, or raise a number.

    Attributes:
        values: What the model reads, `(time, features)`.
        attributions: The contribution of each of its numbers.
        steps: What each step is called.
        columns: Name of each column.
    """

    values: np.ndarray
    steps: tuple[str, ...]
    columns: tuple[str, ...]

    axes: ClassVar[tuple[str, ...]] = ("time", "features")

    def _picture(self) -> np.ndarray:
        """The columns below each other, each from its least to its largest number."""
        low, high = self.values.min(axis=0), self.values.max(axis=0)
        grey = 60 + 150 * (self.values - low) / np.where(high > low, high - low, 1)
        rows = max(1, 60 // len(self.columns))
        picture = grey.astype("uint8").T.repeat(rows, axis=0)
        return overlaid(picture, self.attributions.T.repeat(rows, axis=0))

    def items(self) -> list[Item]:
        told = f"steps of {self.input} that support {self.output}"
        columns = ", ".join(self.columns[:8]) + ", …" * (len(self.columns) > 8)
        return [
            Picture(
                self._picture(), told, f"{self.answer}; from above: {columns}", WIDTH
            )
        ]

    def tables(self) -> list[Block]:
        """The columns, the one that counts most first, and its strongest step."""
        sizes = np.abs(self.attributions).sum(axis=0)
        strongest = np.abs(self.attributions).argmax(axis=0)
        cells = self.attributions[strongest, np.arange(len(self.columns))]
        sums = self.attributions.sum(axis=0)
        scale = float(np.abs(np.concatenate([cells, sums])).max())
        rows = [
            (
                self.columns[n],
                Effect(float(sums[n]), scale),
                self.steps[strongest[n]],
                Effect(float(cells[n]), scale),
            )
            for n in np.argsort(-sizes, kind="stable")
        ]
        return [Table(("column", f"for {self.output}", "step", "alone"), rows, most=20)]

    def draw(self, axes: Any) -> None:
        largest = float(np.abs(self.attributions).max()) or 1.0
        image = axes.imshow(
            self.attributions.T,
            aspect="auto",
            cmap="PuOr_r",
            vmin=-largest,
            vmax=largest,
        )
        axes.figure.colorbar(image, ax=axes, label=caption(f"for {self.output}"))
        axes.set_yticks(range(len(self.columns)), [*map(caption, self.columns)])
        marks = np.unique(np.linspace(0, len(self.steps) - 1, 8).astype(int))
        axes.set_xticks(marks, [self.steps[n] for n in marks])
        axes.set_xlabel("step")
