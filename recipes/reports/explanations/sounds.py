"""Explanations of audio: times and frequencies that count, over the spectrum."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import Explanation
from recipes.reports.explanations.overlay import overlaid, region
from recipes.reports.page import Item, Picture

WIDTH = 320  # CSS pixels


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class AudioExplanation(Explanation):
    """The times and frequencies of a clip that support an output.

    Attributes:
        spectrum: The log-mel spectrum that the network reads, `(time, frequency)`.
        attributions: The contribution of each of its cells.
        times: Start of each frame, in seconds.
        frequencies: The middle of each band, in Hz.
    """

    spectrum: np.ndarray
    times: np.ndarray
    frequencies: np.ndarray

    axes: ClassVar[tuple[str, ...]] = ("time", "frequency")

    def _picture(self) -> np.ndarray:
        grey = (127.5 * (1 + np.clip(self.spectrum, -1, 1))).astype("uint8")
        return overlaid(grey.T[::-1], self.attributions.T[::-1])

    def items(self) -> list[Item]:
        told = f"times and frequencies of {self.input} that support {self.output}"
        caption = f"{self.answer}; {self._extent()}"
        return [Picture(self._picture(), told, caption, WIDTH)]

    def _extent(self) -> str:
        low, high = self.frequencies[0], self.frequencies[-1]
        return f"0–{self.times[-1]:.2f} s, {low:,.0f}–{high:,.0f} Hz from below"

    def sentences(self) -> list[str]:
        found = region(self.attributions)
        if found is None:
            return [f"No part of the clip supports {self.output}."]
        times, bands = self.times[found[0]], self.frequencies[found[1]]
        return [
            f"{times[0]:.2f}–{times[-1]:.2f} s at {bands[0]:,.0f}–{bands[-1]:,.0f} Hz "
            f"support {self.output} most.",
            *super().sentences(),
        ]

    def draw(self, axes: Any) -> None:
        picture = self._picture()
        axes.imshow(picture, aspect="auto", extent=(0, float(self.times[-1]), 0, 1))
        marks = np.linspace(0, len(self.frequencies) - 1, 5).astype(int)
        heights = (marks + 0.5) / len(self.frequencies)
        axes.set_yticks(heights, [f"{self.frequencies[n]:,.0f}" for n in marks])
        axes.set(xlabel="seconds", ylabel="Hz")
