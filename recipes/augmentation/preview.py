"""A picture of what an augmentation does, for a person to judge."""

import pathlib
import textwrap

import numpy as np
import tensorflow as tf

from recipes.augmentation.base import Augmentation
from recipes.data import randomness
from recipes.data.dataset import Dataset, Part
from zoo.atomic_writes import atomic_write
from zoo.errors import InputError
from zoo.kinds import Kind

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
    """Draws training examples, each beside changed ones, into a PNG file.

    Of a sound it draws the waveform, and above it the spectrogram.

    The columns are batches as training gets them: same seed, same picture.

    Args:
        dataset: Images or waveforms.
        augment: What changes them; `None` for nothing.
        path: The file, written whole or not at all.
        number: Examples, of as many classes as there are.
        variants: Changed ones of each.
        seed: Of the choice of examples and of the augmentation.

    Raises:
        InputError: If the data are neither, or fewer than `number`.
    """
    if dataset.kind not in (Kind.IMAGES, Kind.AUDIO):
        raise InputError(
            f"Only images, sounds and texts can be shown; {dataset.name} "
            f"{dataset.holds}."
        )
    originals = chosen(dataset, number, seed)
    columns = columns_of(dataset, originals, augment, variants, seed)
    shares = columns[0][1]
    names = [dataset.class_names[label] for label in originals.labels]
    title = f"{dataset.name}, seed {seed}: {augment or 'no augmentation'}"
    figure, grid = _grid(title, names, variants)
    for axes, (images, targets) in zip(grid.T, columns, strict=True):
        for row in range(number):
            if dataset.kind == Kind.IMAGES:
                _draw(axes[row], images[row])
            else:
                _draw_sound(axes[row], images[row], dataset.sample_rate)
            if not np.array_equal(targets[row], shares[row]):
                mixture = _mixture(targets[row], dataset.class_names)
                axes[row].set_xlabel(mixture, fontsize=6, labelpad=2)
    with atomic_write(path) as draft:
        figure.savefig(draft)


def columns_of(dataset, originals: Part, augment, variants: int, seed: int) -> list:
    """The originals, then batches of changed ones: inputs and soft targets of each."""
    shares = np.eye(dataset.num_classes, dtype="float32")[originals.labels]
    stream = randomness.stream(seed, randomness.AUGMENTATION)
    columns = [(originals.inputs, shares)]
    for step in range(variants):
        batch = tf.convert_to_tensor(originals.inputs), tf.constant(shares)
        if augment is not None:
            batch = augment(*batch, randomness.fold(stream, step))
        columns.append([tensor.numpy() for tensor in batch])
    return columns


def chosen(dataset: Dataset, number: int, seed: int) -> Part:
    """Training examples, one of each class, then another of each, and so on.

    Raises:
        InputError: If there are fewer than `number`.
    """
    part, examples = dataset.train, dataset.kind.noun
    if number > len(part):
        raise InputError(
            f"{number} {examples} cannot be shown: {dataset.name} has {len(part)} "
            f"training {examples}."
        )
    order = np.random.default_rng(seed).permutation(len(part))
    labels = part.labels[order]
    # How many of the same class come before each.
    turns = np.zeros(len(part), int)
    for label in range(dataset.num_classes):
        turns[labels == label] = np.arange((labels == label).sum())
    return part.take(order[np.lexsort([labels, turns])[:number]])


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


def _draw_sound(axes, samples, sample_rate):
    """The spectrogram over most of the cell, and the waveform below it."""
    frame = max(16, sample_rate // 40)
    axes.specgram(
        # Digital silence has no logarithm.
        np.pad(samples, (0, frame)) + 1e-9,
        NFFT=frame,
        noverlap=frame // 2,
        Fs=sample_rate,
        cmap="magma",
        vmin=-160,
        vmax=-30,
    )
    half, seconds = sample_rate / 2, np.arange(len(samples)) / sample_rate
    axes.plot(seconds, half * (0.3 * np.clip(samples, -1, 1) - 0.3), lw=0.3)
    axes.set(xticks=[], yticks=[], ylim=(-0.6 * half, half))
    axes.set_xlim(0, len(samples) / sample_rate)


def _mixture(targets, class_names):
    """The two likeliest classes of a soft target, such as `70% cat`, `30% dog`."""
    order = np.argsort(-targets, kind="stable")[:2]
    lines = [f"{targets[n]:.0%} {class_names[n]}" for n in order if targets[n]]
    return "\n".join(textwrap.shorten(line, 20, placeholder="…") for line in lines)
