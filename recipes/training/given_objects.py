"""Objects that the user gave to a run, as `config.json` keeps them."""

import json
from collections.abc import Callable
from typing import Any

import keras

from recipes import augmentation, sampling
from recipes.augmentation.base import Augmentation
from recipes.sampling.base import Rebalancing
from zoo.errors import InputError, first_line

OBJECT = "object"  # what stands for an argument that JSON does not hold
COMPONENTS = (
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.regularizers.Regularizer,
)
# By kind: its classes, what describes an object, and what makes it again.
KINDS: dict[str, tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "augmentation": (
        Augmentation,
        lambda value: value.get_config(),
        augmentation.from_config,
    ),
    "rebalancing": (
        Rebalancing,
        lambda value: value.get_config(),
        sampling.from_config,
    ),
    "component": (
        COMPONENTS,
        keras.saving.serialize_keras_object,
        keras.saving.deserialize_keras_object,
    ),
}


def described_object(value: Any) -> dict[str, Any]:
    """What an object is called, and its configuration if it can be made again.

    >>> described_object(keras.regularizers.L1(0.5))["object"]
    'L1'
    """
    is_named = hasattr(value, "__qualname__")
    name = value.__qualname__ if is_named else type(value).__qualname__
    for kind, (classes, describe, _) in KINDS.items():
        if isinstance(value, classes):
            try:
                configuration = json.loads(json.dumps(describe(value)))
            except (TypeError, ValueError, NotImplementedError):
                break
            return {OBJECT: name, "kind": kind, "configuration": configuration}
    return {OBJECT: name}


def made_again(described: dict[str, Any], argument: str) -> Any:
    """The object that `described_object` describes.

    Raises:
        InputError: If it has no configuration, or cannot be made of it.
    """
    name = described[OBJECT]
    if "configuration" not in described:
        raise InputError(
            f"The run cannot be done again by its record: its `{argument}` was an "
            f"object of yours, {name}. Call `recipes.fit` with it, or give another one "
            "in the command."
        )
    _, _, make = KINDS[described["kind"]]
    try:
        return make(described["configuration"])
    except (InputError, TypeError, ValueError) as error:
        raise InputError(
            f"The run cannot be done again by its record: its `{argument}` was an "
            f"object, {name}, which cannot be made again: {first_line(error)}"
        ) from error


def has_object(value: Any) -> bool:
    """Whether a recorded value is an object, or holds one."""
    if isinstance(value, dict):
        return OBJECT in value or any(map(has_object, value.values()))
    return isinstance(value, list) and any(map(has_object, value))
