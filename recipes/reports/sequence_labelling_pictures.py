"""Figure of a run with answers at each step: the sequences with most mistakes."""

import pathlib
import textwrap
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.steps import NO_LABEL
from recipes.reports.pictures import caption, new_figure
from zoo.kinds import Kind

MOST = 10  # sequences in the figure
NAMED = 20  # classes in the legend, at most


def draw_worst_sequences(
    dataset: Dataset, probabilities: np.ndarray, path: pathlib.Path
) -> None:
    """Draws the test sequences with the largest share of wrong steps.

    A wrong word is followed by the predicted and the true label. Numbers are drawn
    over time, above a band of the true and a band of the predicted labels.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    labels = dataset.test.labels[:, : probabilities.shape[1]]
    answers = probabilities[:, : labels.shape[1]].argmax(axis=2)
    labelled = labels != NO_LABEL
    wrong = (answers != labels) & labelled
    shares = wrong.sum(axis=1) / np.maximum(labelled.sum(axis=1), 1)
    worst = np.argsort(-shares, kind="stable")[:MOST]
    worst = worst[shares[worst] > 0]
    is_text = dataset.kind is Kind.TEXT
    count = max(1, len(worst))
    figure = new_figure(9, 0.9 + (0.55 if is_text else 1.7) * count)
    figure.suptitle(
        f"{int(wrong.sum()):,} of {int(labelled.sum()):,} steps are wrong, in "
        f"{int(wrong.any(axis=1).sum()):,} of {len(labels):,} test sequences"
    )
    grid = figure.subplots(count, 1, squeeze=False)[:, 0]
    for axes in grid:
        axes.axis("off")
    draw = _draw_words if is_text else _draw_bands
    for axes, row in zip(grid, worst, strict=False):
        draw(axes, dataset, row, answers[row], labels[row], wrong[row])
    if not is_text and dataset.num_classes <= NAMED:
        shades = colormaps[_colours(dataset)]
        last = _last_colour(dataset)
        figure.legend(
            [Patch(color=shades(n / last)) for n in range(dataset.num_classes)],
            [caption(name) for name in dataset.class_names],
            loc="outside lower center",
            ncols=5,
        )
    figure.savefig(path)


def _draw_words(
    axes: Any,
    dataset: Dataset,
    row: int,
    answers: np.ndarray,
    labels: np.ndarray,
    wrong: np.ndarray,
) -> None:
    names = [caption(name) for name in dataset.class_names]
    words = dataset.test.inputs[row].split(" ")
    shown = [
        f"{word} [{names[answers[step]]}, true {names[labels[step]]}]"
        if step < len(wrong) and wrong[step]
        else word
        for step, word in enumerate(words)
    ]
    text = textwrap.fill(" ".join(shown), 120, max_lines=3, placeholder=" …")
    # A dollar sign does not begin a formula here.
    axes.text(0, 1, text, fontsize=8, va="top", parse_math=False)


def _draw_bands(
    axes: Any,
    dataset: Dataset,
    row: int,
    answers: np.ndarray,
    labels: np.ndarray,
    wrong: np.ndarray,
) -> None:
    steps = int(np.asarray(dataset.test.lengths)[row])
    axes.axis("on")
    axes.plot(dataset.test.inputs[row, :steps], lw=0.7)
    low, high = axes.get_ylim()
    height = 0.15 * (high - low)
    bands = np.ma.masked_less(np.stack([labels[:steps], answers[:steps]]), 0)
    axes.imshow(
        bands,
        aspect="auto",
        cmap=_colours(dataset),
        vmin=0,
        vmax=_last_colour(dataset),
        extent=(-0.5, steps - 0.5, low - 2.5 * height, low - 0.5 * height),
        interpolation="nearest",
    )
    axes.set(xlim=(-0.5, steps - 0.5), ylim=(low - 2.5 * height, high))
    axes.set_yticks([low - height, low - 2 * height], ["true", "predicted"])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(labelsize=7)


def _colours(dataset: Dataset) -> str:
    return "tab10" if dataset.num_classes <= 10 else "nipy_spectral"


def _last_colour(dataset: Dataset) -> int:
    return max(9, dataset.num_classes - 1)
