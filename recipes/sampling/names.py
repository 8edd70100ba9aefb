"""Rebalancings by name, and from their configurations."""

import difflib
import importlib

from zoo.errors import InputError

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


def choose(rebalance, ratio: float | None = None):
    """The rebalancing that is meant.

    Args:
        rebalance: `None` or `"none"`; a name of `NAMES`; or a rebalancing, which is
            given back.
        ratio: The rarest class to the largest, for a name that takes one.

    Returns:
        A `Rebalancing`, or `None` for none.

    Raises:
        InputError: If there is no such name, or it takes no ratio.

    >>> choose("oversample", 0.5)
    Oversample(ratio=0.5)
    """
    from recipes.sampling.base import Rebalancing

    if isinstance(rebalance, Rebalancing):
        if ratio is not None:
            raise InputError(
                f"`rebalance_ratio` is for a rebalancing given by name; {rebalance!r} "
                "has its own."
            )
        return rebalance
    name = "none" if rebalance is None else rebalance
    check_name(name, ratio)
    if name == "none":
        return None
    return _class_of(name)(**({} if ratio is None else {"ratio": ratio}))


def check_name(name: str, ratio: float | None = None) -> None:
    """Refuses what is no name, or a ratio that it does not take.

    Loads no TensorFlow.

    Raises:
        InputError: Naming the nearest, or all.
    """
    if not isinstance(name, str):
        raise InputError(
            f"`rebalance` must be a name or an object of `recipes.sampling`, got "
            f"{name!r}."
        )
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = (
            f"did you mean {near[0]!r}?" if near else f"there are {', '.join(NAMES)}."
        )
        raise InputError(f"There is no rebalancing {name!r}; {hint}")
    if ratio is not None and name in WITHOUT_RATIO:
        raise InputError(
            f"The rebalancing {name!r} takes no ratio; leave it out, or choose "
            f"{', '.join(n for n in NAMES if n not in WITHOUT_RATIO)}."
        )


def from_config(config: dict):
    """The rebalancing that `get_config` described, as a run's `config.json` has it.

    Raises:
        InputError: If the configuration names none, or arguments that it does not
            take.

    >>> from_config({"name": "smote", "neighbours": 3})
    Smote(neighbours=3)
    """
    arguments = dict(config)
    name = arguments.pop("name", None)
    if name not in _CLASSES:
        raise InputError(f"There is no rebalancing {name!r}.")
    try:
        return _class_of(name)(**arguments)
    except TypeError as error:
        raise InputError(f"{name}: {error}") from error


def _class_of(name):
    module, kind = _CLASSES[name]
    return getattr(importlib.import_module(module), kind)
