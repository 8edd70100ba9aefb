"""Checks that a component can be rebuilt from its configuration."""

import inspect
import json
from typing import Any

import keras

from zoo.testing.checks import require


def plain_form(value: Any) -> Any:
    """A configuration as JSON, without Keras's marks of shared objects."""
    return _unmarked(json.loads(json.dumps(keras.saving.serialize_keras_object(value))))


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(part) for part in value]
    if isinstance(value, dict):
        parts = value.items()
        return {k: _unmarked(part) for k, part in parts if k != "shared_object_id"}
    return value


def check_configuration(component: Any, arguments: dict[str, Any]) -> None:
    """Fails unless `get_config` returns every constructor argument as it was given."""
    config = component.get_config()
    try:
        plain = plain_form(config)
    except TypeError as error:
        raise AssertionError(f"`get_config` is not plain: {error}.") from error
    for name in {**_required(type(component)), **arguments}:
        require(name in config, f"`get_config` forgets the argument `{name}`.")
    for name, value in arguments.items():
        require(
            _represents(plain[name], value),
            f"`{name}` was given as {value!r}, but `get_config` has {config[name]!r}.",
        )
    rebuilt = type(component).from_config(plain_form(config))
    found = plain_form(rebuilt.get_config())
    for name in plain:
        require(
            found.get(name) == plain[name],
            f"`{name}` was {plain[name]!r}, but is {found.get(name)!r} after "
            "`from_config`.",
        )


def _required(component_class: type) -> dict[str, inspect.Parameter]:
    """The arguments that a configuration must contain.

    Arguments whose default is `None` may be left out, as Keras often does.
    """
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name: parameter
        for name, parameter in inspect.signature(component_class).parameters.items()
        if parameter.kind not in variable and parameter.default is not None
    }


def _represents(stored: Any, given: Any) -> bool:
    """Whether a stored value stands for the given one."""
    if stored == plain_form(given):
        return True
    if isinstance(stored, list) and stored:  # 3, stored as (3, 3)
        return all(_represents(part, given) for part in stored)
    if isinstance(given, str) and isinstance(stored, dict):  # "mixed_float16", "relu"
        config = stored.get("config")
        return given in (config, isinstance(config, dict) and config.get("name"))
    return callable(given) and stored == getattr(given, "__name__", None)
