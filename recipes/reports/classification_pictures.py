"""Figures of a classifier: ROC curves, and how far its probabilities can be trusted."""

import pathlib

import numpy as np

from recipes.reports.classification import BINS, Evaluation, Reliability
from recipes.reports.pictures import BLUE, ORANGE, caption, new_figure

NAMED = 10  # curves with a name, those of the classes that are hardest to tell apart


def draw_roc(
    evaluation: Evaluation,
    probabilities: np.ndarray,
    labels: np.ndarray,
    path: pathlib.Path,
) -> None:
    """Draws the ROC curve of each class against the others."""
    from sklearn.metrics import roc_curve

    scored = [
        (number, score.auc, caption(score.name))
        for number, score in enumerate(evaluation.classes)
        if score.auc is not None
    ]
    if len(evaluation.classes) == 2:  # Either curve is the other one, turned.
        scored = scored[1:]
    scored.sort(key=lambda each: each[1])
    figure = new_figure(5.2, 4.6)
    axes = figure.subplots()
    for place, (number, auc, name) in reversed([*enumerate(scored)]):
        false_positives, true_positives, _ = roc_curve(
            labels == number, probabilities[:, number]
        )
        style = {"color": "0.8", "lw": 0.8}
        if place < NAMED:
            style = {"color": f"C{place}", "label": f"{name}: {auc:.4f}"}
        axes.plot(false_positives, true_positives, **style)
    axes.plot([0, 1], [0, 1], ":", color="0.6")
    title = "one class" if evaluation.auc is None else f"AUC {evaluation.auc:.4f}"
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title=title)
    axes.grid(alpha=0.3)
    if scored:
        axes.legend(fontsize=8, loc="lower right", reverse=True)
    figure.savefig(path)


def draw_reliability(
    probabilities: np.ndarray, labels: np.ndarray, path: pathlib.Path
) -> None:
    """Draws the accuracy, and the number of examples, by predicted probability."""
    reliability = Reliability.of(probabilities, labels)
    middles = (np.arange(BINS) + 0.5) / BINS
    figure = new_figure(5.2, 5.2)
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    upper.bar(middles, reliability.accuracy, 0.9 / BINS, color=BLUE, label="accuracy")
    upper.plot(
        reliability.confidence, reliability.accuracy, "o", color=ORANGE, ms=4, zorder=3
    )
    upper.plot([0, 1], [0, 1], ":", color="0.4", label="calibrated")
    upper.set(
        ylim=(0, 1.02),
        ylabel="fraction that is right",
        title=f"calibration error {reliability.error:.4f}",
    )
    upper.legend(loc="upper left", fontsize=8)
    lower.bar(middles, reliability.examples, 0.9 / BINS, color="0.6")
    lower.set(xlim=(0, 1), xlabel="probability of the predicted class")
    lower.set_ylabel("examples")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.savefig(path)
