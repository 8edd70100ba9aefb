"""Changes to the layers of a model after its constructor, described and made again."""

import contextlib
import json
import random
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from zoo.errors import InputError

Descriptions = dict[str, dict[str, Any]]  # by the path of a layer

# What a layer tells of its variables; a file holds their values, types and shapes.
SHAPES, VARIABLES = "shapes", "variables"


def layers_by_path(model: keras.layers.Layer) -> dict[str, keras.layers.Layer]:
    """A model and its layers, by their positions in each other.

    Keras numbers the names of layers anew in each process, but not their positions. An
    input has a position too.

    >>> inner = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> list(layers_by_path(keras.Sequential([inner])))
    ['', '0', '0/0', '0/1']
    """
    found = {"": model}
    for number, layer in enumerate(
        model._flatten_layers(include_self=False, recursive=False)
    ):
        for path, inner in layers_by_path(layer).items():
            found[f"{number}/{path}".rstrip("/")] = inner
    return found


def described(model: keras.layers.Layer) -> str:
    """Everything that a configuration tells of a model's layers, as JSON."""
    layers = layers_by_path(model)
    with warnings.catch_warnings(action="ignore"):  # as of a lambda, refused later
        return json.dumps({path: _described(each) for path, each in layers.items()})


def _described(layer: keras.layers.Layer) -> dict[str, Any]:
    variables = [*layer._trainable_variables, *layer._non_trainable_variables]
    description = {
        "class": keras.saving.get_registered_name(type(layer)),
        "name": layer.name,
        "trainable": layer.trainable,
        "dtype": _plain(layer.dtype_policy),
        **_own_configuration(layer),
        VARIABLES: [
            {
                "trainable": variable.trainable,
                "regularizer": _plain(variable.regularizer),
                "constraint": _plain(variable.constraint),
            }
            for variable in variables
        ],
        SHAPES: [[variable.dtype, list(variable.shape)] for variable in variables],
    }
    automatic = keras.src.utils.naming.to_snake_case(type(layer).__name__)
    if layer.name.removeprefix(automatic).strip("_0123456789") == "":
        description["name"] = automatic
    return description


def _own_configuration(layer: keras.layers.Layer) -> dict[str, Any]:
    """The configuration without that of inner layers, which have their own paths."""
    if isinstance(layer, keras.Model):
        return {}
    config = layer.get_config()
    own = {name: _plain(value) for name, value in config.items()}
    return {
        name: value
        for name, value in own.items()
        if name not in ("name", "trainable", "dtype") and not _is_layer(value)
    }


def _is_layer(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_layer, value))
    if not isinstance(value, dict) or "class_name" not in value:
        return False
    registered = str(value.get("registered_name") or value["class_name"])
    found = keras.saving.get_registered_object(registered)
    found = found or getattr(keras.layers, registered, None)
    return isinstance(found, type) and issubclass(found, keras.layers.Layer)


def _plain(value: Any) -> Any:
    """A value as JSON holds it, without the numbers of objects in a file."""
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {
            name: _plain(part)
            for name, part in value.items()
            if name != "shared_object_id"
        }
    if value is None or isinstance(value, str | int | float):
        return value
    return _plain(keras.saving.serialize_keras_object(value))


def changes_between(twin: keras.Model, model: keras.Model) -> Descriptions:
    """What makes the layers of `twin` those of `model`; `twin` gets the changes.

    Raises:
        InputError: If a file cannot hold the difference, naming the first layer.
    """
    before, after = (json.loads(described(each)) for each in (twin, model))
    layers = layers_by_path(model)
    if before.keys() != after.keys():
        path = min(before.keys() ^ after.keys())
        done = "removed" if path in before else "added"
        layer = layers.get(path) or layers_by_path(twin)[path]
        raise _refusal(model, layer, done)
    changes: Descriptions = {}
    for path, description in after.items():
        names = description.keys() | before[path].keys()
        changed = {
            name: description.get(name)
            for name in sorted(names)
            if description.get(name) != before[path].get(name)
        }
        if "class" in changed:
            raise _refusal(model, layers[path], "put in place of another")
        changed.pop(SHAPES, None)
        if not changed:
            continue
        changes[path] = changed
        try:
            make_changes(twin, {path: changed})
        except Exception as error:  # Keras raises many types of exceptions.
            raise _refusal(model, layers[path], _changed(changed)) from error
    remaining = json.loads(described(twin))
    for path, layer in layers.items():
        names = [n for n, v in after[path].items() if remaining[path].get(n) != v]
        stored: dict[str, Any] = {}
        if path in changes and not isinstance(layer, keras.Model):
            layer.save_own_variables(stored)
            if not names and len(stored) < len(after[path][VARIABLES]):
                names = [*changes[path]]  # The file would lack a weight.
        if names:
            raise _refusal(model, layer, _changed(names))
    return changes


def _changed(names: Iterable[str]) -> str:
    return f"changed ({', '.join(sorted(names))})"


def _refusal(model: keras.Model, layer: keras.layers.Layer, done: str) -> InputError:
    return InputError(
        f"The {type(model).__name__} {model.name!r} cannot be saved: its layer "
        f"{layer.name!r} was {done} after the model was built, which its file cannot "
        "hold. Change it back, or put the layers into a `keras.Model` of your own."
    )


def make_changes(model: keras.Model, changes: Descriptions) -> None:
    """Makes changes to a freshly built model, as `changes_between` described them."""
    layers = layers_by_path(model)
    for path, changed in changes.items():
        layer = layers[path]
        others = dict(changed)
        flags = others.pop(VARIABLES, None)
        trainable = others.pop("trainable", layer.trainable)
        policy = others.pop("dtype", None)
        if "name" in others:
            layer.name = others.pop("name")
        if others:
            fresh = type(layer).from_config({**layer.get_config(), **others})
            for name in others.keys() & {*fresh.get_config(), *layer.get_config()}:
                # A recurrent layer reads many of them from its cell, which has a path.
                with contextlib.suppress(AttributeError):
                    setattr(layer, name, getattr(fresh, name))
        if policy is not None:
            layer.dtype_policy = keras.dtype_policies.get(policy)  # It may quantize.
        layer._trainable = trainable  # that of inner layers has paths of its own
        if flags is not None:
            variables = [*layer._trainable_variables, *layer._non_trainable_variables]
            for variable, flag in zip(variables, flags, strict=True):
                variable.trainable = flag["trainable"]
                variable.regularizer = keras.regularizers.get(flag["regularizer"])
                variable.constraint = keras.constraints.get(flag["constraint"])


def set_trainable(layers: Iterable[keras.layers.Layer], trainable: bool) -> None:
    """Freezes or thaws layers and all layers inside of them.

    TensorFlow does not set an attribute to the value that it has. So a frozen model
    would not freeze its layers again of which some were thawed.
    """
    for layer in layers:
        for each in layer._flatten_layers():
            each.trainable = trainable


@contextlib.contextmanager
def unchanged_randomness() -> Iterator[None]:
    """In the block a model can be built without a change to what is drawn later."""
    state = random.getstate()  # from which Keras draws the seeds of new layers
    try:
        yield
    finally:
        random.setstate(state)
