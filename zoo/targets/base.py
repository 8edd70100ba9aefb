"""What every target says of itself."""

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from custom.types import Tensor
from zoo.targets.operations import Operations


class Target(abc.ABC):
    """What a model has to answer.

    Attributes:
        name: The field's name for it, such as `"regression"`.
        head: Name of the last layer, which a new head replaces.
    """

    name: ClassVar[str]
    head: ClassVar[str] = ""

    @property
    def metrics(self) -> tuple[Any, ...]:
        """What training reports beside the loss, as `compile` takes it."""
        return ()

    def arguments(self) -> dict[str, Any]:
        """The constructor arguments of a model that answers this, as `recorded` takes.

        One of several classes has arguments of its own, as in Keras; any other target
        is the argument `target`.
        """
        return {"target": self, "num_classes": None, "class_names": None}

    def get_config(self) -> dict[str, Any]:
        """The target as plain values, which `target_from_config` reads."""
        raise NotImplementedError

    def first_layers(self) -> list[keras.layers.Layer]:
        """Layers that turn raw inputs into what a network reads, such as scaling."""
        return []

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        """The last layer, which gives the outputs that `answers` reads.

        It computes in float32 under every precision policy.
        """
        raise NotImplementedError

    def outputs(
        self, head: keras.layers.Layer, features: Tensor, inputs: Tensor
    ) -> Tensor:
        """The outputs of the last layer; some targets also read the raw inputs."""
        return head(features)

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Target | None":
        """The target of a signature, if it has the outputs of this one.

        Args:
            outputs: Tensor specifications by name.
            description: What `zoo.json` says; empty if there is none.
        """
        return None

    def loss(self, soft: bool = False) -> keras.losses.Loss | None:
        """The default loss, or `None` if the model has a loss of its own."""
        return None

    @abc.abstractmethod
    def check_soft(self, compiled_loss: str | None) -> None:
        """Refuses soft targets if the model cannot learn from them."""

    def check_dataset(self, dataset: Any) -> None:
        """Refuses a `recipes.Dataset` that asks for other answers."""
        return None

    def description(self) -> dict[str, Any]:
        """What an export tells of the target in `zoo.json`."""
        return {}

    @abc.abstractmethod
    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        """What a model's outputs mean, by the name that a signature gives it."""

    def joined(self, batches: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
        """The answers to several batches, in one array for each name."""
        return {
            name: np.concatenate([np.asarray(each[name]) for each in batches])
            for name in batches[0]
        }

    @abc.abstractmethod
    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        """How served answers differ from the model's own, or `None` if they agree."""
