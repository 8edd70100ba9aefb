"""Any number of labels for each example."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from custom.arguments import probability
from custom.losses import CrossEntropy
from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.operations import Operations


@dataclasses.dataclass(frozen=True)
class Multilabel(Target):
    """Any number of labels for each example, each with a probability of its own.

    A target is a row of zeros and ones, one per label.

    The signature has the outputs `probabilities`, float32 `[n, labels]`, and `labels`,
    bool of the same shape: whether a probability reaches the threshold of its label.

    Attributes:
        names: A name for each label.
        thresholds: The least probability with which each label is given. Default: ½
            for each.

    >>> from zoo.targets.operations import IN_NUMPY
    >>> target = Multilabel(("red", "round"), (0.5, 0.25))
    >>> target.answers([[0.25, 0.25]], IN_NUMPY)["labels"].tolist()
    [[False, True]]
    """

    names: tuple[str, ...]
    thresholds: tuple[float, ...] | None = None

    name: ClassVar[str] = "multilabel"
    head: ClassVar[str] = "labels"

    def __post_init__(self) -> None:
        names = tuple(str(name) for name in self.names)
        given = (0.5,) * len(names) if self.thresholds is None else self.thresholds
        thresholds = tuple(probability("thresholds", each) for each in given)
        if not names or len(set(names)) < len(names) or len(thresholds) != len(names):
            raise ValueError(
                "`names` must be one or more different names, with a threshold for "
                f"each, got {names!r} and {thresholds!r}."
            )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "thresholds", thresholds)

    @property
    def metrics(self) -> tuple[Any, ...]:
        return (keras.metrics.BinaryAccuracy(name="accuracy"),)

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Multilabel | None":
        if not {"probabilities", "labels"} <= outputs.keys():
            return None
        shape = outputs["probabilities"].shape
        if shape.rank != 2 or outputs["labels"].shape.rank != 2:
            return None
        count = shape[1]
        names = description.get("label_names") or [str(n) for n in range(count or 0)]
        if len(names) != count:
            return None
        return cls(tuple(names), description.get("thresholds"))

    def get_config(self) -> dict[str, Any]:
        return {
            "target": self.name,
            "names": list(self.names),
            "thresholds": list(self.thresholds or ()),
        }

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        options = {"activation": "sigmoid", **options}
        count = len(self.names)
        return keras.layers.Dense(count, dtype="float32", name=self.head, **options)

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """The cross-entropy of each label, in the mean over labels and examples."""
        return CrossEntropy()

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "The augmentation mixes examples of one class each, and the target is any "
            "number of labels: leave out mixing and label smoothing."
        )

    def check_dataset(self, dataset: Any) -> None:
        if dataset.label_names != self.names:
            found = ", ".join(dataset.label_names) or "no such labels"
            raise InputError(
                f"The model answers with the labels {', '.join(self.names)}; "
                f"{dataset.name} has {found}."
            )

    def description(self) -> dict[str, Any]:
        return {
            "target": self.name,
            "label_names": list(self.names),
            "thresholds": list(self.thresholds or ()),
        }

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        probabilities = operations.as_float32(outputs)
        return {
            "probabilities": probabilities,
            "labels": probabilities >= np.array(self.thresholds, "float32"),
        }

    def with_thresholds(
        self, probabilities: np.ndarray, true: np.ndarray
    ) -> "Multilabel":
        r"""The same target with the thresholds of the best $F_1$ of each label.

        The candidates are the probabilities of the examples; of equal scores, the one
        nearest to ½ is taken. A label that no example has keeps its threshold.

        Args:
            probabilities: Predicted probabilities `(n, labels)`.
            true: Zeros and ones `(n, labels)`.

        >>> target = Multilabel(("red",))
        >>> target.with_thresholds(np.array([[0.1], [0.2], [0.3]]), [[0], [1], [1]])
        Multilabel(names=('red',), thresholds=(0.2,))
        """
        pairs = zip(
            np.asarray(probabilities, "float64").T,
            np.asarray(true).T > 0,
            self.thresholds or (),
            strict=True,
        )
        chosen = tuple(
            _best_threshold(scores, marks) if marks.any() else kept
            for scores, marks, kept in pairs
        )
        return dataclasses.replace(self, thresholds=chosen)

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        expected, found = own["probabilities"], served["probabilities"]
        if found.shape != expected.shape or served["labels"].shape != expected.shape:
            return (
                f"gave the shape {found.shape} where the model gives {expected.shape}"
            )
        wrong = np.argwhere(~(np.abs(found - expected) <= tolerance))
        if len(wrong):
            row, column = wrong[0]
            return (
                f"gave {found[row, column]:.6g} where the model gives "
                f"{expected[row, column]:.6g} (example {row}, label "
                f"{self.names[column]!r}, allowed difference {tolerance:.2g})"
            )
        right = found >= np.array(self.thresholds, "float32")
        if not np.array_equal(served["labels"], right):
            return "gave labels that do not follow from its probabilities"
        return None


def _best_threshold(scores: np.ndarray, marks: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(marks[order])
    f1 = 2 * hits / (np.arange(1, len(marks) + 1) + marks.sum())
    # Equal scores are on one side of every threshold.
    last = np.append(np.diff(scores[order]) != 0, True)
    best = np.flatnonzero(last & (f1 >= f1[last].max() - 1e-12))
    candidates: Sequence[float] = scores[order][best].tolist()
    return min(candidates, key=lambda value: abs(value - 0.5))
