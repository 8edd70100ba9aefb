"""What the user gave to a run, and the command that does the run again."""

import inspect
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from recipes.data.options import Option, options_of_function
from recipes.reports.inspection.origin import command_for, flags_of
from recipes.training.fit import fit
from recipes.training.given_objects import OBJECT, described_object, has_object

# Arguments that do not change the result, or are recorded with the data.
LEFT_OUT = (
    *("data", "task", "target", "time", "window", "horizon", "validation", "test"),
    *("split", "out", "progress", "strategy"),
)
SPELLED = ("augment", "rebalance")  # whose `None` the command spells "none"
REPEATED = {"model_arguments": "--set", "metrics": "--metric"}  # options of the command


def given_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `recipes.fit` that differ from the defaults, for `config.json`.

    Args:
        arguments: All of them; those in `given` count too.

    >>> given_arguments({"model": "mlp", "seed": 0, "given": {"epochs": 3}})
    {'model': 'mlp', 'epochs': 3}
    """
    everything = {**arguments, **arguments.get("given", {})}
    callbacks = everything.get("callbacks")
    if isinstance(callbacks, list | tuple):  # It is recorded before it is checked.
        everything["callbacks"] = users_own(callbacks)
    found = {}
    for name, parameter in inspect.signature(fit).parameters.items():
        value = everything.get(name)
        if name in LEFT_OUT:
            continue
        is_default = type(value) is type(parameter.default) and (
            value == parameter.default
        )
        is_none = name in SPELLED and isinstance(value, str) and value == "none"
        is_empty = (
            value is None
            or is_none
            or (isinstance(value, list | tuple | dict) and not value)
        )
        if name == "model" or not (is_default or is_empty):
            found[name] = _recorded(value)
    return found


def users_own(callbacks: Iterable[Any]) -> list[Any]:
    """The callbacks that are not those of an experiment of this package."""
    return [
        each for each in callbacks if not type(each).__module__.startswith("recipes.")
    ]


def _recorded(value: Any) -> Any:
    """A value as JSON holds it; an object as `described_object` describes it."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {str(name): _recorded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_recorded(each) for each in value]
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return described_object(value)


def command_of(config: Mapping[str, Any]) -> str:
    """The command that does a run again; with objects, the call.

    Args:
        config: What `config.json` records.

    Returns:
        The command, or nothing for a run of an earlier version.
    """
    given = dict(config["training"].get("given") or {})
    if "model" not in given:
        return ""
    origin = dict(config["data"]["origin"] or {})
    model, source = given.pop("model"), origin.pop("source", None)
    objects = has_object([model, *given.values()])
    if objects or not isinstance(source, str):
        named = {"source": source, **origin} if source else {}
        told = "".join(f", {name}={_python(value)}" for name, value in given.items())
        loaded = "".join(f", {k}={v!r}" for k, v in named.items() if k != "source")
        data = f"recipes.load({source!r}{loaded})" if named else "data"
        return f"recipes.fit({_python(model)}, {data}{told})"
    options = options_of_function(fit)
    words = [word for name in given for word in _words(options[name], given[name])]
    return f"{command_for(model, source, origin)} {shlex.join(words)}".rstrip()


def _words(option: Option, value: Any) -> list[str]:
    """An argument of `recipes.fit` as `zoo fit` spells it."""
    flag = REPEATED.get(option.name)
    if flag is None:
        return flags_of(option, value)
    if isinstance(value, dict):
        value = [f"{name}={json.dumps(each)}" for name, each in value.items()]
    return [word for each in value for word in (flag, str(each))]


def _python(value: Any) -> str:
    """A recorded value in a call; an object by its class."""
    is_object = isinstance(value, dict) and OBJECT in value
    return f"{value[OBJECT]}(…)" if is_object else repr(value)
