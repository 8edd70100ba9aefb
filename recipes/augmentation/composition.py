"""Composing augmentations, and restoring them from their configurations."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from custom.arguments import shown
from recipes import augmentation
from recipes.augmentation.base import Augmentation, Batch
from recipes.data import randomness
from zoo.errors import InputError
from zoo.kinds import Kind


class Compose(Augmentation):
    """Applies several augmentations in order and rounds once, at the end.

    Each draws from its own seed, folded from the seed of the batch, so adding an
    augmentation at the end does not change the draws of those before it.

    Args:
        *steps: Augmentations, in the order in which they are applied.

    Raises:
        InputError: If there are none, one is not an `Augmentation`, or they are for
            different kinds of data.

    >>> from recipes.augmentation import CropWithPadding, Flip
    >>> Compose(CropWithPadding(4), Flip())
    Compose(CropWithPadding(padding=4), Flip())

    Compared with Keras: in `keras.layers.Pipeline` each layer draws from its own state.
    """

    steps: tuple[Augmentation, ...]

    def __init__(self, *steps: Augmentation) -> None:
        others = [step for step in steps if not isinstance(step, Augmentation)]
        if others or not steps:
            got = repr(others[0]) if others else "none"
            raise InputError(f"Compose takes augmentations, such as Flip(); got {got}.")
        kinds = {step.kind: step for step in steps if step.kind is not None}
        if len(kinds) > 1:
            found = (f"{type(step).__name__} for {k}" for k, step in kinds.items())
            raise InputError(
                "Compose takes augmentations of one kind of data, got "
                f"{', '.join(found)}."
            )
        object.__setattr__(self, "steps", steps)

    @property
    def kind(self) -> Kind | None:  # type: ignore[override]
        return next((step.kind for step in self.steps if step.kind is not None), None)

    @property
    def soft_targets(self) -> bool:  # type: ignore[override]
        return any(step.soft_targets for step in self.steps)

    def check(self, inputs: tf.Tensor, labels: tf.Tensor) -> None:
        for step in self.steps:
            step.check(inputs, labels)

    def fitted(self, inputs: np.ndarray, codes: Sequence[int] = ()) -> "Compose":
        return Compose(*(step.fitted(inputs, codes) for step in self.steps))

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        for number, step in enumerate(self.steps):
            inputs, labels = step.changed(inputs, labels, randomness.fold(seed, number))
        return inputs, labels

    def get_config(self) -> dict:
        steps = [step.get_config() for step in self.steps]
        return {"name": "Compose", "steps": steps}

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.steps))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compose) and self.steps == other.steps

    def __hash__(self) -> int:
        return hash(self.steps)


def from_config(config: dict) -> Augmentation:
    """Restores an augmentation from its `get_config`, which `config.json` holds.

    Raises:
        InputError: If the configuration holds an unknown name or argument.

    >>> from_config({"name": "Flip", "vertical": True})
    Flip(vertical=True)
    """
    if not isinstance(config, dict):
        raise InputError(f"An augmentation has a dictionary, got {shown(config)}.")
    arguments = dict(config)
    name = arguments.pop("name", None)
    found = getattr(augmentation, name, None) if name in dir(augmentation) else None
    if not isinstance(found, type) or found is Augmentation:
        raise InputError(f"There is no augmentation {name!r}.")
    try:
        if found is Compose:
            return Compose(*map(from_config, arguments.get("steps", ())))
        return found(**arguments)
    except TypeError as error:
        raise InputError(f"{name}: {error}") from error
