"""The formulas of the losses and of their gradients, in float64."""

import numpy as np

from custom import losses


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_loss(t, o):
    return -(t * np.log(o) + (1 - t) * np.log(1 - o))


def log_loss_slope(t, o):
    return (o - t) / (o * (1 - o))


def real_and_fake(real_error, fake_error, t):
    """Return the mean over the real plus the mean over the generated examples."""
    return real_error[t == 1].mean() + fake_error[t == 0].mean()


CASES = {  # name: (value, gradient for the probabilities o), from the formulas
    "HalfSumSquaredError": (
        lambda t, o: 0.5 * ((t - o) ** 2).sum(),
        lambda t, o: o - t,
    ),
    "CrossEntropy": (
        lambda t, o: log_loss(t, o).mean(),
        lambda t, o: log_loss_slope(t, o) / o.size,
    ),
    "SquaredCrossEntropy": (
        lambda t, o: (log_loss(t, o) ** 2).mean(),
        lambda t, o: 2 * log_loss(t, o) * log_loss_slope(t, o) / o.size,
    ),
    "DiscriminatorLoss": (
        lambda t, o: real_and_fake(-np.log(o), -np.log(1 - o), t),
        lambda t, o: np.where(
            t == 1, -1 / o / (t == 1).sum(), 1 / (1 - o) / (t == 0).sum()
        ),
    ),
    "MinimaxGeneratorLoss": (
        lambda t, o: np.log(1 - o).mean(),
        lambda t, o: -1 / (1 - o) / o.size,
    ),
    "NonSaturatingGeneratorLoss": (
        lambda t, o: -np.log(o).mean(),
        lambda t, o: -1 / o / o.size,
    ),
}
FROM_LOGITS = [name for name in CASES if name != "HalfSumSquaredError"]
WITH_LABELS = [name for name in CASES if "Generator" not in name]


def make(name, /, **arguments):
    return getattr(losses, name)(**arguments)


def from_probabilities(name, /, **arguments):
    if name in FROM_LOGITS:
        arguments["from_logits"] = False
    return make(name, **arguments)


def examples(shape, dtype="float32"):
    """Return one label for each row, in unequal numbers, and net inputs."""
    t = np.zeros(shape, dtype)
    t[:3] = 1
    return t, np.random.default_rng(0).normal(size=shape).astype(dtype)
