"""The gradient in each layer of a deep net, with sigmoid and with ReLU."""

import keras
import numpy as np
from matplotlib import colormaps
from sklearn.datasets import load_digits

from custom.activations import relu, sigmoid
from custom.callbacks import GradientFlow
from custom.optimizers.moments import Adam
from docs.figures import style

DEPTH, WIDTH = 10, 32
NETS = {  # title: (activation, a suitable initializer)
    "sigmoid": (sigmoid, "glorot_uniform"),
    "ReLU": (relu, "he_uniform"),
}
SHOWN = (0, 1, 5, 20)  # finished epochs


def draw():
    figure = style.figure(3.8)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    shades = colormaps["viridis"](np.linspace(0.85, 0, len(SHOWN)))
    for axes, (title, net) in zip(panels, NETS.items(), strict=True):
        history, accuracy = _train(*net)
        _, *layers = history.values()
        for epoch, shade in zip(SHOWN, shades, strict=True):
            norms = [layer[epoch] for layer in layers]
            axes.semilogy(
                range(1, len(norms) + 1), norms, ".-", color=shade, label=f"{epoch}"
            )
        axes.set(
            title=f"{title}: training accuracy {accuracy:.0%}",
            xlabel="layer, from the input to the output",
            xticks=range(1, len(layers) + 1),
        )
    panels[0].set_ylabel("norm of the gradient")
    panels[1].legend(title="finished epochs", loc="lower right", ncols=2)
    return figure


def _train(activation, initializer):
    """Return the norms after each epoch, and the final accuracy on the digits."""
    images, digits = load_digits(return_X_y=True)
    images = images / 16
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,))])
    for _ in range(DEPTH):
        model.add(keras.layers.Dense(WIDTH, activation, kernel_initializer=initializer))
    model.add(keras.layers.Dense(10, "softmax"))
    model.compile(Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    flow = GradientFlow(images, digits)
    history = model.fit(
        images, digits, batch_size=64, epochs=SHOWN[-1], verbose=0, callbacks=[flow]
    )
    return flow.history, history.history["accuracy"][-1]
