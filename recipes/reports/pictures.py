"""Figures of a run: training curves, confusion matrix, worst mistakes."""

import dataclasses
import pathlib
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.classification import Evaluation
from zoo.errors import printable
from zoo.kinds import Kind

BLUE, ORANGE = "#4c72b0", "#dd8452"
LONGEST = 40  # characters of a name in a figure


def draw_curves(
    rows: list[dict[str, float]], best_epoch: int, path: pathlib.Path
) -> None:
    """Draws the loss and the first metric of both parts, and marks the kept epoch."""
    measures = [name for name in ("loss", "accuracy", "mae") if name in rows[0]]
    figure = new_figure(9, 3.6)
    panels = figure.subplots(1, len(measures), squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        _plot(axes, rows, measure, "training", BLUE)
        _plot(axes, rows, f"val_{measure}", "validation", ORANGE)
        axes.axvline(best_epoch, color="0.6", linestyle=":", label="kept")
        _finish(axes, measure)
    figure.savefig(path)


def draw_game(rows: list[dict[str, float]], path: pathlib.Path) -> None:
    """Draws the losses of a DCGAN's two networks, and D(x) and D(G(z)), per epoch."""
    figure = new_figure(9, 3.6)
    losses, answers = figure.subplots(1, 2)
    _plot(losses, rows, "discriminator_loss", "discriminator", BLUE)
    _plot(losses, rows, "generator_loss", "generator", ORANGE)
    _plot(answers, rows, "d_real", "D(x), real images", BLUE)
    _plot(answers, rows, "d_fake", "D(G(z)), generated images", ORANGE)
    _finish(losses, "loss")
    _finish(answers, "probability of being real")
    answers.set(ylim=(0, 1))
    figure.savefig(path)


def _plot(axes, rows, name, label, colour):
    epochs, values = [row["epoch"] for row in rows], [row[name] for row in rows]
    axes.plot(epochs, values, ".-", color=colour, label=label)


def _finish(axes, title):
    axes.set(xlabel="epoch", title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()


def draw_confusion(evaluation: Evaluation, path: pathlib.Path) -> None:
    """Draws the confusion matrix: counts, coloured by their fraction of the class."""
    counts = evaluation.confusion
    names = [caption(score.name) for score in evaluation.classes]
    side = float(np.clip(2.2 + 0.45 * len(names), 4, 16))
    figure = new_figure(side, side)
    axes = figure.subplots()
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= 40:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                shade = "white" if fractions[row, column] > 0.5 else "black"
                style = {"ha": "center", "va": "center", "color": shade}
                axes.text(column, row, str(count), fontsize=8, **style)
        ticks = range(len(names))
        axes.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(ticks, names)
    axes.set(
        xlabel="predicted class",
        ylabel="true class",
        title=f"accuracy {evaluation.accuracy:.2%}",
    )
    figure.savefig(path)


def draw_mistakes(
    dataset: Dataset, probabilities: np.ndarray, path: pathlib.Path, *, most: int = 25
) -> None:
    """Draws the test examples whose true class has the lowest probability.

    The title of each gives the predicted class with its probability, and the true
    class. Audio is drawn as spectrograms, sequences as lines over time.
    """
    part, names = dataset.test, [caption(name) for name in dataset.class_names]
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != part.labels)
    right = probabilities[np.arange(len(part)), part.labels]
    worst = wrong[np.argsort(right[wrong], kind="stable")][:most]
    look = LOOKS[dataset.kind]
    columns = max(1, min(look.columns, len(worst)))
    rows = max(1, -(-len(worst) // columns))
    least = max(columns, min(3, look.columns))
    figure = new_figure(look.width * least, look.height * rows + 0.6)
    figure.suptitle(
        f"{len(wrong):,} mistakes in {len(part):,} test {dataset.kind.noun}"
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example in zip(grid, worst, strict=False):
        look.draw(axes, dataset, example)
        answer = answers[example]
        axes.set_title(
            f"predicted: {names[answer]}, {probabilities[example, answer]:.0%}"
            f"{look.between}true: {names[part.labels[example]]}",
            fontsize=8,
            loc=look.side,
        )
    figure.savefig(path)


def _draw_image(axes, dataset, example):
    image = dataset.test.inputs[example]
    axes.imshow(displayed(image), cmap="gray", vmin=0, vmax=255)


def _draw_text(axes, dataset, example):
    text = " ".join(dataset.test.inputs[example].split())
    shown = textwrap.fill(text, 110, max_lines=2, placeholder=" …")
    # A dollar sign does not begin a formula here.
    axes.text(0, 1, shown, fontsize=9, va="top", parse_math=False)


def _draw_audio(axes, dataset, example):
    part = dataset.test
    samples = part.inputs[example, : part.lengths[example]]
    axes.imshow(
        decibels_of(samples, dataset.sample_rate),
        cmap="magma",
        aspect="auto",
        origin="lower",
        vmin=-60,
        vmax=0,
    )


def _draw_sequence(axes, dataset, example):
    part = dataset.test
    axes.plot(part.inputs[example, : part.lengths[example]], lw=0.8)


def decibels_of(samples: np.ndarray, rate: int) -> np.ndarray:
    """Returns the spectrogram of a clip for a figure, in decibels below the loudest.

    Returns:
        `(frequencies, frames)`; the frequencies are from 0 to half the rate.
    """
    from zoo.models.recurrent.waveforms import spectrogram

    frame = max(16, rate // 40)
    step = max(1, frame // 4, len(samples) // 200)  # More frames would not be visible.
    padded = np.pad(samples, (0, max(0, frame - len(samples))))
    return np.transpose(spectrogram(padded[None], frame, step)[0])


@dataclasses.dataclass(frozen=True)
class Look:
    """How examples of a kind are drawn.

    Attributes:
        draw: Function of the axes, the data set and the index of a test example.
        columns: Maximum number of examples in a row.
        width: Width of an example in inches.
        height: Height of an example in inches.
        between: Separates the predicted class and the true class in the title.
        side: Alignment of the title.
    """

    draw: Callable[[Any, Dataset, int], None]
    columns: int
    width: float
    height: float
    between: str = "\n"
    side: str = "center"


LOOKS = {  # A table has no picture: its rows are numbers.
    Kind.IMAGES: Look(_draw_image, 5, 1.7, 1.9),
    Kind.TEXT: Look(_draw_text, 1, 9.0, 0.65, between=";  ", side="left"),
    Kind.AUDIO: Look(_draw_audio, 5, 1.9, 1.7),
    Kind.SEQUENCES: Look(_draw_sequence, 4, 2.4, 1.5),
}


def caption(name: str) -> str:
    r"""A name as matplotlib draws it: shortened, and never as a formula.

    >>> caption("$x$"), len(caption("long" * 100))
    ('\\$x\\$', 40)
    """
    name = printable(name)
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - 1]}…"
    return name.replace("$", r"\$")


def displayed(image: np.ndarray) -> np.ndarray:
    """Returns what matplotlib can show of an image: grey, colour, or with alpha."""
    return image[..., 0] if image.shape[-1] == 1 else image[..., :4]


def new_figure(
    width: float, height: float, *, dpi: int = 110, layout: Any = "constrained"
) -> Any:
    """Makes a matplotlib figure; width and height are in inches."""
    # Without pyplot, there is no window system and no global state to clean up.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout, dpi=dpi)
