"""A photograph after each kind of pooling, with the value of one window."""

import keras
import numpy as np
from matplotlib.patches import Rectangle
from sklearn.datasets import load_sample_image

from custom.layers.lp_pooling import LpPooling2D
from custom.layers.median_pooling import MedianPooling2D
from custom.layers.mixed_pooling import MixedPooling2D
from custom.layers.stochastic_pooling import StochasticPooling2D
from docs.figures import style

WINDOW = 4
CROP = (slice(24, 152), slice(200, 328))  # a roof with fine tiles, before the sky
MARKED = (18, 16)  # row and column of a window


def poolings():
    """Return the layers by title, each with its `training` argument."""
    stochastic = StochasticPooling2D(WINDOW, seed=0)
    return {
        "maximum": (keras.layers.MaxPooling2D(WINDOW), False),
        "average": (keras.layers.AveragePooling2D(WINDOW), False),
        "mixed, λ = ½": (MixedPooling2D(0.5, pool_size=WINDOW), False),
        "median": (MedianPooling2D(WINDOW), False),
        "norm, p = 2": (LpPooling2D(2, WINDOW), False),
        "norm, p = 8": (LpPooling2D(8, WINDOW), False),
        "stochastic, training": (stochastic, True),
        "… drawn again": (stochastic, True),
        "stochastic, inference": (stochastic, False),
    }


def draw():
    photograph = load_sample_image("china.jpg")[CROP] / 255
    image = photograph.mean(axis=-1).astype("float32")
    figure = style.figure(6.9)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.75))
    whole, window = left.subplots(2, 1)
    _draw_image(whole, image)
    whole.set_title("image, 128 × 128")
    _mark(whole, WINDOW)
    _draw_window(window, image)
    for axes, (title, (layer, training)) in zip(
        right.subplots(3, 3).ravel(), poolings().items(), strict=True
    ):
        pooled = layer(image[None, ..., None], training=training)[0, ..., 0].numpy()
        _draw_image(axes, pooled)
        _mark(axes, 1)
        axes.set_title(title)
        white = f", white: {pooled.max():.1f}" if pooled.max() > 1 else ""
        axes.set_xlabel(f"marked: {pooled[MARKED]:.2f}{white}")
    return figure


def _draw_image(axes, image):
    """Draw in grey from 0 to the greatest value, because norms exceed their cells."""
    white = max(1.0, image.max())
    axes.imshow(image, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _mark(axes, size):
    row, column = MARKED
    corner = (column * size - 0.5, row * size - 0.5)
    axes.add_patch(
        Rectangle(corner, size, size, fill=False, edgecolor=style.ORANGE, linewidth=1.5)
    )


def _draw_window(axes, image):
    row, column = (WINDOW * index for index in MARKED)
    cells = image[row : row + WINDOW, column : column + WINDOW]
    _draw_image(axes, cells)
    for (i, j), value in np.ndenumerate(cells):
        shade = "white" if value < 0.5 else "black"
        axes.text(j, i, f"{value:.2f}", ha="center", va="center", color=shade)
    axes.spines[:].set(visible=True, edgecolor=style.ORANGE, linewidth=1.5)
    axes.set_title("the marked window, 4 × 4")
