"""The next token of a text, at each step."""

import dataclasses
from typing import Any, ClassVar

import keras
import numpy as np

from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.operations import Operations


@dataclasses.dataclass(frozen=True)
class NextToken(Target):
    """The token that follows, at each step of a text; so the model can write on.

    A target is a token. An export writes texts; it does not have these outputs.

    Attributes:
        from_logits: Whether the model ends in logits instead of probabilities.
    """

    from_logits: bool = False

    name: ClassVar[str] = "text_generation"

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """The cross-entropy of the next token, in the mean over the tokens."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=self.from_logits)

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "Augmentation changes examples, and a text to learn to write from is a "
            "whole: leave `augment` out."
        )

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        return {"probabilities": operations.as_float32(outputs)}

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        difference = np.abs(served["probabilities"] - own["probabilities"]).max()
        return None if difference <= tolerance else f"is up to {difference:.3g} away"
