"""A picture of what an augmentation does, for a person to judge."""

import pathlib
import textwrap

import numpy as np
import tensorflow as tf

from recipes import randomness
from recipes.augmentation.base import Augmentation
from recipes.dataset import Dataset, Part
from recipes.run_folder import written_aside
from zoo.errors import InputError

CELL, LINE, LETTER, BORDER = 1.05, 0.16, 0.075, 0.15  # inches
GAP = 0.12  # between the originals and the others, as part of a cell


def draw_samples(
    dataset: Dataset,
    augment: Augmentation | None,
    path: pathlib.Path,
    *,
    number: int = 6,
    variants: int = 8,
    seed: int = 0,
) -> None:
    """Draws training images, each beside changed ones, into a PNG file.

    The columns are batches as training gets them: same seed, same picture.

    Args:
        dataset: Images.
        augment: What changes them; `None` for nothing.
        path: The file, written whole or not at all.
        number: Images, of as many classes as there are.
        variants: Changed ones of each.
        seed: Of the choice of images and of the augmentation.

    Raises:
        InputError: If the data are no images, or fewer than `number`.
    """
    originals = _chosen(dataset, number, seed)
    shares = np.eye(dataset.num_classes, dtype="float32")[originals.labels]
    stream = randomness.stream(seed, randomness.AUGMENTATION)
    columns = [(originals.inputs, shares)]
    for step in range(variants):
        batch = tf.constant(originals.inputs), tf.constant(shares)
        if augment is not None:
            batch = augment(*batch, randomness.fold(stream, step))
        columns.append([tensor.numpy() for tensor in batch])
    names = [dataset.class_names[label] for label in originals.labels]
    title = f"{dataset.name}, seed {seed}: {augment or 'no augmentation'}"
    figure, grid = _grid(title, names, variants)
    for axes, (images, targets) in zip(grid.T, columns, strict=True):
        for row in range(number):
            _draw(axes[row], images[row])
            if not np.array_equal(targets[row], shares[row]):
                mixture = _mixture(targets[row], dataset.class_names)
                axes[row].set_xlabel(mixture, fontsize=6, labelpad=2)
    with written_aside(path) as aside:
        figure.savefig(aside)


def _chosen(dataset, number, seed) -> Part:
    """Training examples, one of each class, then another of each, and so on."""
    if dataset.kind != "images":
        raise InputError(f"Only images can be shown; {dataset.name} {dataset.holds}.")
    part = dataset.train
    if number > len(part):
        raise InputError(
            f"{number} images cannot be shown: {dataset.name} has {len(part)} training "
            "images."
        )
    order = np.random.default_rng(seed).permutation(len(part))
    labels = part.labels[order]
    # How many of the same class come before each.
    turns = np.zeros(len(part), int)
    for label in range(dataset.num_classes):
        turns[labels == label] = np.arange((labels == label).sum())
    chosen = order[np.lexsort([labels, turns])[:number]]
    return Part(part.inputs[chosen], part.labels[chosen])


def _grid(title, names, variants):
    """A figure, and its axes: a row for each name, originals left of a gap."""
    # Without pyplot: no window system, and no global state to clean up.
    from matplotlib.figure import Figure

    names = [textwrap.fill(name, 20) for name in names]
    left = 2 * BORDER + LETTER * max(len(name.partition("\n")[0]) for name in names)
    width = left + (1 + GAP + variants) * CELL + BORDER
    lines = textwrap.wrap(title, int((width - 2 * BORDER) / LETTER))
    top = (len(lines) + 3) * LINE
    height = top + len(names) * CELL + 2 * BORDER
    figure = Figure(figsize=(width, height), dpi=130)
    grid = figure.subplots(
        len(names),
        variants + 2,
        squeeze=False,
        gridspec_kw={
            "width_ratios": [1, GAP] + [1] * variants,
            "left": left / width,
            "right": 1 - BORDER / width,
            "bottom": 2 * BORDER / height,
            "top": 1 - top / height,
            "wspace": 0.07,
            "hspace": 0.3,
        },
    )
    figure.suptitle("\n".join(lines), fontsize=9, y=1 - LINE / height)
    for gap in grid[:, 1]:
        gap.set_visible(False)
    grid[0, 0].set_title("original", fontsize=9)
    grid[0, 2].set_title("augmented", fontsize=9)
    for axes, name in zip(grid[:, 0], names, strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure, np.delete(grid, 1, axis=1)


def _draw(axes, image):
    grey = image.shape[-1] == 1
    axes.imshow(
        image[..., 0] if grey else image[..., :4], cmap="gray", vmin=0, vmax=255
    )
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_edgecolor("0.8")


def _mixture(targets, class_names):
    """The two likeliest classes of a soft target, such as `70% cat`, `30% dog`."""
    order = np.argsort(-targets, kind="stable")[:2]
    lines = [f"{targets[n]:.0%} {class_names[n]}" for n in order if targets[n]]
    return "\n".join(textwrap.shorten(line, 20, placeholder="…") for line in lines)
