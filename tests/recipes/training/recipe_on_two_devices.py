"""A script that trains with named optimizers on one device and on two.

It prints as JSON the largest difference of the weights, relative to the largest weight.
"""

import json
import pathlib
import sys

import numpy as np

OPTIMIZERS = {  # name: (class, peak of the schedule)
    "adadelta": ("Adadelta", 1.0),
    "adagrad": ("Adagrad", 0.01),
    "adam": ("Adam", 0.001),
    "adamax": ("AdaMax", 0.002),
    "gradient_descent": ("GradientDescent", 0.01),
    "momentum": ("Momentum", 0.01),
    "nadam": ("Nadam", 0.002),
    "nesterov": ("Nesterov", 0.01),
    "rmsprop": ("RMSprop", 0.001),
}
# `on_two_devices.py` trains with all of them, without the recipe.
ON_TWO_DEVICES = ("momentum", "adam")
ARGUMENTS = {
    "model_arguments": {"hidden_units": [4], "dropout": 0.0},
    "epochs": 2,
    "batch_size": 15,
    "progress": False,
}


def table():
    """Return a table of two linearly separable classes, 68 rows of it for training."""
    import recipes

    rng = np.random.default_rng(0)
    rows = rng.normal([5, -3, 0.5], size=(95, 3))
    return recipes.from_arrays(rows, (rows[:, 0] + rows[:, 1] > 2).astype(int))


def weights(folder, optimizer, strategy):
    import recipes

    run = recipes.fit(
        "mlp",
        table(),
        out=folder / f"{optimizer}-{strategy}",
        optimizer=optimizer,
        strategy=strategy,
        **ARGUMENTS,
    )
    return np.concatenate([w.ravel() for w in run.model.get_weights()])


def main(folder):
    import tensorflow as tf

    from tests.light_runs import EXPORTS, PICTURES, leave_out

    leave_out(PICTURES, EXPORTS)
    (cpu,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)
    differences = {}
    for optimizer in ON_TWO_DEVICES:
        one, two = (weights(folder, optimizer, name) for name in ("cpu", "mirrored"))
        differences[optimizer] = float(abs(one - two).max() / abs(one).max())
    print(json.dumps(differences))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
