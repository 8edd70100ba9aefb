"""The decision boundaries of a perceptron and of nets with hidden layers."""

import keras
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from sklearn.datasets import make_moons

from custom.activations import sigmoid, sign, tanh
from custom.losses.errors import CrossEntropy, HalfSumSquaredError
from custom.optimizers.gradient_descent import GradientDescent
from custom.optimizers.moments import Adam
from docs.figures import style

EXAMPLES = 200
EPOCHS, BATCH_SIZE = 100, 40
UNITS = 8
HIDDEN_LAYERS = {
    "perceptron": 0,
    "1 hidden layer": 1,
    "2 hidden layers": 2,
    "3 hidden layers": 3,
}


def xor():
    """Points around the corners of a square; opposite corners form one class."""
    rng = np.random.default_rng(0)
    corners = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (EXAMPLES // 4, 1))
    points = 2 * corners - 1 + rng.normal(0, 0.3, corners.shape)
    return points, corners[:, 0] ^ corners[:, 1]


def two_moons():
    points, classes = make_moons(EXAMPLES, noise=0.15, random_state=0)
    return 1.2 * (points - points.mean(axis=0)), classes


def draw():
    figure = style.figure(4.7)
    panels = figure.subplots(2, len(HIDDEN_LAYERS), sharex="row", sharey="row")
    data = {"XOR": xor(), "two moons": two_moons()}
    for row, (name, (points, classes)) in zip(panels, data.items(), strict=True):
        row[0].set_ylabel(name, fontsize=10)
        for axes, (title, depth) in zip(row, HIDDEN_LAYERS.items(), strict=True):
            net = _net(depth, points, classes)
            accuracy = np.mean((_prediction(net, points) > 0.5) == classes)
            _draw(axes, net, points, classes)
            axes.set_title(f"{title}: {accuracy:.1%}", fontsize=9)
    return figure


def _net(depth, points, classes):
    """Return a net trained on the data; without hidden layers it is a perceptron."""
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(UNITS, tanh) for _ in range(depth)]
    output = keras.layers.Dense(1, sigmoid if depth else sign)
    net = keras.Sequential([keras.Input((2,)), *hidden, output])
    if depth:
        net.compile(Adam(0.01), CrossEntropy())
        targets = classes
    else:
        net.compile(GradientDescent(0.01), HalfSumSquaredError())
        targets = 2 * classes - 1
    # One long epoch, because starting an epoch costs more than its steps.
    points = np.tile(points, (EPOCHS, 1))
    net.fit(points, np.tile(targets, EPOCHS)[:, None], batch_size=BATCH_SIZE, verbose=0)
    return net


def _prediction(net, points):
    """Return the outputs on a scale from 0 to 1."""
    least = -1 if net.layers[-1].activation is sign else 0
    return (net(points).numpy()[:, 0] - least) / (1 - least)


def _draw(axes, net, points, classes):
    reach = np.abs(points).max(axis=0) + 0.3
    x, y = (np.linspace(-r, r, 251) for r in reach)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    predictions = _prediction(net, grid.reshape(-1, 2)).reshape(grid.shape[:2])
    shades = LinearSegmentedColormap.from_list(
        "classes", [style.BLUE, "white", style.ORANGE]
    )
    axes.contourf(x, y, predictions, np.linspace(0, 1, 11), cmap=shades, alpha=0.5)
    axes.contour(x, y, predictions, [0.5], colors=style.INK, linewidths=1.2)
    for kind, colour, marker in ((0, style.BLUE, "o"), (1, style.ORANGE, "^")):
        axes.plot(
            *points[classes == kind].T,
            marker,
            color=colour,
            markersize=3.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
        )
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
