"""Original examples beside augmented ones, for people to compare."""

import pathlib
import textwrap
from typing import Any

import numpy as np
import tensorflow as tf

from recipes.augmentation.base import Augment
from recipes.data import randomness
from recipes.data.dataset import Dataset, Part
from recipes.reports.pictures import caption, decibels_of, displayed, new_figure
from zoo.atomic_writes import atomic_write
from zoo.errors import InputError, printable
from zoo.kinds import Kind

CELL, LINE, LETTER, BORDER = 1.05, 0.16, 0.075, 0.15  # inches
GAP = 0.12  # between the originals and the variants, as a fraction of a cell
WIDTH = 88  # characters of a line of text


def draw_samples(
    dataset: Dataset,
    augment: Augment | None,
    path: pathlib.Path,
    *,
    number: int = 6,
    variants: int = 8,
    seed: int = 0,
) -> None:
    """Draws training examples beside augmented ones into a PNG file.

    For audio it draws the waveform, and the spectrogram above it. The columns are
    batches as in training, so the same seed gives the same picture. Without an
    augmentation the examples are unchanged. They are from as many classes as possible.
    """
    if dataset.kind not in DRAWINGS:
        raise InputError(
            f"Only images, audio and texts can be shown; {dataset.name} "
            f"{dataset.holds}."
        )
    originals = _pick_examples(dataset, number, seed)
    columns = _augmented_columns(dataset, originals, augment, variants, seed)
    shares = columns[0][1]
    names = [caption(name) for name in dataset.class_names]
    title = f"{caption(dataset.name)}, seed {seed}: {augment or 'no augmentation'}"
    rows = [names[number] for number in originals.labels]
    figure, grid = _grid(title, rows, variants)
    for axes, (inputs, targets) in zip(grid.T, columns, strict=True):
        for row in range(number):
            DRAWINGS[dataset.kind](axes[row], inputs[row], dataset)
            if not np.array_equal(targets[row], shares[row]):
                mixture = _mixture(targets[row], names)
                axes[row].set_xlabel(mixture, fontsize=6, labelpad=2)
    with atomic_write(path) as draft:
        figure.savefig(draft)


def augmented_texts(
    dataset: Dataset,
    augment: Augment | None,
    *,
    number: int = 6,
    variants: int = 8,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Augments training texts, with arguments as for `draw_samples`.

    Returns:
        For each text a dictionary with its `class`, the `original` text, and the
        `augmented` variants.
    """
    originals = _pick_examples(dataset, number, seed)
    columns = _augmented_columns(dataset, originals, augment, variants, seed)
    return [
        {
            "class": dataset.class_names[label],
            "original": text,
            "augmented": [
                texts[row].decode("utf-8", errors="replace") for texts, _ in columns[1:]
            ],
        }
        for row, (text, label) in enumerate(
            zip(originals.inputs, originals.labels, strict=True)
        )
    ]


def as_lines(samples: list[dict[str, Any]]) -> str:
    """Formats augmented texts as lines to read, without control characters."""
    blocks = []
    for sample in samples:
        lines = [f"{printable(sample['class'])}:", *_wrapped(sample["original"], "  ")]
        for text in sample["augmented"]:
            lines += _wrapped(text, "    ~ ")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _wrapped(text, indent):
    shown = "".join(
        letter if letter.isprintable() or letter.isspace() else "�" for letter in text
    )
    return textwrap.wrap(
        shown, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent)
    ) or [indent]


def _augmented_columns(dataset, originals: Part, augment, variants: int, seed: int):
    """The originals, then augmented batches: pairs of inputs and soft targets."""
    shares = np.eye(dataset.num_classes, dtype="float32")[originals.labels]
    stream = randomness.stream(seed, randomness.AUGMENTATION)
    columns = [(originals.inputs, shares)]
    for step in range(variants):
        inputs, targets = tf.convert_to_tensor(originals.inputs), tf.constant(shares)
        if augment is not None:
            inputs, targets = augment(inputs, targets, randomness.fold(stream, step))
        columns.append((inputs.numpy(), targets.numpy()))
    return columns


def _pick_examples(dataset: Dataset, number: int, seed: int) -> Part:
    """Picks training examples: one of each class, then another of each, and so on."""
    part, examples = dataset.train, dataset.kind.noun
    if number > len(part):
        raise InputError(
            f"{number} {examples} cannot be shown: {dataset.name} has {len(part)} "
            f"training {examples}."
        )
    order = np.random.default_rng(seed).permutation(len(part))
    labels = part.labels[order]
    # The number of examples of the same class that come before each example.
    rounds = np.zeros(len(part), int)
    for label in range(dataset.num_classes):
        rounds[labels == label] = np.arange((labels == label).sum())
    return part.take(order[np.lexsort([labels, rounds])[:number]])


def _grid(title, names, variants):
    """A figure and its axes: a row for each name, with originals left of a gap."""
    names = [textwrap.fill(name, 20) for name in names]
    left = 2 * BORDER + LETTER * max(len(name.partition("\n")[0]) for name in names)
    width = left + (1 + GAP + variants) * CELL + BORDER
    lines = textwrap.wrap(title, int((width - 2 * BORDER) / LETTER))
    top = (len(lines) + 3) * LINE
    height = top + len(names) * CELL + 2 * BORDER
    figure = new_figure(width, height, dpi=130, layout=None)
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


def _draw_image(axes, image, dataset):
    axes.imshow(displayed(image), cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_edgecolor("0.8")


def _draw_audio(axes, samples, dataset):
    """Draws the spectrogram over most of the cell, and the waveform below it."""
    half, seconds = dataset.sample_rate / 2, len(samples) / dataset.sample_rate
    axes.imshow(
        decibels_of(samples, dataset.sample_rate),
        cmap="magma",
        aspect="auto",
        origin="lower",
        extent=(0, seconds, 0, half),
        vmin=-80,
        vmax=0,
    )
    times = np.linspace(0, seconds, len(samples), endpoint=False)
    axes.plot(times, half * (0.3 * np.clip(samples, -1, 1) - 0.3), lw=0.3)
    axes.set(xticks=[], yticks=[], xlim=(0, seconds), ylim=(-0.6 * half, half))


DRAWINGS = {Kind.IMAGES: _draw_image, Kind.AUDIO: _draw_audio}


def _mixture(targets, class_names):
    """The two likeliest classes of a soft target, such as `70% cat`, `30% dog`."""
    order = np.argsort(-targets, kind="stable")[:2]
    lines = [f"{targets[n]:.0%} {class_names[n]}" for n in order if targets[n]]
    return "\n".join(textwrap.shorten(line, 20, placeholder="…") for line in lines)
