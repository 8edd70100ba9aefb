"""A text for each example, such as a translation."""

import dataclasses
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from custom.arguments import one_of, positive_integer
from custom.types import Tensor
from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.multiclass import HEAD
from zoo.targets.operations import Operations
from zoo.tokens import RESERVED, SPLITS, checked_vocabulary


@dataclasses.dataclass(frozen=True)
class Translation(Target):
    """A text for each example, which the model generates token by token.

    The signature has the outputs `texts`, string `[n]`, and `log_probability`, float32
    `[n]`: the logarithm of the probability that the model gives to the whole text.

    Attributes:
        vocabulary: The words or characters of the answers, from token 2 on, as
            `learn_vocabulary` returns them. Token 0 ends an answer and pads it; token 1
            stands for other words, and is never generated.
        split: Entries of the vocabulary: `"word"` or `"character"`.
        max_length: Number of words or characters after which an answer ends in any
            case.

    >>> Translation(["guten", "tag"]).token_count
    4
    """

    vocabulary: tuple[str, ...]
    split: str = "word"
    max_length: int = 100

    name: ClassVar[str] = "translation"
    head: ClassVar[str] = HEAD

    def __post_init__(self) -> None:
        vocabulary = tuple(checked_vocabulary(self.vocabulary))
        object.__setattr__(self, "vocabulary", vocabulary)
        object.__setattr__(self, "split", one_of("split", self.split, SPLITS))
        length = positive_integer("max_length", self.max_length)
        object.__setattr__(self, "max_length", length)

    @property
    def token_count(self) -> int:
        """The number of tokens, including those for the end and for unknown words."""
        return len(self.vocabulary) + RESERVED

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Translation | None":
        if description.get("target") != cls.name or "texts" not in outputs:
            return None
        names = ("vocabulary", "split", "max_length")
        # The constructor checks them: the file may hold anything.
        given: dict[str, Any] = {name: description.get(name) for name in names}
        return cls(**given)

    def get_config(self) -> dict[str, Any]:
        return {"target": self.name, **dataclasses.asdict(self)} | {
            "vocabulary": list(self.vocabulary)
        }

    def description(self) -> dict[str, Any]:
        return self.get_config()

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        return keras.layers.Dense(
            self.token_count,
            activation="softmax",
            dtype="float32",
            name=self.head,
            **options,
        )

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """The cross-entropy of each token, weighted by the weights of the batch."""
        return TokenCrossEntropy()

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "The augmentation mixes examples of one class each, and the target is a "
            "text: leave out mixing and label smoothing."
        )

    def check_dataset(self, dataset: Any) -> None:
        if dataset.task != self.name:
            raise InputError(
                f"The model answers with texts, and {dataset.name} does not hold pairs "
                "of texts: load it with task='translation'."
            )

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        """What a decoder generated, by name."""
        texts, log_probabilities = outputs
        return {
            "texts": texts,
            "log_probability": operations.as_float32(log_probabilities),
        }

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        """How served texts differ.

        Where the model itself hesitates between two tokens, `own["texts"]` is empty:
        rounding may decide for either.
        """
        texts, found = own["texts"], served["texts"]
        if found.shape != texts.shape:
            return f"gave the shape {found.shape} where the model gives {texts.shape}"
        for row in np.flatnonzero(texts != b""):
            if found[row] != texts[row]:
                return (
                    f"gave {found[row].decode()!r} where the model gives "
                    f"{texts[row].decode()!r} (example {row})"
                )
            expected = own["log_probability"][row]
            if not abs(served["log_probability"][row] - expected) <= tolerance:
                return (
                    f"gave the log-probability {served['log_probability'][row]:.6g} "
                    f"where the model gives {expected:.6g} (example {row})"
                )
        return None


@keras.saving.register_keras_serializable(package="zoo")
class TokenCrossEntropy(keras.losses.SparseCategoricalCrossentropy):
    """Keras's cross-entropy of tokens, in which only the weights say what is padding.

    The mask of the outputs is not used: it would divide by the number of real tokens
    of each batch and device, and the weights have been divided by a mean already.
    """

    def __init__(self, name: str = "token_cross_entropy", **options: Any) -> None:
        super().__init__(name=name, **options)

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        return super().__call__(y_true, ops.copy(y_pred), sample_weight)
