"""Every activation with its slope, computed by automatic differentiation."""

import numpy as np
import tensorflow as tf

from custom import activations
from docs.figures import style

REACH = 4.0


def first_of_two(x):
    """Softmax of the input and a second input of 0: a curve instead of a surface."""
    return activations.softmax(tf.stack([x, tf.zeros_like(x)], axis=-1))[..., 0]


PANELS = {  # title: (function of one number, greatest value on the vertical axis)
    "sign": (activations.sign, 1.3),
    "sigmoid": (activations.sigmoid, 1.3),
    "tanh": (activations.tanh, 1.3),
    "softsign": (activations.softsign, 1.3),
    "relu": (activations.relu, 4),
    "softplus": (activations.softplus, 4),
    "softmax([x, 0]), first": (first_of_two, 1.3),
}
SATURATING = {  # name: (function, position of its label)
    "softsign": (activations.softsign, (6.0, 0.03)),
    "sigmoid": (activations.sigmoid, (6.6, 2.3e-3)),
    "tanh": (activations.tanh, (2.0, 2e-4)),
}


def draw():
    figure = style.figure(4.6)
    panels = figure.subplots(2, 4).ravel()
    for axes, (title, (function, greatest)) in zip(
        panels, PANELS.items(), strict=False
    ):
        _draw_activation(axes, function)
        least = -0.3 if greatest > 2 else -greatest
        axes.set(title=title, xlim=(-REACH, REACH), ylim=(least, greatest))
    _mark_the_step(panels[0])
    _draw_saturation(panels[-1])
    for axes in panels[4:]:
        axes.set_xlabel("x")
    lines = panels[1].get_lines()
    figure.legend(lines, ["value", "slope"], loc="outside upper center", ncols=2)
    return figure


def value_and_slope(function, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value.numpy(), tape.gradient(value, x).numpy()


def _draw_activation(axes, function):
    # An even number of points leaves out 0, where values or slopes jump.
    x = np.linspace(-REACH, REACH, 1000)
    value, slope = value_and_slope(function, x)
    axes.plot(x, _broken(value), color=style.BLUE)
    axes.plot(x, _broken(slope), color=style.ORANGE, linestyle=(0, (4, 1.5)))
    axes.set_xticks([-4, -2, 0, 2, 4])


def _broken(curve):
    """Return the curve with a gap where it jumps."""
    jumps = np.abs(np.diff(curve, append=curve[-1])) > 0.5
    return np.where(jumps, np.nan, curve)


def _mark_the_step(axes):
    """Mark the value at 0, where the threshold gives its lower value."""
    at_zero, _ = value_and_slope(activations.sign, np.zeros(1))
    axes.plot([0], at_zero, "o", color=style.BLUE, markersize=5)
    axes.text(-3.8, 0.7, "straight-\nthrough", color=style.ORANGE, va="center")


def _draw_saturation(axes):
    x = np.linspace(0, 10, 400)
    # All three curves are slopes, so they do not use the colours of value and slope.
    colours = (style.GREEN, style.INK, style.PURPLE)
    for (name, (function, position)), colour in zip(
        SATURATING.items(), colours, strict=True
    ):
        _, slope = value_and_slope(function, x)
        axes.semilogy(x, slope, color=colour)
        axes.text(*position, name, color=colour)
    axes.set(title="slopes far from 0", xlim=(0, 10), ylim=(1e-5, 2))
    axes.set_yticks([1e-4, 1e-2, 1])
    axes.minorticks_off()
