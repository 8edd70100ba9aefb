"""One of several classes at each step of a sequence."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.multiclass import HEAD, Multiclass, last_activation
from zoo.targets.operations import Operations
from zoo.targets.step_means import MeanOverSteps, accuracy_over_steps

NO_LABEL = -1  # the label of padding
ENDINGS = ("softmax", "linear")


@dataclasses.dataclass(frozen=True)
class SequenceLabels(Target):
    """One of several classes at each step of a sequence.

    A target is the number of a class for each step, `(n, time)`.

    The signature has the outputs `probabilities`, float32 `[n, time, classes]`,
    `label`, int64 `[n, time]`, `class_name`, string `[n, time]`, and `lengths`, int64
    `[n]`: the number of real steps. After them the probabilities are 0, the label is
    −1 and the name is empty.

    Attributes:
        num_classes: Number of classes.
        class_names: A name for each class, or `None` if they have only numbers.
        activation: Activation of the last layer: `"softmax"`, or `"linear"` for logits.

    >>> from zoo.targets.operations import IN_NUMPY
    >>> target = SequenceLabels(2, ("noun", "verb"))
    >>> outputs = np.array([[[0.9, 0.1], [0.2, 0.8]]])
    >>> target.answers(outputs, IN_NUMPY, np.array([[True, False]]))["label"].tolist()
    [[0, -1]]
    """

    num_classes: int
    class_names: tuple[str, ...] | None = None
    activation: str = "softmax"

    name: ClassVar[str] = "sequence_labelling"
    head: ClassVar[str] = HEAD

    def __post_init__(self) -> None:
        activation = None if self.activation == "linear" else self.activation
        checked = Multiclass.from_arguments(
            self.num_classes, self.class_names, activation
        )
        object.__setattr__(self, "num_classes", checked.num_classes)
        object.__setattr__(self, "class_names", checked.class_names)

    @property
    def of_step(self) -> Multiclass:
        """The target of one step."""
        return Multiclass(self.num_classes, self.class_names, self.activation)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each class; its number where it has none."""
        return self.of_step.names

    @property
    def metrics(self) -> tuple[Any, ...]:
        return (accuracy_over_steps(),)

    @classmethod
    def of_classes(cls, target: Multiclass) -> "SequenceLabels":
        """The target that asks at each step what `target` asks once."""
        return cls(target.num_classes, target.class_names, target.activation)

    @classmethod
    def from_model(cls, model: keras.Model) -> "SequenceLabels | None":
        """The target of a user's own model with an output `(batch, time, classes)`."""
        shape, before = model.outputs[0].shape, model.inputs[0].shape
        has_steps = len(before) in (2, 3) or model.inputs[0].dtype == "string"
        if len(shape) != 3 or not has_steps or (shape[2] or 0) < 2:
            return None
        name = last_activation(model)
        if name not in ENDINGS:
            raise InputError(
                f"The model {model.name!r} ends in {name!r}, which does not give class "
                "probabilities at each step: end it in a softmax, or in logits (no "
                "activation)."
            )
        return cls(shape[2], activation=name)

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "SequenceLabels | None":
        output = outputs.get("probabilities")
        if output is None or "lengths" not in outputs or output.shape.rank != 3:
            return None
        count, names = output.shape[2], description.get("class_names")
        if description.get("class_names_given") is False:
            names = None
        return None if count is None else cls(count, names and tuple(names))

    def arguments(self) -> dict[str, Any]:
        return self.of_step.arguments()

    def get_config(self) -> dict[str, Any]:
        return {"target": self.name, **dataclasses.asdict(self)}

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        return self.of_step.last_layer(**options)

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """The cross-entropy of a step, in the mean over the real steps."""
        return MeanOverSteps(self.of_step.loss(soft))

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "The augmentation mixes examples of one class each, and here each step has "
            "a class: leave out mixing and label smoothing."
        )

    def check_dataset(self, dataset: Any) -> None:
        if dataset.task != self.name:
            raise InputError(
                "The model answers with a class at each step of a sequence; the task "
                f"of {dataset.name} is {dataset.task}."
            )
        self.order(dataset)

    def order(self, dataset: Any) -> list[int]:
        """The index that each class of a data set has in the model."""
        return self.of_step.order(dataset)

    def description(self) -> dict[str, Any]:
        return {"target": self.name, **self.of_step.description()}

    def answers(
        self, outputs: Any, operations: Operations, real: Any = None
    ) -> dict[str, Any]:
        """What outputs `(n, time, classes)` mean; `real` says which steps are real."""
        found = self.of_step.answers(outputs, operations)
        label = found["label"]
        if real is None:
            real = label >= 0
        kept = operations.where(real[..., None], found["probabilities"], 0.0)
        return {
            "probabilities": kept,
            "label": operations.where(real, label, NO_LABEL),
            "class_name": operations.where(real, found["class_name"], ""),
            "lengths": operations.count(real),
        }

    def joined(self, batches: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
        steps = max(np.shape(batch["label"])[1] for batch in batches)
        return super().joined(
            [
                {name: _padded(name, np.asarray(each[name]), steps) for name in each}
                for each in batches
            ]
        )

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        if served["probabilities"].shape != own["probabilities"].shape:
            return (
                f"gave the shape {served['probabilities'].shape} where the model gives "
                f"{own['probabilities'].shape}"
            )
        if not np.array_equal(served["lengths"], own["lengths"]):
            return (
                f"gave the lengths {served['lengths'].tolist()} where the model gives "
                f"{own['lengths'].tolist()}"
            )
        real = own["label"] != NO_LABEL
        if (served["probabilities"][~real] != 0).any():
            return "gave probabilities that are not 0 at padding"
        found, expected = (
            {name: each[name][real] for name in _OF_STEPS} for each in (served, own)
        )
        return self.of_step.difference(found, expected, tolerance)


_OF_STEPS = ("probabilities", "label", "class_name")


def _padded(name: str, array: np.ndarray, steps: int) -> np.ndarray:
    """The output of this name with as many steps as that of another batch."""
    if name not in _OF_STEPS or array.shape[1] == steps:
        return array
    blank: Any = {"probabilities": 0.0, "label": NO_LABEL}.get(name)
    if blank is None:
        blank = "" if array.dtype.kind == "U" else b""
    longer = np.full((len(array), steps, *array.shape[2:]), blank, array.dtype)
    longer[:, : array.shape[1]] = array
    return longer
