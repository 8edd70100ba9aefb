"""Several augmentations as one, and augmentations from their configurations."""

from recipes import augmentation as home
from recipes.augmentation.base import Augmentation
from recipes.data import randomness
from zoo.errors import InputError


class Compose(Augmentation):
    """One augmentation after another, rounded once, at the end.

    Each draws from a seed of its own, folded from the batch's, so that adding one
    at the end leaves the draws of those before it as they were.

    Args:
        *steps: Augmentations, in the order in which they are done.

    Raises:
        InputError: If there is none, one is no `Augmentation`, or they are for
            different kinds of data.

    >>> from recipes.augmentation import CropWithPadding, Flip
    >>> Compose(CropWithPadding(4), Flip())
    Compose(CropWithPadding(padding=4), Flip())

    Against Keras: `keras.layers.Pipeline`, whose layers each draw from a state of
    their own.
    """

    def __init__(self, *steps: Augmentation):
        strangers = [step for step in steps if not isinstance(step, Augmentation)]
        if strangers or not steps:
            got = repr(strangers[0]) if strangers else "none"
            raise InputError(f"Compose takes augmentations, such as Flip(); got {got}.")
        kinds = {step.kind: step for step in steps if step.kind is not None}
        if len(kinds) > 1:
            told = (f"{type(step).__name__} for {kind}" for kind, step in kinds.items())
            raise InputError(
                f"Compose takes augmentations of one kind of data; {', '.join(told)}."
            )
        object.__setattr__(self, "steps", steps)

    @property
    def kind(self) -> str | None:
        return next((step.kind for step in self.steps if step.kind is not None), None)

    @property
    def soft_targets(self) -> bool:
        return any(step.soft_targets for step in self.steps)

    def check(self, inputs, labels):
        for step in self.steps:
            step.check(inputs, labels)

    def fitted(self, inputs, codes=()):
        return Compose(*(step.fitted(inputs, codes) for step in self.steps))

    def changed(self, inputs, labels, seed):
        for number, step in enumerate(self.steps):
            inputs, labels = step.changed(inputs, labels, randomness.fold(seed, number))
        return inputs, labels

    def get_config(self) -> dict:
        steps = [step.get_config() for step in self.steps]
        return {"name": "Compose", "steps": steps}

    def __repr__(self):
        return f"Compose({', '.join(map(repr, self.steps))})"

    def __eq__(self, other):
        return isinstance(other, Compose) and self.steps == other.steps

    def __hash__(self):
        return hash(self.steps)


def from_config(config: dict) -> Augmentation:
    """The augmentation that `get_config` described, as a run's `config.json` has it.

    Raises:
        InputError: If the configuration names no augmentation, or arguments that
            it does not take.

    >>> from_config({"name": "Flip", "vertical": True})
    Flip(vertical=True)
    """
    arguments = dict(config)
    name = arguments.pop("name", None)
    kind = getattr(home, name, None) if name in home.__all__ else None
    if not isinstance(kind, type) or kind is Augmentation:
        raise InputError(f"There is no augmentation {name!r}.")
    if kind is Compose:
        return Compose(*map(from_config, arguments.get("steps", ())))
    try:
        return kind(**arguments)
    except TypeError as error:
        raise InputError(f"{name}: {error}") from error
