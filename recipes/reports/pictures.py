"""Pictures of a run: training curves, confusion matrix, the worst mistakes."""

import dataclasses
import pathlib
import textwrap
from collections.abc import Callable

import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.evaluation import Evaluation
from zoo.kinds import Kind

TRAINING, VALIDATION = "#4c72b0", "#dd8452"


def draw_curves(rows: list[dict], best_epoch: int, path: pathlib.Path) -> None:
    """Loss and accuracy of both parts over the epochs; the kept epoch is marked."""
    figure = _figure(9, 3.6)
    epochs = [row["epoch"] for row in rows]
    measures = [name for name in ("loss", "accuracy") if name in rows[0]]
    for axes, measure in zip(
        figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True
    ):
        for name, label, colour in (
            (measure, "training", TRAINING),
            (f"val_{measure}", "validation", VALIDATION),
        ):
            axes.plot(
                epochs, [row[name] for row in rows], ".-", color=colour, label=label
            )
        axes.axvline(best_epoch, color="0.6", linestyle=":", label="kept")
        axes.set(xlabel="epoch", title=measure)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path)


def draw_game(rows: list[dict], path: pathlib.Path) -> None:
    """The losses of a DCGAN's two networks, and D(x) and D(G(z)), over the epochs."""
    figure = _figure(9, 3.6)
    epochs = [row["epoch"] for row in rows]
    losses, answers = figure.subplots(1, 2)
    for axes, name, label, colour in (
        (losses, "discriminator_loss", "discriminator", TRAINING),
        (losses, "generator_loss", "generator", VALIDATION),
        (answers, "d_real", "D(x), of real images", TRAINING),
        (answers, "d_fake", "D(G(z)), of drawn ones", VALIDATION),
    ):
        axes.plot(epochs, [row[name] for row in rows], ".-", color=colour, label=label)
    losses.set(title="loss")
    answers.set(title="probability of being real", ylim=(0, 1))
    for axes in (losses, answers):
        axes.set(xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path)


def draw_confusion(evaluation: Evaluation, path: pathlib.Path) -> None:
    """Answers for each true class, as parts of that class; counts in the cells."""
    counts = evaluation.confusion
    names = [score.name for score in evaluation.classes]
    side = float(np.clip(2.2 + 0.45 * len(names), 4, 16))
    figure = _figure(side, side)
    axes = figure.subplots()
    parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(parts, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= 40:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                shade = "white" if parts[row, column] > 0.5 else "black"
                axes.text(
                    column,
                    row,
                    str(count),
                    ha="center",
                    va="center",
                    color=shade,
                    fontsize=8,
                )
        ticks = range(len(names))
        axes.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(ticks, names)
    axes.set(
        xlabel="answer",
        ylabel="true class",
        title=f"accuracy {evaluation.accuracy:.2%}",
    )
    figure.savefig(path)


def draw_mistakes(
    dataset: Dataset,
    probabilities: np.ndarray,
    path: pathlib.Path,
    *,
    most: int = 25,
) -> None:
    """The test examples whose true class got the least probability, worst first.

    Each is titled with the answer and its probability, then the true class. Texts
    are written out, waveforms drawn as their spectra over time.
    """
    part, names = dataset.test, dataset.class_names
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != part.labels)
    right = probabilities[np.arange(len(part)), part.labels]
    worst = wrong[np.argsort(right[wrong], kind="stable")][:most]
    look = LOOKS[dataset.kind]
    columns = max(1, min(look.columns, len(worst)))
    rows = max(1, -(-len(worst) // columns))
    least = max(columns, min(3, look.columns))
    figure = _figure(look.width * least, look.height * rows + 0.6)
    figure.suptitle(f"{len(wrong):,} mistakes in {len(part):,} test {look.noun}")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example in zip(grid, worst, strict=False):
        look.draw(axes, dataset, example)
        answer = answers[example]
        axes.set_title(
            f"answer: {names[answer]}, {probabilities[example, answer]:.0%}"
            f"{look.between}true: {names[part.labels[example]]}",
            fontsize=8,
            loc=look.side,
        )
    figure.savefig(path)


def _draw_image(axes, dataset, example):
    image = dataset.test.inputs[example]
    axes.imshow(_displayed(image), cmap="gray", vmin=0, vmax=255)


def _draw_text(axes, dataset, example):
    text = " ".join(dataset.test.inputs[example].split())
    shown = textwrap.fill(text, 110, max_lines=2, placeholder=" …")
    # A dollar sign is no formula here.
    axes.text(0, 1, shown, fontsize=9, va="top", parse_math=False)


def _draw_waveform(axes, dataset, example):
    from zoo.models.recurrent.waveforms import spectrogram

    part = dataset.test
    samples = part.inputs[example, : part.lengths[example]]
    frame = max(16, dataset.sample_rate // 40)
    step = max(1, frame // 4, len(samples) // 200)  # More frames would not be visible.
    padded = np.pad(samples, (0, max(0, frame - len(samples))))
    decibels = spectrogram(padded[None], frame, step)[0]
    axes.imshow(
        np.transpose(decibels),
        cmap="magma",
        aspect="auto",
        origin="lower",
        vmin=-60,
        vmax=0,
    )


@dataclasses.dataclass(frozen=True)
class Look:
    """How examples of a kind are shown.

    Attributes:
        draw: Function of axes, data set and number of a test example.
        noun: What they are called.
        columns: How many beside each other, at most.
        width: Of one, in inches.
        height: Of one, in inches.
        between: What separates answer and true class in the title.
        side: Where the title stands.
    """

    draw: Callable
    noun: str
    columns: int
    width: float
    height: float
    between: str = "\n"
    side: str = "center"


LOOKS = {
    Kind.IMAGES: Look(_draw_image, "images", 5, 1.7, 1.9),
    Kind.TEXT: Look(_draw_text, "texts", 1, 9.0, 0.65, between=";  ", side="left"),
    Kind.AUDIO: Look(_draw_waveform, "clips", 5, 1.9, 1.7),
}


def _displayed(image: np.ndarray) -> np.ndarray:
    return image[..., 0] if image.shape[-1] == 1 else image[..., :4]


def _figure(width: float, height: float):
    # Without pyplot: no window system, and no global state to clean up.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=110)
