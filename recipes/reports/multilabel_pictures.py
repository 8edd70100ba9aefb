"""Figure of a run with any number of labels: the score of each label."""

import pathlib

import numpy as np

from recipes.reports.multilabel import MultilabelEvaluation
from recipes.reports.pictures import BLUE, new_figure


def draw_labels(evaluation: MultilabelEvaluation, path: pathlib.Path) -> None:
    """Draws the average precision of each label, and how many examples have it."""
    scores = evaluation.labels
    figure = new_figure(9, float(np.clip(1.2 + 0.3 * len(scores), 3, 20)))
    left, right = figure.subplots(1, 2, sharey=True)
    rows = range(len(scores))
    left.barh(rows, [score.average_precision for score in scores], color=BLUE)
    left.set(xlim=(0, 1), title="average precision")
    right.barh(rows, [score.examples for score in scores], color="0.6")
    right.set(title="test examples")
    names = [score.name.replace("$", r"\$") for score in scores]
    left.set_yticks(rows, names)
    left.invert_yaxis()
    for axes in (left, right):
        axes.grid(axis="x", alpha=0.3)
    figure.savefig(path)
