"""The arguments of `recipes.fit` that the runs of an experiment have in common."""

import inspect
import json
from collections.abc import Mapping
from typing import Any

from custom.arguments import shown
from recipes.data.options import checked_arguments, options_of_function
from recipes.training.fit import fit
from recipes.training.new_run import OF_DATA
from zoo.errors import InputError
from zoo.names import check_arguments

NOT_IN_RUNS = ("data", "callbacks", "out", "progress", *OF_DATA)


def arguments_of_fit(
    model: Any, data: Any, given: Mapping[str, Any], noun: str
) -> dict[str, Any]:
    """All arguments of `recipes.fit`, checked, such that they can be written down.

    Args:
        model: Name of the model.
        data: The data.
        given: The other arguments that are given.
        noun: What the runs are for, such as `"a search"`.

    Raises:
        InputError: If one does not exist, cannot be used, or is an object.
    """
    if not isinstance(model, str):
        raise InputError(
            f"`model` must be a name, whose settings can vary, got {shown(model)}."
        )
    check_arguments(noun.capitalize(), fit, given)
    if given.get("preset") is not None:
        raise InputError(
            f"`preset` is not for {noun}, which makes models from settings: refine it "
            "by `recipes.fit` (zoo fit --preset), or by folds (--folds 5)."
        )
    for name in ("callbacks", "out"):
        if given.get(name) is not None:
            raise InputError(f"`{name}` is not for the runs of {noun}.")
    for name, value in given.items():
        if name not in OF_DATA and not _is_plain(value):
            raise InputError(
                f"`{name}` must be given by name in {noun}, so that it can be "
                f"continued, got {shown(value)}."
            )
    bound = checked_arguments(fit, model=model, data=data, **given)
    bound.apply_defaults()
    return bound.arguments


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def told_arguments(bound: Mapping[str, Any]) -> dict[str, Any]:
    """Those of all arguments that differ from the defaults; the data are kept apart."""
    defaults = inspect.signature(fit).parameters
    return {
        name: value
        for name, value in bound.items()
        if name not in NOT_IN_RUNS
        and (name in ("model", "seed") or value != defaults[name].default)
    }


def with_settings(
    arguments: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments with settings of `recipes.fit` and of the model's constructor."""
    options = options_of_function(fit)
    of_model = {n: v for n, v in settings.items() if n not in options}
    own = {n: v for n, v in settings.items() if n in options}
    given = arguments.get("model_arguments") or {}
    return {**arguments, **own, "model_arguments": {**given, **of_model}}
