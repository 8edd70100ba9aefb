"""How L1 and L2 move the minimum, found by gradient descent with the penalties."""

import keras
import numpy as np
import tensorflow as tf

from custom.optimizers.gradient_descent import GradientDescent
from custom.regularizers import L1, L2
from docs.figures import style
from docs.figures.descent import descend

UNPENALISED = (1.0, 1.6)  # the minimum of the loss
STRENGTHS = (0, 0.25, 0.5, 0.75, 1, 1.2, 1.5, 2, 3)
LABELLED = (0, 0.5, 1, 1.5, 3)
SHOWN = 1.5  # the strength whose contours are drawn
STEPS = 500


def loss(w):
    """J, a tilted paraboloid."""
    x, y = w[0] - UNPENALISED[0], w[1] - UNPENALISED[1]
    return 0.5 * x**2 + 0.5 * x * y + y**2


def minimum(penalty):
    """Return the minimum of J + Ω, by shrinking steps because Ω may have a kink."""
    rate = keras.optimizers.schedules.ExponentialDecay(0.2, STEPS, 1e-3)
    path = descend(
        GradientDescent(rate), lambda w: loss(w) + penalty(w), (0.5, 0.5), STEPS
    )
    return path[-1]


def draw():
    figure = style.figure(5.0)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, kind in zip(panels, (L1, L2), strict=True):
        minima = {alpha: minimum(kind(alpha)) for alpha in STRENGTHS}
        _draw_contours(axes, kind(SHOWN), minima[SHOWN])
        _draw_minima(axes, minima)
        first, second = np.round(minima[SHOWN], 2) + 0.0  # no −0.00
        title = f"{kind.__name__}, α = {SHOWN}: w = ({first:.2f}, {second:.2f})"
        axes.set(title=title, xlabel="w₁", aspect="equal")
    panels[0].set_ylabel("w₂")
    return figure


def _draw_contours(axes, penalty, found):
    """Draw the contours of J and Ω, and those that touch at the minimum."""
    x, y = np.linspace(-1.5, 2, 281), np.linspace(-1.5, 2.25, 301)
    axes.axhline(0, color=style.FAINT, linewidth=1)
    axes.axvline(0, color=style.FAINT, linewidth=1)
    grid = np.stack(np.meshgrid(x, y)).astype("float32")
    bowl = loss(grid)
    # One pair of weights at a time, because a penalty sums over its whole input.
    ball = tf.vectorized_map(penalty, grid.reshape(2, -1).T).numpy().reshape(bowl.shape)
    rings = np.linspace(0.2, 4, 12) ** 2
    axes.contour(x, y, bowl, rings, colors=style.BLUE, linewidths=0.5, alpha=0.5)
    axes.contour(x, y, bowl, [loss(found)], colors=style.BLUE)
    level = float(penalty(found))
    axes.contourf(x, y, ball, [0, level], colors=style.ORANGE, alpha=0.12)
    axes.contour(x, y, ball, [level], colors=style.ORANGE)
    axes.text(0, -0.55, "Ω", color=style.ORANGE, ha="center", fontsize=11)
    axes.text(1.5, 0.36, "J", color=style.BLUE, fontsize=11)


def _draw_minima(axes, minima):
    axes.plot(*zip(*minima.values(), strict=True), color=style.INK, linewidth=1)
    for alpha in LABELLED:
        size = 7 if alpha == SHOWN else 4
        axes.plot(*minima[alpha], "o", color=style.INK, markersize=size)
        axes.annotate(
            f"{alpha:g}" if alpha else "α = 0",
            minima[alpha],
            xytext=(7, -4),
            textcoords="offset points",
            fontsize=8,
        )
