"""Whether a loss or a metric fits a classifier, and which targets it compares with."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from custom.losses import (
    DiscriminatorLoss,
    MinimaxGeneratorLoss,
    NonSaturatingGeneratorLoss,
)
from recipes.training.components import Named
from recipes.training.run_config import loss_name
from zoo.errors import InputError
from zoo.targets import Forecast, Multiclass, Multilabel, Regression, SequenceLabels
from zoo.targets.step_means import MeanOverSteps

GAN_LOSSES = (DiscriminatorLoss, MinimaxGeneratorLoss, NonSaturatingGeneratorLoss)
OF_ONE_CLASS = ("categorical", "hinge", "generator", "discriminator")
OF_CLASSES = ("entropy", "hinge", "categorical", "accuracy", "auc", "generator")
# The output of a perceptron, −1 or +1, is not a probability.
SIGN_LOSSES = (keras.losses.Hinge, keras.losses.SquaredHinge)


def loss_for(given: Any, target: Any) -> Any:
    """The loss that the user gave, for what the model answers."""
    if isinstance(target, Regression | Forecast):
        loss = given.create() if isinstance(given, Named) else given
        return target.standardized(loss)
    if isinstance(target, Multilabel):
        return given.create() if isinstance(given, Named) else given
    if isinstance(target, SequenceLabels):
        return MeanOverSteps(loss_for(given, target.of_step))
    are_logits = target.ending.from_logits
    loss = given
    if isinstance(given, Named):
        takes_logits = given.takes("from_logits")
        loss = given.create(**({"from_logits": are_logits} if takes_logits else {}))
    if isinstance(loss, GAN_LOSSES):
        raise InputError(
            f"The loss {loss.name!r} is for a DCGAN, not for a classifier."
        )
    if target.activation == "sign" and not isinstance(loss, SIGN_LOSSES):
        raise InputError(
            f"The loss {loss_name(loss)!r} does not fit a perceptron, whose output is "
            "−1 or +1: give 'keras.hinge' or 'keras.squared_hinge'."
        )
    config = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    if config.get("from_logits", are_logits) != are_logits:
        expected, ending = ("probabilities", "logits")[:: 1 if are_logits else -1]
        raise InputError(
            f"The loss {loss.name!r} expects {expected}, and the model ends in "
            f"{ending}: set `from_logits={are_logits}`."
        )
    return loss


def learns_from_soft_targets(
    components: Iterable[Any], target: Multiclass, augmented: bool
) -> bool:
    """Whether losses and metrics compare probabilities instead of class numbers.

    Each is called once, on targets and outputs of a few examples.
    """
    num_classes = target.num_classes
    count = num_classes + 1  # Differs from the number of classes: no broadcasting.
    numbers = np.arange(count) % num_classes
    single = target.ending.single
    outputs = np.full((count, 1 if single else num_classes), 0.5, "float32")
    targets = {False: numbers}
    if not single:
        targets[True] = np.eye(num_classes, dtype="float32")[numbers]
    accepted = {}
    for component in components:
        refusals = {
            soft: _refusal(component, given, outputs) for soft, given in targets.items()
        }
        accepted[component] = {
            soft for soft, refusal in refusals.items() if not refusal
        }
        if not accepted[component]:
            raise InputError(
                f"{_described(component)} does not fit a classifier of {num_classes} "
                f"classes: {next(iter(refusals.values()))}"
            )
    allowed = {True} if augmented else {False, True}
    for component, forms in accepted.items():
        if not allowed & forms:
            takes = "probabilities of" if True in forms else "numbers of"
            raise InputError(
                f"{_described(component)} compares {takes} the classes, and another "
                "loss or metric, or the augmentation, needs targets of the other kind: "
                "leave one out."
            )
        allowed &= forms
    return False not in allowed


def check_fits_numbers(components: Iterable[Any], count: int) -> None:
    """Refuses losses and metrics that do not compare `(n, count)` numbers."""
    targets = np.linspace(1, 2, (count + 1) * count, dtype="float32")
    targets = targets.reshape(count + 1, count)
    for component in components:
        name = loss_name(component)
        is_of_classes = any(word in name for word in OF_CLASSES)
        refusal = _refusal(component, targets, targets + 1)
        if is_of_classes or refusal:
            raise InputError(
                f"{_described(component)} does not fit a model that answers with "
                f"numbers: {refusal or 'it compares classes'}"
            )


def check_fits_labels(components: Iterable[Any], count: int) -> None:
    """Refuses losses and metrics that do not compare `(n, count)` zeros and ones."""
    targets = np.indices((count + 1, count)).sum(axis=0) % 2
    for component in components:
        name = loss_name(component)
        is_of_one = any(word in name for word in OF_ONE_CLASS)
        refusal = _refusal(
            component, targets.astype("float32"), np.full(targets.shape, 0.5, "float32")
        )
        if is_of_one or refusal:
            raise InputError(
                f"{_described(component)} does not fit a model that gives any number "
                f"of labels: {refusal or 'it compares one class per example'}"
            )


def _refusal(component: Any, targets: np.ndarray, outputs: np.ndarray) -> str | None:
    """The reason why a loss or a metric refuses such targets, or `None`."""
    name, soft = loss_name(component), targets.ndim == 2
    if outputs.shape[1] > 1 and "categorical" in name and ("sparse" in name) == soft:
        return "it compares targets of another form"
    try:
        if isinstance(component, keras.metrics.Metric):
            component.update_state(targets, outputs)
            component.reset_state()
            return None
        value = component(*map(keras.ops.convert_to_tensor, (targets, outputs)))
        if keras.ops.size(value) not in (1, len(targets)):
            return "it does not give one number for each example"
    except Exception as error:  # Losses raise many types of exceptions.
        return str(error).strip().partition("\n")[0][:200]
    return None


def _described(component: Any) -> str:
    is_metric = isinstance(component, keras.metrics.Metric)
    return f"The {'metric' if is_metric else 'loss'} {loss_name(component)!r}"
