"""`recipes.find_learning_rate`: one short training at rising rates (Smith 2017)."""

import dataclasses
import itertools
import math
import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter1d

from custom.arguments import shown
from recipes.data.options import checked_arguments, checks_arguments
from recipes.experiments.search.results import command_words
from recipes.reports.pictures import BLUE, ORANGE, new_figure
from recipes.sources.options import Amount, Count, Path, Seed
from recipes.training.batches import Batches
from recipes.training.checkpoints.state import inner_optimizer
from recipes.training.fit import fit
from recipes.training.new_run import dataset_for, start
from zoo.atomic_writes import checked_atomic_write
from zoo.errors import InputError
from zoo.names import check_arguments

WIDTH = 0.05  # of the steps: the deviation of the Gaussian that smooths the losses
LAST = 5  # losses whose median says whether the loss has exploded
EXPLODED = 4  # times the lowest such median: the end
FEWEST = 10  # steps
RULE = "where the smoothed loss falls most steeply"


@dataclasses.dataclass(frozen=True)
class LearningRates:
    """The loss of a short training at each of its learning rates.

    Attributes:
        rates: The learning rate of each step.
        losses: The loss of each batch, before its step.
        smoothed: The same, smoothed by a Gaussian.
        suggestion: The rate where the smoothed loss falls most steeply.
        command: The command that trains with it.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float
    command: str = ""

    def sentence(self) -> str:
        """The suggestion, and by which rule it was found."""
        return (
            f"suggested learning rate {self.suggestion:.3g}, {RULE}; "
            f"{len(self.rates)} steps from {self.rates[0]:.2g} to {self.rates[-1]:.2g}"
        )

    def as_json(self) -> dict[str, Any]:
        """The same in JSON types."""
        return {**dataclasses.asdict(self), "rule": RULE}


@checks_arguments
def find_learning_rate(
    model: Any = "cnn",
    data: Any = "digits",
    *,
    lowest: Amount = 1e-6,
    highest: Amount = 10.0,
    steps: Count = 100,
    seed: Seed = 0,
    picture: Path | None = None,
    **settings: Any,
) -> LearningRates:
    r"""Finds a learning rate by one short training at exponentially rising rates.

    $$\eta_i = \eta_{\text{lowest}}
    \left(\frac{\eta_{\text{highest}}}{\eta_{\text{lowest}}}\right)^{i / (N - 1)}$$

    It ends when the loss is four times its lowest value or not finite. The losses are
    smoothed, and the suggestion is the rate where they fall most steeply over the
    logarithm of the rate. `recipes.fit` takes it as the peak of its schedule. A model
    that is given as an object is as before afterwards.

    Args:
        model: As `recipes.fit` takes it, like `data`.
        data: The data.
        lowest: The first rate.
        highest: The last rate, above `lowest`.
        steps: Number of steps, at least 10. A hundred take seconds on small data; on
            noisy losses, more steps give a clearer curve.
        seed: Random seed of weights and batches.
        picture: File to draw the losses into, a PNG. Default: none.
        **settings: Other arguments of `recipes.fit`, such as `optimizer` by name and
            `batch_size`, on which the rate depends.

    Raises:
        InputError: If an argument cannot be used, or the loss falls at no rate.

    Source: Smith 2017, "Cyclical learning rates for training neural networks".

    >>> import recipes
    >>> found = recipes.find_learning_rate("mlp", "xor", steps=40)
    >>> 1e-6 < found.suggestion < 10
    True
    """
    if highest <= lowest:
        raise InputError(f"`highest` must be above `lowest` {lowest}, got {highest}.")
    if steps < FEWEST:
        raise InputError(f"`steps` must be at least {FEWEST}, got {steps}.")
    check_arguments("The search for a learning rate", fit, settings)
    for name in ("learning_rate", "epochs", "out", "callbacks", "accumulation_steps"):
        if settings.get(name) is not None:
            raise InputError(
                f"`{name}` does not apply to the search for a learning rate, got "
                f"{shown(settings[name])}: leave it out."
            )
    bound = checked_arguments(fit, model=model, data=data, seed=seed, **settings)
    bound.apply_defaults()
    arguments = {**bound.arguments, "progress": False}
    dataset = dataset_for(arguments)
    of_data = dict.fromkeys(("task", "time", "window", "horizon", "split"))
    of_data |= {"target": (), "validation": None, "test": None}

    def tried(built: keras.Model, batches: Batches) -> LearningRates:
        rates = np.geomspace(lowest, highest, steps)
        return rise(built, batches.training(0), rates)

    found = start(**arguments | of_data | {"data": dataset}, instead=tried)
    name = model if isinstance(model, str) else "MODEL"
    given = {**settings, "seed": seed, "learning_rate": found.suggestion}
    words = command_words(name, dataset.origin, given)
    found = dataclasses.replace(found, command=words)
    if picture is not None:
        with checked_atomic_write(pathlib.Path(picture)) as draft:
            draw(found, draft)
    return found


def rise(model: keras.Model, batches: Any, rates: np.ndarray) -> LearningRates:
    """Trains a compiled model at rising rates, and gives it back as it was.

    Args:
        model: The model.
        batches: Batches of inputs and targets, maybe with weights.
        rates: The rate of each step.
    """
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        raise InputError(
            f"{model.name!r} has no optimizer of its own, so that no learning rate "
            "can be found for it."
        )
    before = [np.array(variable) for variable in model.variables]
    optimizer = _with_constant_rate(model.optimizer, float(rates[0]))
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(inputs: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = model.compute_loss(inputs, targets, outputs, weights)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return loss

    losses: list[float] = []
    lowest = math.inf
    try:
        # Data in memory may be finite, those of a run are endless.
        for rate, batch in zip(rates, itertools.cycle(batches), strict=False):
            inner_optimizer(optimizer).learning_rate = float(rate)
            inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
            losses.append(float(step(inputs, targets, weights)))
            middle = float(np.median(losses[-LAST:]))
            lowest = min(lowest, middle)
            if not math.isfinite(losses[-1]) or middle > EXPLODED * lowest:
                break
    finally:
        for variable, value in zip(model.variables, before, strict=True):
            variable.assign(value)
    return suggested(rates[: len(losses)], losses, len(rates))


def _with_constant_rate(optimizer: Any, rate: float) -> Any:
    """A new optimizer like this one, without its schedule and averages."""
    inner = inner_optimizer(optimizer)
    config = {**inner.get_config(), "learning_rate": rate, "use_ema": False}
    copy = type(inner).from_config(config)
    if inner is optimizer:
        return copy
    return keras.optimizers.LossScaleOptimizer(copy)


def suggested(rates: np.ndarray, losses: list[float], steps: int) -> LearningRates:
    """The suggestion that follows from the losses at rising rates."""
    known = [loss for loss in losses if math.isfinite(loss)]
    # An exploding loss at the end must not reach back into the smoothed curve.
    highest = max(known[: max(1, round(WIDTH * steps))], default=0.0)
    clipped = np.minimum(known, highest)
    smooth = gaussian_filter1d(clipped, WIDTH * steps, mode="nearest")
    lowest = int(smooth.argmin()) if len(smooth) else 0
    slopes = np.gradient(smooth[: lowest + 1]) if lowest > 0 else np.zeros(1)
    if slopes.min() >= 0:
        raise InputError(
            f"The loss falls at no learning rate between {rates[0]:.2g} and "
            f"{rates[-1]:.2g}: begin with a lower one, or look at the data."
        )
    rate = float(f"{rates[int(slopes.argmin())]:.3g}")
    return LearningRates(
        rates=tuple(float(each) for each in rates[: len(known)]),
        losses=tuple(known),
        smoothed=tuple(smooth.tolist()),
        suggestion=rate,
    )


def draw(found: LearningRates, path: Any) -> None:
    """Draws the losses over the rates, and marks the suggestion."""
    figure = new_figure(7, 4)
    axes = figure.subplots()
    axes.plot(found.rates, found.losses, ".", color="0.75", ms=4, label="batches")
    axes.plot(found.rates, found.smoothed, color=BLUE, label="smoothed")
    label = f"suggested: {found.suggestion:.3g}"
    axes.axvline(found.suggestion, color=ORANGE, linestyle=":", label=label)
    low, high = min(found.smoothed), max(found.smoothed[0], min(found.smoothed))
    margin = 0.3 * (high - low) + 1e-9
    axes.set(
        xlabel="learning rate",
        ylabel="loss",
        xscale="log",
        ylim=(low - margin, high + margin),
        title=RULE,
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, format="png")
