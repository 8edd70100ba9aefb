"""Figures of a run that forecasts: forecasts against the truth, error by step."""

import pathlib
from typing import Any

import numpy as np

from recipes.reports.forecasting import ForecastEvaluation
from recipes.reports.pictures import BLUE, ORANGE, new_figure

PANELS = 3
GREYS = ("0.35", "0.55", "0.75")


def draw_forecasts(
    answers: dict[str, np.ndarray],
    part: Any,
    names: tuple[str, ...],
    path: pathlib.Path,
) -> None:
    """Draws the last forecasts of a part that do not overlap, with their intervals.

    Args:
        answers: `values`, and `lower` and `upper` if there is an interval.
        part: The `Windows` that were forecast.
        names: Name of each column.
        path: The file.
    """
    last = range(len(part) - 1, -1, -part.horizon)
    shown = sorted([*last][:PANELS])
    figure = new_figure(9, 2.8 * len(shown) * len(names))
    panels = figure.subplots(len(shown) * len(names), 1, squeeze=False)[:, 0]
    places = [(window, column) for window in shown for column in range(len(names))]
    shape = (len(part), part.horizon, len(names))
    drawn = {name: values.reshape(shape) for name, values in answers.items()}
    for axes, (window, column) in zip(panels, places, strict=True):
        first = part.starts[window]
        rows = slice(first, first + part.window + part.horizon)
        true, times = part.labels[rows, column], part.times_of(window)
        steps = np.arange(len(true)) - part.window + 1
        axes.plot(steps, true, color="0.3", lw=1, label="truth")
        ahead = steps[part.window :]
        if "lower" in drawn:
            bounds = (drawn[side][window, :, column] for side in ("lower", "upper"))
            axes.fill_between(ahead, *bounds, color=BLUE, alpha=0.2, label="interval")
        forecast = drawn["values"][window, :, column]
        style = ".-" if part.horizon < 60 else "-"
        axes.plot(ahead, forecast, style, color=BLUE, label="forecast")
        axes.axvline(0.5, color=ORANGE, lw=1)
        since = part.axis.label(float(times[part.window]))
        axes.set(xlabel=f"steps; 1 is {since}", ylabel=names[column])
        axes.grid(alpha=0.3)
    panels[0].legend(loc="upper left")
    figure.savefig(path)


def draw_errors(evaluation: ForecastEvaluation, path: pathlib.Path) -> None:
    """Draws the MASE of each step of the horizon, beside the simple forecasts."""
    figure = new_figure(4.5 * len(evaluation.columns) + 1, 3.6)
    panels = figure.subplots(1, len(evaluation.columns), squeeze=False)[0]
    for axes, column in zip(panels, evaluation.columns, strict=True):
        steps = np.arange(1, len(column.mase) + 1)
        for (name, mase), grey in zip(column.baselines.items(), GREYS, strict=False):
            axes.plot(steps, mase, ".--", color=grey, label=name)
        axes.plot(steps, column.mase, ".-", color=BLUE, label="model")
        axes.set(xlabel="steps ahead", ylabel="MASE", title=column.name, ylim=(0, None))
        axes.grid(alpha=0.3)
    panels[0].legend()
    figure.savefig(path)
