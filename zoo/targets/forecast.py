"""The next steps of one or several series."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from custom.arguments import finite, integer, positive, positive_integer
from custom.types import Tensor
from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.forecast_layers import ForecastHead, WindowScaling
from zoo.targets.numbers import conformal_margins, differing_numbers, standard_scale
from zoo.targets.operations import Operations
from zoo.targets.regression import StandardizedLoss, is_linear_with_loss_of_numbers


@dataclasses.dataclass(frozen=True)
class Forecast(Target):
    r"""The next `horizon` steps of some columns, in their own units.

    An input is a window of raw numbers, `(window, features)`: the columns to predict,
    other columns, and columns known in advance, such as the hour of the day. With
    `known` columns the window has `horizon` more rows, which hold them alone; what is
    in the other columns of these rows is not read. The model scales the window, and
    predicts how far the next steps are from the last value.

    The signature has the output `values`, float32 `[n, horizon]`, of several columns
    `[n, horizon, columns]`, and `lower` and `upper` of the same shape if the model has
    learned an interval.

    Attributes:
        names: A name for each column to predict; they come first in a window.
        horizon: Steps to predict.
        window: Steps to predict from.
        center: Mean of each column of a window, in the training part.
        scale: Standard deviation of each column; of those to predict, from the last
            value of their window.
        spread: Standard deviation of the next steps from the last value, for each
            column to predict.
        naive_errors: Mean absolute error of the forecast of one step by the value a
            season ago, for each column to predict, in the training part: the unit of
            the MASE. Hyndman and Koehler 2006.
        known: Number of columns known in advance; they come last in a window.
        season: Steps in a season; 1 for none.
        margins: How far the interval reaches to each side, in steps and columns;
            `None` without an interval.
        coverage: The share of new values that the interval is to hold.

    >>> from zoo.targets.operations import IN_NUMPY
    >>> target = Forecast(("load",), 2, 3, (0.0,), (1.0,), (1.0,), (1.0,))
    >>> target = target.with_margins([[5.0], [7.0]], 0.9)
    >>> answers = target.answers([[110.0, 120.0]], IN_NUMPY)
    >>> answers["lower"].tolist(), answers["upper"].tolist()
    ([[105.0, 113.0]], [[115.0, 127.0]])
    """

    names: tuple[str, ...]
    horizon: int
    window: int
    center: tuple[float, ...]
    scale: tuple[float, ...]
    spread: tuple[float, ...]
    naive_errors: tuple[float, ...]
    known: int = 0
    season: int = 1
    margins: tuple[tuple[float, ...], ...] | None = None
    coverage: float | None = None

    name: ClassVar[str] = "forecasting"
    head: ClassVar[str] = "forecaster"

    def __post_init__(self) -> None:
        def set_to(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        set_to("names", tuple(str(name) for name in self.names))
        for name in ("horizon", "window", "season"):
            set_to(name, positive_integer(name, getattr(self, name)))
        integer("known", self.known, 0)
        set_to("center", tuple(finite("center", each) for each in self.center))
        for name in ("scale", "spread", "naive_errors"):
            numbers = (positive(name, each) for each in getattr(self, name))
            set_to(name, tuple(numbers))
        if self.margins is not None:
            set_to("margins", tuple(tuple(map(float, row)) for row in self.margins))
        count, features = len(self.names), len(self.center)
        if (
            not 0 < count <= features - self.known
            or len(self.scale) != features
            or {len(self.spread), len(self.naive_errors)} != {count}
        ):
            raise ValueError(
                "`center` and `scale` must have one entry per column of a window, "
                "`names`, `spread` and `naive_errors` one per column to predict, got "
                f"{self!r}."
            )
        if self.known and self.window < self.horizon:
            raise ValueError(
                f"`window` {self.window} must be at least `horizon` {self.horizon} "
                "with columns known in advance."
            )

    @classmethod
    def measured(
        cls,
        names: Sequence[str],
        windows: np.ndarray,
        answers: np.ndarray,
        *,
        known: int = 0,
        season: int = 1,
    ) -> "Forecast":
        """The target whose numbers are those of training windows.

        Args:
            names: A name for each of the k columns to predict.
            windows: Windows `(n, steps, features)`, as the model takes them.
            answers: The steps that follow, `(n, horizon)` or `(n, horizon, k)`.
            known: Number of columns known in advance.
            season: Steps in a season, at most those of a window; 1 for none.
        """
        count, horizon = len(names), answers.shape[1]
        answers = np.asarray(answers, "float64").reshape(-1, horizon, count)
        steps = windows.shape[1] - (horizon if known else 0)
        past = np.asarray(windows[:, :steps], "float64")
        rows = past.reshape(-1, windows.shape[2])
        values = past[..., :count]
        last = values[:, -1:]
        change = standard_scale((values - last).reshape(-1, count), about=0.0)
        naive = np.abs(answers[:, 0] - values[:, -season]).mean(axis=0)
        return cls(
            names=tuple(names),
            horizon=horizon,
            window=steps,
            center=tuple(rows.mean(axis=0)),
            scale=(*change, *standard_scale(rows[:, count:])),
            spread=tuple(
                standard_scale((answers - last).reshape(-1, count), about=0.0)
            ),
            naive_errors=tuple(np.where(naive > 0, naive, change)),
            known=known,
            season=season,
        )

    @classmethod
    def from_model(cls, model: keras.Model) -> "Forecast | None":
        """The target of a user's own model that gives steps of several columns."""
        shape = model.outputs[0].shape
        if len(shape) != 3 or None in shape[1:]:
            return None
        if len(model.inputs) != 1 or not is_linear_with_loss_of_numbers(model):
            return None
        return cls._plain(tuple(map(str, range(shape[2]))), *model_window(model, shape))

    @classmethod
    def _plain(
        cls, names: Sequence[str], horizon: int, window: int, features: int
    ) -> "Forecast":
        """The target of a model of which nothing is known but its shapes."""
        ones = (1.0,) * len(names)
        features = max(features, len(names))
        return cls(
            *(tuple(names), horizon, window, (0.0,) * features, (1.0,) * features),
            *(ones, ones),
        )

    @classmethod
    def from_served(
        cls, outputs: dict[str, Any], description: dict[str, Any]
    ) -> "Forecast | None":
        if description.get("target") != cls.name or "values" not in outputs:
            return None
        arguments = {key: description[key] for key in cls._described}
        has_interval = "lower" in outputs and "upper" in outputs
        if has_interval:  # The graph computes it; its margins are not known here.
            rows = (math.nan,) * len(arguments["names"])
            arguments["margins"] = (rows,) * arguments["horizon"]
        return cls(**arguments)

    _described: ClassVar[tuple[str, ...]] = (
        *("names", "horizon", "window", "center", "scale", "spread", "naive_errors"),
        *("known", "season", "coverage"),
    )

    @property
    def metrics(self) -> tuple[Any, ...]:
        return "mae", keras.metrics.RootMeanSquaredError(name="rmse")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one answer."""
        steps = (self.horizon,)
        return steps if len(self.names) == 1 else (*steps, len(self.names))

    def with_margins(
        self, margins: Sequence[Sequence[float]], coverage: float
    ) -> "Forecast":
        """The same target with an interval; see `margins_of`."""
        rows = tuple(tuple(row) for row in margins)
        return dataclasses.replace(self, margins=rows, coverage=coverage)

    def cut(self) -> dict[str, int]:
        """How `recipes.load` cuts series into windows for the model."""
        return {"window": self.window, "horizon": self.horizon, "season": self.season}

    def get_config(self) -> dict[str, Any]:
        plain = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(self).items()
        }
        if self.margins is not None:
            plain["margins"] = [list(row) for row in self.margins]
        return {"target": self.name, **plain}

    def _scaling(self) -> WindowScaling:
        return WindowScaling(
            *(self.window, self.horizon, len(self.names), self.known),
            *(self.center, self.scale),
            dtype="float32",
            name="scaled_window",
        )

    def first_layers(self) -> list[keras.layers.Layer]:
        return [self._scaling()]

    def last_layer(self, **options: Any) -> keras.layers.Layer:
        return ForecastHead(
            self._scaling(), self.spread, dtype="float32", name=self.head, **options
        )

    def outputs(
        self, head: keras.layers.Layer, features: Tensor, inputs: Tensor
    ) -> Tensor:
        return head([features, inputs])

    def loss(self, soft: bool = False) -> keras.losses.Loss:
        """The mean absolute error in standard units, which the MASE measures too.

        It took the MASE of sunspots from 1.41, with squared errors, to 1.08.
        """
        return self.standardized(keras.losses.MeanAbsoluteError())

    def standardized(self, loss: Any) -> StandardizedLoss:
        """A loss of values in their own units, which are standardised first."""
        count = len(self.names)
        return StandardizedLoss(loss, self.center[:count], self.spread)

    def check_soft(self, compiled_loss: str | None) -> None:
        raise InputError(
            "The augmentation mixes the classes of examples, and the target is the "
            "next steps of a series: leave out mixing and label smoothing."
        )

    def check_dataset(self, dataset: Any) -> None:
        part = dataset.train if len(dataset.train) else dataset.test
        found = getattr(part, "horizon", None), len(dataset.value_names)
        if found != (self.horizon, len(self.names)):
            raise InputError(
                f"The model predicts {self.horizon} steps of {', '.join(self.names)}; "
                f"{dataset.name} has {', '.join(dataset.value_names) or 'classes'}"
                + (f" and a horizon of {found[0]}." if found[0] else ".")
            )

    def description(self) -> dict[str, Any]:
        config = self.get_config()
        described = {key: config[key] for key in self._described}
        return {"target": self.name, **described}

    def answers(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        values = operations.as_float32(outputs)
        if self.margins is None:
            return {"values": values}
        margins = np.array(self.margins, "float32").reshape(self.shape)
        return {
            "values": values,
            "lower": values - margins,
            "upper": values + margins,
        }

    def margins_of(
        self, predicted: np.ndarray, true: np.ndarray, coverage: float
    ) -> np.ndarray | None:
        """Margins `(horizon, columns)`, each by split conformal prediction.

        The windows of a series overlap, so the share of new values in the interval is
        about `coverage`, and less if the series changes; see `conformal_margins`.

        Args:
            predicted: Predictions, as `answers` has them.
            true: The values.
            coverage: In (0, 1).

        Returns:
            The margins, or `None` if there are too few windows for `coverage`.
        """
        errors = np.asarray(true, "float64") - np.asarray(predicted, "float64")
        errors = np.abs(errors).reshape(len(errors), self.horizon, len(self.names))
        return conformal_margins(errors, coverage)

    def difference(
        self,
        served: dict[str, np.ndarray],
        own: dict[str, np.ndarray],
        tolerance: float,
    ) -> str | None:
        scale = np.array(self.scale[: len(self.names)])
        return differing_numbers(served, own, tolerance, scale, "window")


def model_window(
    model: keras.Model, shape: tuple[int | None, ...]
) -> tuple[int, int, int]:
    """Horizon, window and features of a model with outputs of this shape."""
    _, window, features = (*model.inputs[0].shape, 1)[:3]
    return int(shape[1] or 1), int(window or 1), int(features or 1)
