"""One or several numbers for each example."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from custom.arguments import finite, one_of, positive, probability
from custom.losses import HalfSumSquaredError
from custom.types import Tensor
from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.multiclass import compiled_loss, last_activation
from zoo.targets.numbers import conformal_margins, differing_numbers, standard_scale
from zoo.targets.operations import Operations

TRANSFORMS = (None, "log")
# Losses of numbers, which a linear layer gives. A softmax may have them as well.
OF_NUMBERS = (
    keras.losses.CosineSimilarity,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Poisson,
    HalfSumSquaredError,
)
NAMES_OF_NUMBERS = {cls.__name__.lower() for cls in OF_NUMBERS}  # of the functions
TINY = float(np.finfo("float32").tiny)


@dataclasses.dataclass(frozen=True)
class Regression(Target):
    r"""One or several numbers for each example, in their own units.

    The last layer computes $z$ in standard units and returns $y = \sigma z + \mu$, so
    predictions, metrics and exports are in the unit of the data, and training does not
    depend on that unit. With `transform="log"`, $\ln y$ is standardised instead, and
    the last layer returns $y = e^{\sigma z + \mu}$: right for positive numbers whose
    errors are a percentage, such as prices.

    The signature has the output `values`, float32 `[n, numbers]`, and `lower` and
    `upper` of the same shape if the model has learned an interval.

    Attributes:
        names: A name for each number.
        center: $\mu$ of each number.
        scale: $\sigma$ of each number, above 0.
        transform: `None` or `"log"`.
        margins: How far the interval reaches to each side of each number; with
            `"log"`, the logarithm of the factor. `None` without an interval.
        coverage: The share of new examples that the interval is to hold.

    >>> from zoo.targets.operations import IN_NUMPY
    >>> target = Regression(("price",), (100.0,), (20.0,)).with_margins([5.0], 0.9)
    >>> answers = target.answers([[110.0]], IN_NUMPY)
    >>> {name: values.tolist() for name, values in answers.items()}
    {'values': [[110.0]], 'lower': [[105.0]], 'upper': [[115.0]]}
    """

    names: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    transform: str | None = None
    margins: tuple[float, ...] | None = None
    coverage: float | None = None

    name: ClassVar[str] = "regression"
    head: ClassVar[str] = "regressor"

    @property
    def metrics(self) -> tuple[Any, ...]:
        return "mae", keras.metrics.RootMeanSquaredError(name="rmse")

    def __post_init__(self) -> None:
        def set_to(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        set_to("names", tuple(str(name) for name in self.names))
        set_to("center", tuple(finite("center", each) for each in self.center))
        set_to("scale", tuple(positive("scale", each) for each in self.scale))
        one_of("transform", self.transform, TRANSFORMS)
        if self.margins is not None:
            set_to("margins", tuple(float(each) for each in self.margins))
            probability("coverage", self.coverage)
        counts = {len(self.names), len(self.center), len(self.scale)}
        counts |= set() if self.margins is None else {len(self.margins)}
        if len(counts) > 1 or not self.names:
            raise ValueError(
                "`names`, `center`, `scale` and `margins` must have one entry per "
                f"number, got {self!r}."
            )

    @classmethod
    def measured(
        cls, names: Sequence[str], values: np.ndarray, transform: str | None = None
    ) -> "Regression":
        """The target whose `center` and `scale` are those of training values `(n, k)`.

        Raises:
            InputError: If `transform` is `"log"` and a value is not above 0.
        """
        one_of("transform", transform, TRANSFORMS)
        values = np.asarray(values, "float64").reshape(len(values), -1)
        if transform == "log":
            wrong = values[values <= 0]
            if len(wrong):
                raise InputError(
                    f"`transform` 'log' needs values above 0, got {wrong[0]:g}: leave "
                    "it out, or add a constant to the values."
                )
            values = np.log(values)
        scale = tuple(standard_scale(values))
        return cls(tuple(names), tuple(values.mean(axis=0)), scale, transform=transform)

    @classmethod
    def from_model(cls, model: keras.Model) -> "Regression | None":
        """The target of a user's own model, whose loss says that it gives numbers."""
        shape = model.outputs[0].shape
        if len(shape) != 2 or not is_linear_with_loss_of_numbers(model):
            return None
        count = shape[1]
        return cls(tuple(map(str, range(count))), (0.0,) * count, (1.0,) * count)

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Regression | None":
        output = outputs.get("values")
        if description.get("target", cls.name) != cls.name:
            return None
        if output is None or output.shape.rank != 2 or not output.shape[1]:
            return None
        count = output.shape[1]
        names = description.get("value_names") or map(str, range(count))
        unit = (0.0,) * count, (1.0,) * count
        if "lower" not in outputs or "upper" not in outputs:
            return cls(tuple(names), *unit)
        # The graph computes the interval; its margins are not known here.
        coverage = description.get("coverage")
        margins = (math.nan,) * count
        return cls(tuple(names), *unit, margins=margins, coverage=coverage or 0.0)

    def with_margins(self, margins: Sequence[float], coverage: float) -> "Regression":
        """The same target with an interval; see `zoo.targets.regression.margins_of`."""
        return dataclasses.replace(self, margins=tuple(margins), coverage=coverage)

    def get_config(self) -> dict[str, Any]:
        plain = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(self).items()
        }
        return {"target": self.name, **plain}

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        return RegressionHead(
            self.center,
            self.scale,
            self.transform,
            dtype="float32",
            name=self.head,
            **options,
        )

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """Half the sum of squared errors in standard units, in the mean of a batch."""
        return self.standardized(HalfSumSquaredError(reduction="sum_over_batch_size"))

    def standardized(self, loss: Any) -> "StandardizedLoss":
        """A loss of values in their own units, which are standardised first."""
        return StandardizedLoss(loss, self.center, self.scale, self.transform)

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "The augmentation mixes the classes of examples, and the target is "
            "numbers: leave out mixing and label smoothing."
        )

    def check_dataset(self, dataset: Any) -> None:
        if len(dataset.value_names) != len(self.names):
            found = ", ".join(dataset.value_names) or "classes"
            raise InputError(
                f"The model answers with {', '.join(self.names)}; {dataset.name} has "
                f"{found}."
            )

    def description(self) -> dict[str, Any]:
        return {
            "target": self.name,
            "value_names": list(self.names),
            "coverage": self.coverage,
        }

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        values = operations.as_float32(outputs)
        if self.margins is None:
            return {"values": values}
        margins = np.array(self.margins, "float32")
        if self.transform == "log":
            bounds = values * np.exp(-margins), values * np.exp(margins)
        else:
            bounds = values - margins, values + margins
        return {"values": values, "lower": bounds[0], "upper": bounds[1]}

    def margins_of(
        self, predicted: np.ndarray, true: np.ndarray, coverage: float
    ) -> tuple[float, ...] | None:
        """Margins by split conformal prediction; see `conformal_margins`.

        Args:
            predicted: Predictions `(n, k)`.
            true: The values `(n, k)`.
            coverage: In (0, 1).

        Returns:
            The margins, or `None` if there are too few examples for `coverage`.

        >>> target = Regression(("y",), (0.0,), (1.0,))
        >>> errors = np.arange(1.0, 10.0)[:, None]
        >>> target.margins_of(np.zeros((9, 1)), errors, 0.8)
        (8.0,)
        """
        errors = np.abs(self._linear(true) - self._linear(predicted))
        margins = conformal_margins(errors, coverage)
        return None if margins is None else tuple(margins.tolist())

    def _linear(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, "float64")
        return np.log(np.maximum(values, TINY)) if self.transform == "log" else values

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        return differing_numbers(
            served, own, tolerance, np.array(self.scale), "example"
        )


