"""One of several classes for each example."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from custom.activations import sign
from custom.arguments import names, one_of, positive_integer
from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.operations import Operations

HEAD = "classifier"  # name of the last layer in every family that has a dense one


@dataclasses.dataclass(frozen=True)
class Ending:
    """One way in which the last layer of a classifier ends.

    Attributes:
        activation: Activation of the last layer.
        probabilities: How its outputs become a probability for each class.
        single: Whether one unit stands for two classes.
        from_logits: Whether a loss gets logits instead of probabilities.
    """

    activation: str | Callable | None
    probabilities: Callable[[Any, Operations], Any]
    single: bool = False
    from_logits: bool = False


# By the name of the activation function.
ENDINGS = {
    "softmax": Ending("softmax", lambda p, _: p),
    "linear": Ending(None, lambda logits, to: to.softmax(logits), from_logits=True),
    "sigmoid": Ending("sigmoid", lambda p, to: to.with_complement(p), single=True),
    "sign": Ending(sign, lambda o, to: to.with_complement((1 + o) / 2), single=True),
}


@dataclasses.dataclass(frozen=True)
class Multiclass(Target):
    """One of several classes for each example.

    A target is the number of the class. A soft target is a probability for each
    class, as mixing examples and label smoothing give it.

    The signature has the outputs `probabilities`, float32 `[n, classes]`, `label`,
    int64 `[n]`, and `class_name`, string `[n]`.

    Attributes:
        num_classes: Number of classes.
        class_names: A name for each class, or `None` if they have only numbers.
        activation: Activation of the last layer: `"softmax"`; `"linear"` for logits;
            with one unit for two classes, `"sigmoid"` p for 1 − p and p, or the
            perceptron's `"sign"` −1 and +1.

    >>> from zoo.targets.operations import IN_NUMPY
    >>> target = Multiclass(2, ("cat", "dog"), "linear")
    >>> answers = target.answers([[0.0, 0.0], [0.0, 800.0]], IN_NUMPY)
    >>> answers["probabilities"].tolist(), answers["class_name"].tolist()
    ([[0.5, 0.5], [0.0, 1.0]], ['cat', 'dog'])
    """

    num_classes: int
    class_names: tuple[str, ...] | None = None
    activation: str = "softmax"

    name: ClassVar[str] = "multiclass"
    head: ClassVar[str] = HEAD

    @property
    def metrics(self) -> tuple[Any, ...]:
        return ("accuracy",)

    @classmethod
    def from_arguments(
        cls,
        num_classes: int,
        class_names: Sequence[str] | None = None,
        classifier_activation: str | None = "softmax",
    ) -> "Multiclass":
        """The target for a model's constructor arguments of these names."""
        num_classes = positive_integer("num_classes", num_classes)
        if num_classes < 2:
            raise ValueError("`num_classes` must be at least 2, got 1.")
        one_of("classifier_activation", classifier_activation, ("softmax", None))
        if class_names is not None:
            class_names = names("class_names", class_names)
            if len(class_names) != num_classes:
                raise ValueError(
                    f"`class_names` has {len(class_names)} names for "
                    f"{num_classes} classes; give one name per class."
                )
        return cls(num_classes, class_names, classifier_activation or "linear")

    @classmethod
    def from_model(cls, model: keras.Model) -> "Multiclass":
        """The target of a Keras model, by the last layer that gives its output."""
        shape = model.outputs[0].shape
        if len(shape) != 2 or shape[1] is None:
            raise InputError(
                f"The model {model.name!r} is not a classifier: its output has shape "
                f"{tuple(shape)} where (batch, classes) is needed."
            )
        name, units = last_activation(model), shape[1]
        if name not in ENDINGS or ENDINGS[name].single != (units == 1):
            raise InputError(
                f"The model {model.name!r} ends in {name!r} with {units} output"
                f"{'s' * (units > 1)}, which does not give class probabilities: end it "
                "in a softmax, in logits (no activation), or in a single sigmoid."
            )
        return cls(max(units, 2), activation=name)

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Multiclass | None":
        output = outputs.get("probabilities")
        if output is None or output.shape.rank != 2:
            return None
        if output.shape[1] is None or output.shape[1] < 2:
            return None
        names = description.get("class_names")
        if description.get("class_names_given") is False:
            names = None
        return cls.from_arguments(output.shape[1], names)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each class; its number where it has none."""
        return self.class_names or tuple(map(str, range(self.num_classes)))

    @property
    def ending(self) -> Ending:
        return ENDINGS[self.activation]

    def arguments(self) -> dict[str, Any]:
        return {
            "target": None,
            "num_classes": self.num_classes,
            "class_names": self.class_names,
        }

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        # A float16 softmax would lose the small probabilities that the loss needs.
        units = 1 if self.ending.single else self.num_classes
        options = {"activation": self.ending.activation, **options}
        return keras.layers.Dense(units, dtype="float32", name=HEAD, **options)

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        if self.activation == "sigmoid":
            return keras.losses.BinaryCrossentropy()
        if self.activation == "sign":  # Takes 0 and 1 for −1 and +1, as labels are.
            return keras.losses.Hinge()
        if soft:
            return keras.losses.CategoricalCrossentropy(self.ending.from_logits)
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=self.ending.from_logits
        )

    def check_soft(self, compiled_loss: str | None) -> None:
        if self.ending.single:
            raise InputError(
                "The augmentation gives a probability for each class, and the model "
                f"ends in a single {self.activation}: end it in a softmax of two, or "
                "leave out mixing and label smoothing."
            )
        if "sparse" in (compiled_loss or ""):
            raise InputError(
                f"The augmentation gives targets as probabilities; the model's loss "
                f"{compiled_loss!r} takes class numbers. Compile it with "
                "'categorical_crossentropy', or leave out mixing and label smoothing."
            )

    def description(self) -> dict[str, Any]:
        described: dict[str, Any] = {"class_names": list(self.names)}
        # Version 0.1.0 does not say so: its names count as given.
        return (
            described if self.class_names else {**described, "class_names_given": False}
        )

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        outputs = operations.as_float32(outputs)
        probabilities = self.ending.probabilities(outputs, operations)
        probabilities = operations.as_float32(probabilities)
        label = operations.argmax(probabilities)
        return {
            "probabilities": probabilities,
            "label": label,
            "class_name": operations.names_at(self.names, label),
        }

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        expected, probabilities = own["probabilities"], served["probabilities"]
        label = served["label"]
        names = [name.decode() for name in served["class_name"].tolist()]
        count = len(expected)
        shapes = (probabilities.shape, label.shape, (len(names),))
        if shapes != (expected.shape, (count,), (count,)):
            return (
                f"gave shapes {shapes[0]}, {shapes[1]} and {shapes[2]} for {count} "
                f"inputs and {self.num_classes} classes"
            )
        differences = np.abs(probabilities - expected)
        wrong = np.argwhere(~(differences <= tolerance))  # NaN counts as wrong.
        if len(wrong):
            row, column = max(wrong, key=lambda at: np.nan_to_num(differences[*at]))
            return (
                f"gave {probabilities[row, column]:.6g} where the model gives "
                f"{expected[row, column]:.6g} (example {row}, class "
                f"{self.names[column]!r}, allowed difference {tolerance:.2g})"
            )
        # Of two classes that rounding cannot tell apart, either may be the answer,
        # but the three outputs agree with each other.
        if not np.array_equal(label, probabilities.argmax(axis=1)):
            return (
                f"gave labels {label.tolist()} for its most probable classes "
                f"{probabilities.argmax(axis=1).tolist()}"
            )
        right = [self.names[index] for index in label]
        if names != right:
            return f"gave class names {names} where {right} are right"
        return None

    def check_dataset(self, dataset: Any) -> None:
        """Refuses a data set with another number of classes."""
        others = dataset.value_names or dataset.label_names
        if dataset.task == "sequence_labelling":
            others = ("a class at each step",)
        if others:
            raise InputError(
                f"The model answers with classes; {dataset.name} asks for "
                f"{', '.join(others)}."
            )
        if self.num_classes != dataset.num_classes:
            raise InputError(
                f"The model knows {self.num_classes} classes; {dataset.name} has "
                f"{dataset.num_classes}."
            )

    def order(self, dataset: Any) -> list[int]:
        """The index that each class of a data set has in the model.

        Classes are matched by name. If only one side was given names, and the other
        has made its own of numbers that occur among none of them, the numbers are the
        positions of the names.
        """
        names, others = self.names, dataset.class_names
        unknown = [name for name in others if name not in names]
        is_one_made = (self.class_names is None) == dataset.names_given
        if len(unknown) == len(others) == len(names) and is_one_made:
            return list(range(len(names)))
        if unknown:
            raise InputError(
                f"{dataset.name} has the class {unknown[0]!r}, which the model does "
                f"not know; it knows {', '.join(names[:10])}"
                f"{', …' * (len(names) > 10)}."
            )
        return [names.index(name) for name in others]


def compiled_loss(model: keras.Model) -> Any:
    """The one loss that a model, or the file that it was read from, was compiled with.

    A function or an object; `None` if there is none, or it is not registered here.
    """
    loss = model.loss if model.compiled else getattr(model, "loss_in_file", None)
    if isinstance(loss, dict) and "class_name" not in loss:
        loss = [*loss.values()]
    if isinstance(loss, list | tuple):
        loss = loss[0] if len(loss) == 1 else None
    try:
        return keras.losses.get(loss)
    except (TypeError, ValueError):
        return None


def last_operation(model: keras.Model) -> Any:
    """The layer or operation that gives a model's output, also inside of a model."""
    operation = model
    while isinstance(operation, keras.Model):
        operation = operation.outputs[0]._keras_history.operation
    return operation


def last_activation(model: keras.Model) -> str:
    """The name of the activation that gives a model's output."""
    layer = last_operation(model)
    activation = getattr(layer, "activation", None)
    # Without one: a layer such as `Softmax`, or the operation `keras.ops.softmax`.
    return getattr(activation, "__name__", type(layer).__name__.lower())
