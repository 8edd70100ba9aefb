"""Finding rebalancings by name and restoring them from configurations."""

import importlib
import typing

from custom.arguments import shown
from zoo.errors import InputError
from zoo.names import nearest

if typing.TYPE_CHECKING:  # It loads NumPy and TensorFlow.
    from recipes.sampling.base import Rebalancing

_CLASSES = {
    "undersample": ("recipes.sampling.resampling", "Undersample"),
    "oversample": ("recipes.sampling.resampling", "Oversample"),
    "smote": ("recipes.sampling.smote", "Smote"),
    "smote_nc": ("recipes.sampling.smote", "SmoteNC"),
    "balanced": ("recipes.sampling.resampling", "Balanced"),
    "sqrt": ("recipes.sampling.resampling", "SquareRoot"),
    "class_weights": ("recipes.sampling.weights", "ClassWeights"),
}
NAMES = ("none", *_CLASSES)
WITHOUT_RATIO = ("none", "sqrt")


def choose(
    rebalance: "Rebalancing | str | None", ratio: float | None = None
) -> "Rebalancing | None":
    """Returns the rebalancing with a name.

    Args:
        rebalance: `None` or `"none"`; a name in `NAMES`; or a rebalancing, which is
            returned as it is.
        ratio: Target ratio of the rarest class to the largest, for names that take
            one.

    Returns:
        A `Rebalancing`, or `None` if the classes stay as they are.

    Raises:
        InputError: If the name is unknown or does not take a ratio.

    >>> choose("oversample", 0.5)
    Oversample(ratio=0.5)
    """
    from recipes.sampling.base import Rebalancing

    if isinstance(rebalance, Rebalancing):
        if ratio is not None:
            raise InputError(
                "`rebalance_ratio` only applies to a rebalancing given by name; "
                f"{rebalance!r} has its own ratio."
            )
        return rebalance
    name = "none" if rebalance is None else rebalance
    check_name(name, ratio)
    if name == "none":
        return None
    return _class_of(name)(**({} if ratio is None else {"ratio": ratio}))


def check_name(name: str, ratio: float | None = None) -> None:
    """Refuses an unknown name, or a ratio for a name that does not take one.

    This does not load TensorFlow.
    """
    if not isinstance(name, str):
        raise InputError(
            f"`rebalance` must be a name or an object of `recipes.sampling`, got "
            f"{shown(name)}."
        )
    if name not in NAMES:
        raise InputError(f"There is no rebalancing {name!r}; {nearest(name, NAMES)}")
    if ratio is not None and name in WITHOUT_RATIO:
        raise InputError(
            f"The rebalancing {name!r} does not take a ratio; leave it out, or "
            f"choose {', '.join(n for n in NAMES if n not in WITHOUT_RATIO)}."
        )


def from_config(config: dict) -> "Rebalancing":
    """Restores a rebalancing from its `get_config`, which `config.json` holds.

    Raises:
        InputError: If the configuration holds an unknown name or argument.

    >>> from_config({"name": "smote", "neighbours": 3})
    Smote(neighbours=3)
    """
    arguments = dict(config)
    name = arguments.pop("name", None)
    if not isinstance(name, str) or name not in _CLASSES:
        raise InputError(f"There is no rebalancing {name!r}.")
    try:
        return _class_of(name)(**arguments)
    except TypeError as error:
        raise InputError(f"{name}: {error}") from error


def _class_of(name):
    module, class_name = _CLASSES[name]
    return getattr(importlib.import_module(module), class_name)
