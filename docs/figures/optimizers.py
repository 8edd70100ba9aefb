"""The nine optimizers on one surface and on one net, one family per row."""

import keras
import numpy as np
from sklearn.datasets import load_digits

from custom.optimizers import (
    Adadelta,
    Adagrad,
    Adam,
    AdaMax,
    GradientDescent,
    Momentum,
    Nadam,
    Nesterov,
    RMSprop,
)
from docs.figures import style
from docs.figures.descent import descend

FAMILIES = (  # class: the arguments on the surface that are not defaults
    {
        GradientDescent: {"learning_rate": 0.05},
        Momentum: {"learning_rate": 0.02},
        Nesterov: {"learning_rate": 0.02},
    },
    {
        Adagrad: {"learning_rate": 0.8},
        RMSprop: {"learning_rate": 0.15},
        Adadelta: {"epsilon": 1e-3},
    },
    {
        Adam: {"learning_rate": 0.3},
        AdaMax: {"learning_rate": 0.3},
        Nadam: {"learning_rate": 0.3},
    },
)
START, MINIMUM, STEPS = (-1.6, 1.0), (1.0, 1.0), 60
EPOCHS = 20


def valley(w):
    """A curved valley with its minimum at (1, 1)."""
    return 0.5 * (1 - w[0]) ** 2 + (w[1] - w[0] ** 2) ** 2


def draw():
    figure = style.figure(7.6)
    panels = figure.subplots(3, 2, sharex="col", sharey="col")
    losses = {kind: _losses(kind()) for family in FAMILIES for kind in family}
    for (surface, net), family in zip(panels, FAMILIES, strict=True):
        _draw_surface(surface)
        _draw_paths(surface, family)
        _draw_losses(net, family, losses)
        surface.set_ylabel("second weight")
        net.set_ylabel("cross-entropy")
    panels[0, 0].set_title(f"{STEPS} steps on one surface (● the last, + the minimum)")
    panels[0, 1].set_title("training loss on digits (grey: the other rows)")
    panels[-1, 0].set_xlabel("first weight")
    panels[-1, 1].set(xlabel="epoch", xticks=range(0, EPOCHS + 1, 5), ylim=(0.03, 3))
    return figure


def _draw_surface(axes):
    x, y = np.linspace(-2, 2, 120), np.linspace(-1, 2, 120)
    height = valley(np.stack(np.meshgrid(x, y)))
    levels = np.geomspace(0.03, height.max(), 9)
    axes.contour(x, y, height, levels=levels, colors=style.FAINT, linewidths=0.6)
    axes.plot(*MINIMUM, "+", color=style.INK, markersize=9, zorder=3)
    axes.grid(False)


def _draw_paths(axes, family):
    for (kind, arguments), colour in zip(family.items(), style.SERIES, strict=True):
        optimizer = kind(**arguments)
        label = _label(optimizer)
        if "epsilon" in arguments:
            label += f", ε = {optimizer.epsilon:g}"
        path = descend(optimizer, valley, START, STEPS)
        axes.plot(*path.T, ".-", color=colour, linewidth=1, markersize=3, label=label)
        axes.plot(*path[-1], "o", color=colour, markersize=6)
    axes.legend(loc="lower left")


def _draw_losses(axes, family, losses):
    epochs = range(1, EPOCHS + 1)
    for loss in losses.values():
        axes.semilogy(epochs, loss, color=style.FAINT, linewidth=0.8)
    for kind, colour in zip(family, style.SERIES, strict=True):
        axes.semilogy(epochs, losses[kind], color=colour, label=_label(kind()))
    axes.legend(loc="lower left")


def _label(optimizer):
    return f"{type(optimizer).__name__}, η = {float(optimizer.learning_rate):g}"


def _losses(optimizer):
    """Return the mean loss of each epoch, from the same weights and batches."""
    images, digits = load_digits(return_X_y=True)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    history = model.fit(images / 16, digits, batch_size=64, epochs=EPOCHS, verbose=0)
    return history.history["loss"]
