"""Scores of forecasts, for each step of the horizon, beside simple forecasts."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.windows import Windows
from recipes.reports.baselines import as_good
from zoo.errors import InputError

if TYPE_CHECKING:  # These load TensorFlow.
    from zoo.targets import Forecast
    from zoo.trained_model import TrainedModel

MEASURED = 5_000  # windows from which the scale of a forecast is measured, at most
ROWS = 24  # of the printed table of a column, at most
NAIVE, SEASONAL, LINEAR = "naive forecast", "seasonal naive forecast", "linear model"


@dataclasses.dataclass(frozen=True)
class ColumnScore:
    """Scores of the forecasts of one column.

    Each tuple has an entry for each step of the horizon.

    Attributes:
        name: Name of the column.
        mae: Mean absolute error, in the column's unit.
        rmse: Root of the mean squared error, in the column's unit.
        mase: Mean absolute scaled error: `mae` over the mean absolute error that the
            forecast of one step by the value a season ago has in the training part.
        coverage: Share of values in the interval; empty without an interval.
        baselines: MASE of each simple forecast, by its name.
    """

    name: str
    mae: tuple[float, ...]
    rmse: tuple[float, ...]
    mase: tuple[float, ...]
    coverage: tuple[float, ...]
    baselines: dict[str, tuple[float, ...]]


@dataclasses.dataclass(frozen=True)
class ForecastEvaluation:
    """Scores of forecasts on one part of a data set.

    Attributes:
        columns: Scores of each column.
        windows: Number of forecasts.
        season: Steps in a season; 1 for none.
        coverage: Share of values that the interval is to hold; `None` without one.
        note: Reason why the interval is missing, if one was requested.
    """

    columns: tuple[ColumnScore, ...]
    windows: int
    season: int
    coverage: float | None = None
    note: str | None = None

    def mean(self, score: str) -> float:
        """A score such as `"mae"`, in the mean over steps and columns."""
        return float(np.mean([getattr(column, score) for column in self.columns]))

    @property
    def mae(self) -> float:
        """Mean absolute error, in the mean over steps and columns."""
        return self.mean("mae")

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, over all steps, in the mean over columns."""
        squares = [np.square(column.rmse).mean() for column in self.columns]
        return float(np.sqrt(squares).mean())

    @property
    def mase(self) -> float:
        """Mean absolute scaled error, in the mean over steps and columns."""
        return self.mean("mase")

    @property
    def baselines(self) -> dict[str, float]:
        """MASE of each simple forecast, in the mean over steps and columns."""
        names = self.columns[0].baselines
        return {
            name: float(np.mean([column.baselines[name] for column in self.columns]))
            for name in names
        }

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        interval = None
        if self.coverage is not None:
            found = self.mean("coverage")
            interval = {"asked": self.coverage, "coverage": found}
        return {
            "mae": self.mae,
            "rmse": self.rmse,
            "mase": self.mase,
            "baselines": self.baselines,
            "windows": self.windows,
            "season": self.season,
            "columns": [dataclasses.asdict(column) for column in self.columns],
            "interval": interval,
            "note": self.note,
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table with a row for each step.

        A long horizon is shown by evenly spread steps.
        """
        names = list(self.columns[0].baselines)
        held = [] if self.coverage is None else ["interval holds"]
        header = ["step", "MAE", "RMSE", "MASE", *held]
        header += [f"MASE of the {name}" for name in names]
        rows = []
        for column in self.columns:
            horizon = len(column.mae)
            shown = np.linspace(0, horizon - 1, min(horizon, ROWS)).astype(int)
            title = f"{column.name} " if len(self.columns) > 1 else ""
            for step in shown.tolist():
                numbers = [f"{column.mae[step]:.4g}", f"{column.rmse[step]:.4g}"]
                numbers.append(f"{column.mase[step]:.3f}")
                numbers += [f"{column.coverage[step]:.1%}"] if held else []
                numbers += [f"{column.baselines[name][step]:.3f}" for name in names]
                rows.append([f"{title}{step + 1}", *numbers])
        return header, rows

    def summary(self, part: str) -> str:
        """The scores in one line, and a line for each better simple forecast."""
        lines = [
            f"{part} MASE {self.mase:.3f}, MAE {self.mae:.4g}, RMSE {self.rmse:.4g} in "
            f"{self.windows:,} forecasts"
        ]
        if self.coverage is not None:
            found = self.mean("coverage")
            lines[0] += f"; the {self.coverage:.0%} interval holds {found:.1%}"
        if self.note:
            lines.append(self.note)
        lines += [
            as_good(f"the {name}", "MASE", f"{mase:.3f}", f"{self.mase:.3f}")
            for name, mase in self.baselines.items()
            if mase <= self.mase
        ]
        return "\n".join(lines)


def score_forecasts(
    answers: dict[str, np.ndarray],
    true: np.ndarray,
    target: "Forecast",
    baselines: dict[str, np.ndarray],
    note: str | None = None,
) -> ForecastEvaluation:
    """Compares forecasts with what followed, `(n, horizon)` or `(n, horizon, k)`.

    Args:
        answers: `values`, and `lower` and `upper` if there is an interval.
        true: What followed.
        target: What the model answers.
        baselines: Simple forecasts of the same shape, by name.
        note: Reason why the interval is missing, if one was requested.
    """
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    shape = target.horizon, len(target.names)
    units = np.array(target.naive_errors)

    def flat(values: np.ndarray) -> np.ndarray:
        return np.asarray(values, "float64").reshape(len(true), -1)

    def scored(metric: Any, values: np.ndarray) -> np.ndarray:
        errors = metric(flat(true), flat(values), multioutput="raw_values")
        return errors.reshape(shape)

    mae = scored(mean_absolute_error, answers["values"])
    rmse = scored(root_mean_squared_error, answers["values"])
    simple = {
        name: scored(mean_absolute_error, values) / units
        for name, values in baselines.items()
    }
    held = None
    if "lower" in answers and target.coverage is not None:
        inside = (answers["lower"] <= true) & (true <= answers["upper"])
        held = inside.mean(axis=0).reshape(shape)
    columns = tuple(
        ColumnScore(
            name,
            tuple(mae[:, index].tolist()),
            tuple(rmse[:, index].tolist()),
            tuple((mae / units)[:, index].tolist()),
            () if held is None else tuple(held[:, index].tolist()),
            {key: tuple(value[:, index].tolist()) for key, value in simple.items()},
        )
        for index, name in enumerate(target.names)
    )
    coverage = None if held is None else target.coverage
    return ForecastEvaluation(columns, len(true), target.season, coverage, note)


def simple_forecasts(part: Windows) -> dict[str, np.ndarray]:
    """Forecasts by the last value, and by the values of the last season."""
    count = part.labels.shape[1]
    last = part.starts[:, np.newaxis] + part.window

    def ago(rows: np.ndarray) -> np.ndarray:
        values = part.labels[last + rows]
        return values[..., 0] if count == 1 else values

    steps = np.arange(part.horizon)
    found = {NAIVE: ago(np.full(part.horizon, -1))}
    if part.season > 1:
        found[SEASONAL] = ago(steps % part.season - part.season)
    return found


def as_forecaster(trained: "TrainedModel", data: Dataset) -> "TrainedModel":
    """The model as one that forecasts, if the data ask for it.

    A user's own model says only that it gives numbers; their names, and the unit of the
    MASE, then come from the data.

    Raises:
        InputError: If the model gives other numbers than the next steps of the data.
    """
    from zoo.targets import Forecast, Regression

    if data.task != "forecasting":
        return trained
    part: Any = data.train if len(data.train) else scored_first(data)
    target = trained.target
    if isinstance(target, Forecast) and target.names == data.value_names:
        return trained
    shape = (part.horizon, part.labels.shape[1])
    found = (len(target.names), 1) if isinstance(target, Regression) else None
    if isinstance(target, Forecast):
        found = target.horizon, len(target.names)
    if found != shape:
        expected = shape if shape[1] > 1 else shape[:1]
        raise InputError(
            f"The model must give the next steps of {', '.join(data.value_names)}: an "
            f"output of shape {expected} after the batch axis, from a linear layer, "
            'compiled with a loss of numbers such as "mae".'
        )
    return dataclasses.replace(trained, target=forecast_of(part, data.value_names))


def scored_first(data: Dataset) -> Part:
    """The first part that has examples."""
    parts = (data.test, data.validation, data.train)
    return next((part for part in parts if len(part)), data.test)


def forecast_of(part: Windows, names: tuple[str, ...]) -> "Forecast":
    """The target whose numbers are measured on the windows of a part."""
    from zoo.targets import Forecast

    few = part.take(np.unique(np.linspace(0, len(part) - 1, MEASURED).astype(int)))
    return Forecast.measured(
        names,
        few.model_inputs[:],
        few.answers,
        known=part.known,
        season=part.season,
    )


def score_part(
    answers: dict[str, np.ndarray], part: Any, trained: Any, data: Dataset
) -> ForecastEvaluation:
    """The scores of a model on a part, beside the naive forecasts."""
    return score_forecasts(
        answers, part.answers, trained.target, simple_forecasts(part)
    )
