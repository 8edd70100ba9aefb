"""Explanations of images: regions or pixels that count, over the image."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from recipes.reports.explanations.explanation import Explanation
from recipes.reports.explanations.overlay import enlarged, overlaid, region
from recipes.reports.page import Item, Picture
from recipes.reports.pictures import displayed

WIDTH = 160  # CSS pixels


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class ImageExplanation(Explanation):
    """The regions or pixels of an image that support an output.

    Attributes:
        image: uint8 `(height, width, channels)`.
        attributions: For Grad-CAM, the map $L$ at the positions of the last
            convolution, 0 or more; for integrated gradients, the sum over the channels
            of each pixel.
        heatmap: The attributions at each pixel, `(height, width)`.
    """

    image: np.ndarray

    axes: ClassVar[tuple[str, ...]] = ("height", "width")
    not_told: ClassVar[tuple[str, ...]] = ("is_complete", "image")

    @property
    def heatmap(self) -> np.ndarray:
        from PIL import Image

        size = self.image.shape[1::-1]
        picture = Image.fromarray(np.asarray(self.attributions, "float32"))
        return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))

    def _pictures(self) -> tuple[np.ndarray, np.ndarray]:
        shown = displayed(self.image)
        return enlarged(shown), overlaid(shown, self.attributions)

    def items(self) -> list[Item]:
        image, marked = self._pictures()
        told = f"regions of {self.input} that support {self.output}"
        return [
            Picture(image, f"{self.input}", str(self.input), WIDTH),
            Picture(marked, told, f"{self.answer}: {self.method}", WIDTH),
        ]

    def sentences(self) -> list[str]:
        found, (height, width) = region(self.heatmap), self.image.shape[:2]
        if found is None:
            return [f"No part of the image supports {self.output}."]
        rows, columns = map(_extent, found)
        return [
            f"For {self.output}, rows {rows} and columns {columns} of {height} × "
            f"{width} pixels count most ({self.method}).",
            *super().sentences(),
        ]

    def draw(self, axes: Any) -> None:
        image, marked = self._pictures()
        colours = image if image.ndim == 3 else image[..., np.newaxis].repeat(3, -1)
        axes.imshow(np.concatenate([colours[..., :3], marked], axis=1))
        axes.axis("off")


def _extent(part: slice) -> str:
    last = part.stop - 1
    return str(last) if part.start == last else f"{part.start}–{last}"
