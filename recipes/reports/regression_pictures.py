"""Figures of a run that predicts numbers: predictions, residuals, worst errors."""

import pathlib

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.page import number_text
from recipes.reports.pictures import BLUE, LOOKS, ORANGE, new_figure

MOST_POINTS = 5000  # more would hide each other


def draw_predictions(
    answers: dict[str, np.ndarray], dataset: Dataset, path: pathlib.Path
) -> None:
    """Draws predicted against true values of the test part, and the residuals.

    Each number has a row of two panels. The line is where predictions are right; bars
    show the interval.
    """
    true, names = dataset.test.labels, dataset.value_names
    shown = np.linspace(0, len(true) - 1, min(len(true), MOST_POINTS)).astype(int)
    figure = new_figure(9, 3.8 * len(names))
    panels = figure.subplots(len(names), 2, squeeze=False)
    for column, name in enumerate(names):
        x, y = true[shown, column], answers["values"][shown, column]
        left, right = panels[column]
        if "lower" in answers:
            reach = [
                np.maximum(y - answers["lower"][shown, column], 0),
                np.maximum(answers["upper"][shown, column] - y, 0),
            ]
            left.errorbar(x, y, reach, fmt="none", ecolor="0.85", elinewidth=0.7)
        left.plot(x, y, ".", color=BLUE, ms=3, alpha=0.6)
        ends = [min(x.min(), y.min()), max(x.max(), y.max())]
        left.plot(ends, ends, color=ORANGE, lw=1)
        left.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
        right.hist(y - x, bins=40, color=BLUE)
        right.axvline(0, color=ORANGE, lw=1)
        right.set(xlabel="predicted − true", ylabel="test examples")
        for axes in (left, right):
            axes.grid(alpha=0.3)
            axes.locator_params(axis="x", nbins=5)
    figure.savefig(path)


def draw_worst(
    values: np.ndarray, dataset: Dataset, path: pathlib.Path, *, most: int = 25
) -> None:
    """Draws the test examples with the largest errors, in units of their spread."""
    part, names = dataset.test, dataset.value_names
    spread = np.maximum(dataset.train.labels.std(axis=0), np.finfo("float32").tiny)
    errors = (np.abs(values - part.labels) / spread).max(axis=1)
    worst = np.argsort(-errors, kind="stable")[:most]
    look = LOOKS[dataset.kind]
    columns = max(1, min(look.columns, len(worst)))
    rows = max(1, -(-len(worst) // columns))
    figure = new_figure(look.width * columns, (look.height + 0.3) * rows + 0.6)
    figure.suptitle(f"largest errors in {len(part):,} test {dataset.kind.noun}")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example in zip(grid, worst, strict=False):
        look.draw(axes, dataset, example)
        answers = map(number_text, values[example].tolist())
        truths = map(number_text, part.labels[example].tolist())
        lines = [
            f"{name} {found}{look.between}true: {true}"
            for found, true, name in zip(answers, truths, names, strict=True)
        ]
        axes.set_title("; ".join(lines), fontsize=8, loc=look.side)
    figure.savefig(path)
