"""A model with its optimizer and loss, ready for a data set."""

import keras

from recipes.data.dataset import Dataset
from recipes.pipeline import steps_per_epoch
from recipes.training.models import build
from recipes.training.rate_halving import hold_as_schedule
from recipes.training.run_config import precision_of
from recipes.training.settings import Settings
from recipes.training.tasks import task_of
from zoo.errors import InputError


def check_backend() -> None:
    """Refuses backends that training runs do not know.

    Raises:
        InputError: On any other than TensorFlow.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(
            f"`recipes.fit` trains on the TensorFlow backend, and this is {backend}. "
            "Here `model.fit(recipes.training_batches(...))` learns from the same "
            "batches; see docs/training.md."
        )


def prepare(
    model: str | keras.Model,
    dataset: Dataset,
    settings: Settings,
    model_arguments: dict,
    *,
    soft_targets: bool = False,
) -> keras.Model:
    """A model built for the data set and compiled for training.

    Raises:
        InputError: If the model does not take such data, or its loss no
            `soft_targets`, which are probabilities instead of class numbers.
    """
    if isinstance(model, str):
        precision = {"dtype": settings.precision} if settings.precision else {}
        model = build(model, dataset, {**precision, **model_arguments})
    else:
        _check_built(model, settings, model_arguments)
    task = task_of(model)
    task.check(model, dataset, soft_targets)
    if not model.compiled:
        steps = steps_per_epoch(len(dataset.train), settings.batch_size)
        task.compile(model, settings, steps, soft_targets)
    if settings.jit_compile is not None:
        model.jit_compile = settings.jit_compile
    if settings.on_nan == "restore":
        hold_as_schedule(model.optimizer)
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return model


def _check_built(model: keras.Model, settings: Settings, model_arguments: dict):
    """Refuses what a model that is built, or compiled, has decided itself."""
    if model_arguments:
        raise InputError(
            "`model_arguments` are for a model given by name; this one is built."
        )
    if settings.precision not in (None, precision_of(model)):
        raise InputError(
            f"`precision` {settings.precision!r} is for a model given by name; this "
            f"one is built in {precision_of(model)!r}: give `dtype` to its layers."
        )


def check_optimizer(model: str | keras.Model, **options) -> None:
    """Refuses options of the optimizer where the model is compiled with its own.

    Raises:
        InputError: If one is not `None` then.
    """
    given = [f"`{name}`" for name, value in options.items() if value is not None]
    if given and isinstance(model, keras.Model) and model.compiled:
        raise InputError(
            f"The model is compiled with an optimizer of its own, which decides "
            f"{' and '.join(given)}: leave that out, or give a model that is not "
            "compiled."
        )
