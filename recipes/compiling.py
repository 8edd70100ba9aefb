"""A model with its optimizer and loss, ready for a data set."""

import keras

from recipes.building import build
from recipes.dataset import Dataset
from recipes.evaluation import check_fit
from recipes.pipeline import steps_per_epoch
from recipes.record import loss_name, precision_of
from recipes.settings import Settings, make_optimizer
from recipes.slowdown import hold_as_schedule
from zoo.errors import InputError
from zoo.exporting.answers import Answers


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
    answers = Answers(model)
    check_fit(answers, dataset)
    if soft_targets:
        _check_soft_targets(model, answers.activation)
    if not model.compiled:
        steps = steps_per_epoch(len(dataset.train), settings.batch_size)
        model.compile(
            optimizer=make_optimizer(settings, steps),
            loss=_cross_entropy(answers.activation, soft_targets),
            metrics=["accuracy"],
        )
    if settings.jit_compile is not None:
        model.jit_compile = settings.jit_compile
    if settings.on_nan == "restore":
        hold_as_schedule(model.optimizer)
    if not model.optimizer.built:
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


def has_soft_targets(augment) -> bool:
    """Whether an augmentation mixes examples: no class number is the target then."""
    return getattr(augment, "soft_targets", False)


def _check_soft_targets(model: keras.Model, activation: str) -> None:
    """Refuses a model that cannot learn from probabilities of the classes."""
    if activation == "sigmoid":
        raise InputError(
            "The augmentation gives a probability for each class, and the model ends "
            "in a single sigmoid: end it in a softmax of two, or leave out mixing and "
            "label smoothing."
        )
    if model.compiled and "sparse" in loss_name(model.loss):
        raise InputError(
            f"The augmentation gives targets as probabilities; the model's loss "
            f"{loss_name(model.loss)!r} takes class numbers. Compile it with "
            "'categorical_crossentropy', or leave out mixing and label smoothing."
        )


def _cross_entropy(activation: str, soft_targets: bool) -> keras.losses.Loss:
    """The loss for a model that ends in `activation`."""
    if activation == "sigmoid":
        return keras.losses.BinaryCrossentropy()
    logits = activation == "linear"
    if soft_targets:
        return keras.losses.CategoricalCrossentropy(from_logits=logits)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
