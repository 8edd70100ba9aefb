"""Images that a generator draws."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.operations import Operations


@dataclasses.dataclass(frozen=True)
class Images(Target):
    """An image for each vector of random numbers, as a generator draws it.

    The signature has the output `images`, uint8 `[n, height, width, channels]`.
    """

    name: ClassVar[str] = "images"

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "An augmentation that mixes examples makes images that the generator "
            "should not learn to draw: leave out mixing and label smoothing."
        )

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        return {"images": operations.as_uint8(outputs)}

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        images, expected = served["images"], own["images"]
        if images.shape != expected.shape:
            return (
                f"gave images of shape {images.shape} where the model gives "
                f"{expected.shape}"
            )
        difference = np.abs(images.astype(int) - expected.astype(int)).max()
        if difference > tolerance:
            return (
                f"draws other images: up to {difference} of 255 steps of brightness "
                f"away, allowed {tolerance:g}"
            )
        return None
