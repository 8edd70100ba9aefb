"""Scores of models that answer with numbers."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.reports.baselines import as_good
from recipes.reports.page import number_text

if TYPE_CHECKING:  # It loads Keras.
    from zoo.targets import Target


@dataclasses.dataclass(frozen=True)
class NumberScore:
    """Scores of the predictions of one number.

    Attributes:
        name: Name of the number.
        mae: Mean absolute error, in the number's unit.
        rmse: Root of the mean squared error, in the number's unit.
        r2: Share of the variance that the predictions explain, at most 1; 0 is as good
            as the mean. `None` if all true values are the same.
        baselines: Root of the mean squared error of each simple yardstick, by name.
    """

    name: str
    mae: float
    rmse: float
    r2: float | None
    baselines: dict[str, float]


@dataclasses.dataclass(frozen=True)
class RegressionEvaluation:
    """Scores of a model that answers with numbers, on one part of a data set.

    Attributes:
        numbers: Scores of each number.
        coverage: The share of values in the interval, `(asked, found)`; `None` without
            an interval.
        width: Mean width of the interval of each number; empty without an interval.
        note: Reason why the interval is missing, if one was requested.
    """

    numbers: tuple[NumberScore, ...]
    coverage: tuple[float, float] | None = None
    width: tuple[float, ...] = ()
    note: str | None = None

    @property
    def mae(self) -> float:
        """Mean absolute error, in the mean over the numbers."""
        return float(np.mean([score.mae for score in self.numbers]))

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, in the mean over the numbers."""
        return float(np.mean([score.rmse for score in self.numbers]))

    @property
    def r2(self) -> float | None:
        """Share of the variance that is explained, in the mean over the numbers.

        Numbers whose true values are all the same do not count.
        """
        known = [score.r2 for score in self.numbers if score.r2 is not None]
        return float(np.mean(known)) if known else None

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        interval = None
        if self.coverage is not None:
            asked, found = self.coverage
            interval = {"asked": asked, "coverage": found, "width": list(self.width)}
        return {
            "mae": self.mae,
            "rmse": self.rmse,
            "r2": self.r2,
            "numbers": [dataclasses.asdict(score) for score in self.numbers],
            "interval": interval,
            "note": self.note,
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table with a row for each number."""
        names = list(self.numbers[0].baselines)
        header = ["number", "MAE", "RMSE", "R²", *(f"RMSE of the {n}" for n in names)]
        rows = [
            [
                score.name,
                number_text(score.mae),
                number_text(score.rmse),
                "" if score.r2 is None else f"{score.r2:.4f}",
                *(number_text(score.baselines[name]) for name in names),
            ]
            for score in self.numbers
        ]
        return header, rows

    def summary(self, part: str) -> str:
        """The scores in one line, and a line for each yardstick that is better."""
        r2 = "" if self.r2 is None else f", R² {self.r2:.4f}"
        lines = [
            f"{part} RMSE {number_text(self.rmse)}, MAE {number_text(self.mae)}{r2}"
        ]
        if self.coverage is not None:
            asked, found = self.coverage
            lines[0] += f"; the {asked:.0%} interval holds {found:.1%}"
        if self.note:
            lines.append(self.note)
        for score in self.numbers:
            for name, rmse in score.baselines.items():
                if rmse <= score.rmse:
                    label, ours = f"{score.name}: the {name}", number_text(score.rmse)
                    lines.append(as_good(label, "RMSE", number_text(rmse), ours))
        return "\n".join(lines)


def score_numbers(
    answers: dict[str, np.ndarray],
    labels: np.ndarray,
    target: "Target",
    baselines: dict[str, np.ndarray] | None = None,
    note: str | None = None,
) -> RegressionEvaluation:
    """Compares predicted numbers `(n, k)` with the true ones.

    Args:
        answers: `values`, and `lower` and `upper` if there is an interval.
        labels: The true values.
        target: What the model answers.
        baselines: Predictions `(n, k)` of simple yardsticks, by name.
        note: Reason why the interval is missing, if one was requested.
    """
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    true = np.asarray(labels, "float64")
    values = np.asarray(answers["values"], "float64")
    per_number = {"multioutput": "raw_values"}
    names, coverage = getattr(target, "names", ()), getattr(target, "coverage", None)
    columns = zip(
        names,
        mean_absolute_error(true, values, **per_number),
        root_mean_squared_error(true, values, **per_number),
        _explained(true, values),
        strict=True,
    )
    yardsticks = {
        name: root_mean_squared_error(true, predicted, **per_number)
        for name, predicted in (baselines or {}).items()
    }
    numbers = tuple(
        NumberScore(
            name,
            float(mae),
            float(rmse),
            r2,
            {key: float(value[column]) for key, value in yardsticks.items()},
        )
        for column, (name, mae, rmse, r2) in enumerate(columns)
    )
    if "lower" not in answers or coverage is None:
        return RegressionEvaluation(numbers, note=note)
    lower, upper = answers["lower"], answers["upper"]
    inside = (lower <= true) & (true <= upper)
    return RegressionEvaluation(
        numbers,
        (coverage, float(inside.mean())),
        tuple(float(width) for width in (upper - lower).mean(axis=0)),
    )


def _explained(true: np.ndarray, values: np.ndarray) -> list[float | None]:
    """R² of each number; `None` where the true values do not vary."""
    from sklearn.metrics import r2_score

    return [
        float(r2_score(*column)) if np.ptp(column[0]) > 0 else None
        for column in zip(true.T, values.T, strict=True)
    ]
