"""A model with its optimizer and loss, ready for a data set."""

import inspect
from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.pipeline import steps_per_epoch
from recipes.training.components import Components, Named
from recipes.training.fine_tuning.base import Base
from recipes.training.fine_tuning.thawing import check_thawing, freeze_layers
from recipes.training.models import backbone_notes, build
from recipes.training.rate_halving import use_schedule
from recipes.training.retraining import start_afresh
from recipes.training.run_config import precision_of
from recipes.training.settings import Settings
from recipes.training.strategies.placement import ALONE, Placement
from recipes.training.tasks import task_of
from zoo import registry
from zoo.errors import InputError
from zoo.images import DEPTH
from zoo.targets.temperature import logits_layer

PENALTY = "kernel_regularizer"  # what the families call it


def check_backend() -> None:
    """Refuses backends that training runs do not support."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(
            f"`recipes.fit` trains on the TensorFlow backend, and this is {backend}. "
            "Here `model.fit(recipes.training_batches(...))` learns from the same "
            "batches; see docs/training.md."
        )


def prepare(
    model: str | keras.Model | Base,
    dataset: Dataset,
    settings: Settings,
    model_arguments: dict[str, Any],
    components: Components = Components(),  # noqa: B008  It is frozen.
    *,
    augmented: bool = False,
    transform: str | None = None,
    placement: Placement = ALONE,
) -> tuple[keras.Model, bool, list[str]]:
    """Builds a model for the data set and compiles it for training.

    Returns:
        The model, whether it learns from soft targets, and what was done to a preset
        or a backbone, in sentences.
    """
    notes: list[str] = []
    with placement.scope():
        if isinstance(model, Base):
            arguments = constructor_arguments(
                model.family, settings, model_arguments, components
            )
            model, notes = model.fitted(dataset, arguments, transform)
            notes.append(freeze_layers(model, settings))
        elif isinstance(model, str):
            arguments = constructor_arguments(
                model, settings, model_arguments, components
            )
            notes = backbone_notes(model, dataset, arguments)
            model = build(model, dataset, arguments, transform)
            if settings.freeze is not None:
                notes.append(freeze_layers(model, settings))
        else:
            _check_built(model, settings, model_arguments, components, transform)
    if dataset.bit_depth != getattr(model, "bit_depth", DEPTH):
        model.bit_depth = dataset.bit_depth
    task = task_of(model, dataset)
    soft_targets = task.check(model, dataset, components, augmented)
    if settings.calibrate:
        logits_layer(model)
    with placement.scope():
        steps = steps_per_epoch(len(dataset.train), settings.batch_size)
        if model.compiled:
            start_afresh(
                model,
                peak=settings.learning_rate,
                epochs=settings.epochs,
                steps=steps,
                averaging=settings.averaging,
            )
            task.adopt(model)
        else:
            task.compile(model, settings, steps, components, soft_targets)
        if settings.jit_compile is not None:
            model.jit_compile = settings.jit_compile
        if settings.on_nan == "restore":
            use_schedule(model.optimizer)
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
    check_thawing(model, settings, placement)
    return model, soft_targets, notes


def constructor_arguments(
    name: str, settings: Settings, given: dict[str, Any], components: Components
) -> dict[str, Any]:
    """The constructor arguments of a model given by name."""
    arguments = {"dtype": settings.precision} if settings.precision else {}
    if components.regularizer is not None:
        if PENALTY in given:
            raise InputError(
                f"`regularizer` and `{PENALTY}` of `model_arguments` are the same: "
                "leave one out."
            )
        found = registry.MODELS.get(name)
        if found is None or PENALTY not in inspect.signature(found.load()).parameters:
            raise InputError(
                f"`regularizer` does not apply to the model {name!r}, which has no "
                f"`{PENALTY}`: leave it out."
            )
        penalty = components.regularizer
        is_named = isinstance(penalty, Named)
        arguments[PENALTY] = penalty.create() if is_named else penalty
    return {**arguments, **given}


def _check_built(
    model: keras.Model,
    settings: Settings,
    model_arguments: dict[str, Any],
    components: Components,
    transform: str | None,
) -> None:
    """Refuses arguments that a built model has already decided."""
    if transform is not None:
        raise InputError(
            f"`transform` {transform!r} is for a model given by name; this one is "
            "built: give it a target with this transform."
        )
    if model_arguments:
        raise InputError(
            "`model_arguments` are for a model given by name; this one is built."
        )
    if components.regularizer is not None:
        raise InputError(
            "`regularizer` is for a model given by name; this one is built: give "
            f"`{PENALTY}` to its layers."
        )
    if settings.precision not in (None, precision_of(model)):
        raise InputError(
            f"`precision` {settings.precision!r} is for a model given by name; this "
            f"one is built in {precision_of(model)!r}: give `dtype` to its layers."
        )


def check_optimizer(
    model: str | keras.Model, components: Components, **options: Any
) -> None:
    """Refuses options that the model or the optimizer has already decided."""
    given = [f"`{name}`" for name, value in options.items() if value is not None]
    if isinstance(model, keras.Model) and model.compiled:
        names = ("optimizer", "loss", "metrics")
        given = [f"`{name}`" for name in names if getattr(components, name)] + given
        owner = "The model is compiled with an optimizer of its own"
        remedy = "give a model that is not compiled"
    elif not components.has_schedule:
        owner = "The optimizer is an object with options of its own"
        remedy = "give the optimizer by name"
    else:
        return
    if given:
        raise InputError(
            f"{owner}, which decides {' and '.join(given)}: leave that out, or "
            f"{remedy}."
        )
