"""A compiled model that was trained before starts its next training afresh.

Its optimizer would go on where it ended: with a schedule that has come down to 0, with
the momenta, the averages and the loss scale of other data.
"""

import random
from typing import Any

import keras

from recipes.training.checkpoints.state import inner_optimizer, optimizers_of
from recipes.training.components import averaging_momentum, peak_of, schedule_of
from zoo.errors import InputError
from zoo.precision import scaling_losses_of

OPTIMIZERS = ("optimizer", "generator_optimizer", "discriminator_optimizer")


def peak_of_model(model: Any) -> float | None:
    """The peak of the schedule that an earlier run gave a model, else `None`.

    A schedule like that of a run that has not made a step yet is the user's own.
    """
    if not isinstance(model, keras.Model) or not model.compiled or not _trained(model):
        return None
    peaks = [peak_of(_rate(optimizer)) for optimizer in optimizers_of(model)]
    return next((peak for peak in peaks if peak is not None), None)


def start_afresh(
    model: keras.Model, *, peak: float | None, epochs: int, steps: int, averaging: Any
) -> None:
    """Gives a compiled model a new optimizer if the old one was used before.

    The new one has the same configuration, but for a schedule that an earlier run made
    and the average of the weights, which follow the length of this run. Loss and
    metrics stay. Layers that draw random numbers start over as well.

    Args:
        peak: Peak of the new schedule.
        epochs: Epochs of this run.
        steps: Steps in an epoch.
        averaging: Steps of the average, as in `Settings`.
    """
    scales = model.optimizer is not None and (
        scaling_losses_of(model, model.optimizer) is not model.optimizer
    )
    if not (scales or _trained(model)):
        return
    config = model.get_compile_config()
    for name in OPTIMIZERS:
        old = getattr(model, name, None)
        if old is None:
            continue
        new = type(old).from_config(old.get_config())
        inner = inner_optimizer(new)
        if peak is not None and peak_of(_rate(old)) is not None:
            inner.learning_rate = schedule_of(peak, epochs * steps)
            if inner.use_ema and averaging is not None:
                inner.ema_momentum = averaging_momentum(averaging, steps)
        scaled = scaling_losses_of(model, new) if name == "optimizer" else new
        config[name] = keras.saving.serialize_keras_object(scaled)
    try:
        model.compile_from_config(config)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The model {model.name!r} was trained before, and cannot be compiled "
            f"again for a new training: {error} Register your own loss and metrics "
            "with `keras.saving.register_keras_serializable`, or give a model that is "
            "not compiled."
        ) from error
    for layer in model._flatten_layers():
        for generator in layer._seed_generators:
            seed = generator._initial_seed
            # Without a seed of its own it gets one as Keras draws it for a new layer.
            seed = random.randint(1, 10**9) if seed is None else seed
            generator.state.assign([seed, 0])


def _trained(model: keras.Model) -> bool:
    return any(
        int(inner_optimizer(optimizer).iterations) > 0
        for optimizer in optimizers_of(model)
    )


def _rate(optimizer: keras.optimizers.Optimizer) -> Any:
    """The learning rate of an optimizer: a number, or a schedule."""
    return inner_optimizer(optimizer)._learning_rate
