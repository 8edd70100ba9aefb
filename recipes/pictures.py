"""Pictures of a run: training curves, confusion matrix, the worst mistakes."""

import pathlib

import numpy as np

from recipes.evaluation import Evaluation

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
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    class_names,
    path: pathlib.Path,
    *,
    most: int = 25,
) -> None:
    """The images whose true class got the least probability, worst first.

    Each is titled with the answer and its probability, then the true class.
    """
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    right = probabilities[np.arange(len(labels)), labels]
    worst = wrong[np.argsort(right[wrong], kind="stable")][:most]
    columns = max(1, min(5, len(worst)))
    rows = max(1, -(-len(worst) // columns))
    figure = _figure(1.7 * max(columns, 3), 1.9 * rows + 0.6)
    figure.suptitle(f"{len(wrong):,} mistakes in {len(labels):,} test images")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example in zip(grid, worst, strict=False):
        axes.imshow(_displayed(images[example]), cmap="gray", vmin=0, vmax=255)
        answer = answers[example]
        axes.set_title(
            f"answer: {class_names[answer]}, {probabilities[example, answer]:.0%}\n"
            f"true: {class_names[labels[example]]}",
            fontsize=8,
        )
    figure.savefig(path)


def _displayed(image: np.ndarray) -> np.ndarray:
    return image[..., 0] if image.shape[-1] == 1 else image[..., :4]


def _figure(width: float, height: float):
    # Without pyplot: no window system, and no global state to clean up.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=110)