def is_linear_with_loss_of_numbers(model: keras.Model) -> bool:
    """Whether a user's own model ends in a linear layer, and its loss is of numbers."""
    loss = compiled_loss(model)
    name = getattr(loss, "__name__", "").replace("_", "")
    is_ours = isinstance(loss, OF_NUMBERS) or name in NAMES_OF_NUMBERS
    return is_ours and last_activation(model) == "linear"


@keras.saving.register_keras_serializable(package="zoo")
class RegressionHead(keras.layers.Dense):
    r"""A dense layer whose outputs are numbers in the unit of the data.

    $$y = \sigma\,(W x + b) + \mu, \qquad \text{or with } \texttt{"log"} \quad
    y = e^{\sigma\,(W x + b) + \mu}$$

    Args:
        center: $\mu$ of each output.
        scale: $\sigma$ of each output.
        transform: `None` or `"log"`.
        **options: Options of `keras.layers.Dense`.
    """

    def __init__(
        self,
        center: Sequence[float],
        scale: Sequence[float],
        transform: str | None = None,
        **options: Any,
    ) -> None:
        options.pop("units", None)
        super().__init__(len(center), **options)
        self.center, self.scale = list(center), list(scale)
        self.transform = one_of("transform", transform, TRANSFORMS)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        outputs = super().call(inputs, training)
        outputs = outputs * ops.array(self.scale, outputs.dtype)
        outputs = outputs + ops.array(self.center, outputs.dtype)
        return ops.exp(outputs) if self.transform == "log" else outputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "center": self.center,
            "scale": self.scale,
            "transform": self.transform,
        }


@keras.saving.register_keras_serializable(package="zoo")
class StandardizedLoss(keras.losses.Loss):
    """A loss that compares numbers in standard units instead of their own.

    Args:
        loss: The loss, as an object or a function.
        center: Subtracted from each number.
        scale: Each number is divided by it then.
        transform: `"log"` takes the logarithms of the numbers first.
        name: Name of the loss. Default: that of `loss`.
    """

    def __init__(
        self,
        loss: Any,
        center: Sequence[float],
        scale: Sequence[float],
        transform: str | None = None,
        name: str | None = None,
    ) -> None:
        loss = keras.losses.get(loss)
        is_object = isinstance(loss, keras.losses.Loss)
        super().__init__(
            name=name or (loss.name if is_object else loss.__name__),
            reduction=loss.reduction if is_object else "sum_over_batch_size",
        )
        self.loss, self._formula = loss, loss.call if is_object else loss
        self.center, self.scale = list(center), list(scale)
        self.transform = one_of("transform", transform, TRANSFORMS)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = keras.tree.map_structure(self._standardized, (y_true, y_pred))
        return self._formula(y_true, y_pred)

    def _standardized(self, values: Tensor) -> Tensor:
        if self.transform == "log":
            values = ops.log(ops.maximum(values, TINY))
        center = ops.array(self.center, values.dtype)
        return (values - center) / ops.array(self.scale, values.dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "loss": keras.losses.serialize(self.loss),
            "center": self.center,
            "scale": self.scale,
            "transform": self.transform,
            "name": self.name,
        }
