"""Pictures of a search: its course, its settings, and what mattered."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from recipes.experiments.search.request import Request
from recipes.experiments.search.space import as_text
from recipes.experiments.search.study import Trial
from recipes.reports.pictures import BLUE, ORANGE, caption, new_figure

GREY = "0.6"
COLUMNS = 3
SPREAD = 4  # times the distance from the best score to the median


def draw_history(trials: Sequence[Trial], request: Request, path: pathlib.Path) -> None:
    """Draws the score of each trial, the best so far, and that of the defaults."""
    figure = new_figure(9, 3.6)
    axes = figure.subplots()
    _points(axes, trials, [trial.number for trial in trials])
    complete = [trial for trial in trials if trial.state == "complete"]
    best = np.minimum if request.is_loss else np.maximum
    so_far = best.accumulate(np.array([trial.score for trial in complete], float))
    numbers = [trial.number for trial in complete]
    axes.step(numbers, so_far, color=ORANGE, where="post", label="best so far")
    if trials[0].state == "complete":
        style = {"color": GREY, "linestyle": ":", "label": "defaults"}
        axes.axhline(trials[0].score, **style)
    for trial in trials:
        if trial.state == "lost":
            axes.axvline(trial.number, color=ORANGE, alpha=0.25, lw=4)
    axes.set(xlabel="trial", title=f"validation {request.by}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    _limit(axes, trials, request.is_loss)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def draw_slices(trials: Sequence[Trial], request: Request, path: pathlib.Path) -> None:
    """Draws the score against the value of each setting, a panel for each."""
    space = request.space
    rows = max(1, -(-len(space) // COLUMNS))
    figure = new_figure(9, 2.8 * rows)
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in panels[len(space) :]:
        axes.axis("off")
    for axes, setting in zip(panels, space, strict=False):
        default = None if None in setting.choices else setting.default
        values = [trial.settings.get(setting.name, default) for trial in trials]
        if setting.choices:
            names = [*dict.fromkeys([*setting.texts, *map(as_text, values)])]
            _points(axes, trials, [names.index(as_text(value)) for value in values])
            labels = [caption(name)[:14] for name in names]
            axes.set_xticks(range(len(names)), labels, rotation=30, ha="right")
        else:
            known = [np.nan if value is None else value for value in values]
            _points(axes, trials, known)
            axes.set_xscale("log" if setting.log else "linear")
        axes.set(title=caption(setting.name))
        _limit(axes, trials, request.is_loss)
        axes.grid(alpha=0.3)
    for axes in panels[::COLUMNS]:
        axes.set_ylabel(f"validation {request.by}")
    figure.savefig(path)


def draw_importance(importance: dict[str, float], path: pathlib.Path) -> None:
    """Draws how much of the variance of the scores each setting explains."""
    names = [*reversed(importance)]
    figure = new_figure(7, 1.2 + 0.35 * len(names))
    axes = figure.subplots()
    axes.barh(
        [caption(name) for name in names], [importance[n] for n in names], color=BLUE
    )
    axes.set(xlabel="share of the variance of the scores", xlim=(0, 1))
    axes.grid(alpha=0.3, axis="x")
    figure.savefig(path)


def _points(axes: Any, trials: Sequence[Trial], places: Sequence[float]) -> None:
    """Draws trials: full points if they are complete, else crosses."""
    for state, mark, colour in (("complete", "o", BLUE), ("pruned", "x", GREY)):
        found = [
            (place, trial.score)
            for place, trial in zip(places, trials, strict=True)
            if trial.state == state
        ]
        if found:
            x, y = zip(*found, strict=True)
            axes.plot(x, y, mark, color=colour, ms=5, label=state)


def _limit(axes: Any, trials: Sequence[Trial], is_loss: bool) -> None:
    """Leaves scores far from the others outside, so that the others can be told."""
    scores = np.array([t.score for t in trials if t.score is not None])
    low, middle, high = np.quantile(scores, [0, 0.5, 1])
    if is_loss:
        edge = middle + SPREAD * (middle - low)
        if low < edge < high:
            axes.set_ylim(top=edge)
    else:
        edge = middle - SPREAD * (high - middle)
        if low < edge < high:
            axes.set_ylim(bottom=edge)
