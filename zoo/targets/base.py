"""What every target says of itself."""

import abc
from typing import Any, ClassVar

import keras
import numpy as np

from zoo.targets.operations import Operations


class Target(abc.ABC):
    """What a model has to answer.

    Attributes:
        metrics: What training reports beside the loss, as `compile` takes it.
    """

    metrics: ClassVar[tuple[str, ...]] = ()

    def loss(self, soft: bool = False) -> keras.losses.Loss | None:
        """The default loss, or `None` if the model has a loss of its own."""
        return None

    @abc.abstractmethod
    def check_soft(self, compiled_loss: str | None) -> None:
        """Refuses soft targets if the model cannot learn from them."""

    def check_count(self, dataset: Any) -> None:
        """Refuses a `recipes.Dataset` with another number of classes, if it has any."""
        return None

    def description(self) -> dict[str, Any]:
        """What an export tells of the target in `zoo.json`."""
        return {}

    @abc.abstractmethod
    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        """What a model's outputs mean, by the name that a signature gives it."""

    @abc.abstractmethod
    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        """How served answers differ from the model's own, or `None` if they agree."""
