"""What a component says of itself, and whether it can be built from that."""

import inspect
import json

import keras

from zoo.testing.promises import require


def plain_form(value):
    """What JSON keeps of a configuration, without Keras's marks of shared objects."""
    return _unmarked(json.loads(json.dumps(keras.saving.serialize_keras_object(value))))


def _unmarked(value):
    if isinstance(value, list):
        return [_unmarked(part) for part in value]
    if isinstance(value, dict):
        parts = value.items()
        return {k: _unmarked(part) for k, part in parts if k != "shared_object_id"}
    return value


def check_configuration(component, arguments: dict) -> None:
    """Fails unless `get_config` holds every constructor argument as it was given.

    Args:
        component: An instance of a class that Keras can save.
        arguments: What it was built with.
    """
    config = component.get_config()
    try:
        plain = plain_form(config)
    except TypeError as error:
        raise AssertionError(f"`get_config` is not plain: {error}.") from error
    for name in {**_needed(type(component)), **arguments}:
        require(name in config, f"`get_config` forgets the argument `{name}`.")
    for name, value in arguments.items():
        require(
            _means(plain[name], value),
            f"`{name}` was given as {value!r} and is kept as {config[name]!r}.",
        )
    again = type(component).from_config(plain_form(config))
    found = plain_form(again.get_config())
    for name in plain:
        require(
            found.get(name) == plain[name],
            f"`{name}` was {plain[name]!r} and is {found.get(name)!r} after "
            "`from_config`.",
        )


def _needed(component_class):
    """The arguments that a configuration must have.

    What is `None` unless it is given may be left out, as Keras often does.
    """
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name: parameter
        for name, parameter in inspect.signature(component_class).parameters.items()
        if parameter.kind not in variable and parameter.default is not None
    }


def _means(kept, given) -> bool:
    """Whether what is kept stands for what was given."""
    if kept == plain_form(given):
        return True
    if isinstance(kept, list) and kept:  # 3, kept as (3, 3)
        return all(_means(part, given) for part in kept)
    if isinstance(given, str) and isinstance(kept, dict):  # "mixed_float16", "relu"
        named = kept.get("config")
        return given in (named, isinstance(named, dict) and named.get("name"))
    return callable(given) and kept == getattr(given, "__name__", None)
