"""The model card, which describes a preset."""

import importlib.metadata
import json
from typing import Any

import keras

from zoo.errors import InputError
from zoo.names import nearest

# What a card may hold besides what the model itself tells.
KEYS = {
    "description": "one sentence: what the model does",
    "task": 'such as "image classification"',
    "data": "name of the data set",
    "data_license": "licence of the data, with its source",
    "license": "licence of the weights",
    "recipe": "the command that reproduces the weights",
    "seed": "the seed that these weights are from",
    "score": "measure, and its value on the test part: mean, least, greatest, by seed",
    "latency": "milliseconds for one example, and how it was measured",
    "inputs": "what one example is, in words",
    "limits": "what the model is not good for",
    "good_start": "data that it is a good start for, if it is trained further",
}


def make_card(model: keras.Model, entries: dict[str, Any] | None) -> dict[str, Any]:
    """The card of a model: the user's entries, and what the model itself tells."""
    entries = dict(entries or {})
    for key in entries:
        if key not in KEYS:
            raise InputError(f"A card has no {key!r}; {nearest(key, KEYS)}")
    names = getattr(model, "class_names", None)
    card = {
        **entries,
        "model": type(model).__name__,
        "parameters": model.count_params(),
        "class_names": names and list(names),
        "versions": {
            package: importlib.metadata.version(package)
            for package in ("zoo-keras", "keras")
        }
        | {"backend": keras.backend.backend()},
    }
    try:
        return json.loads(json.dumps(card, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError(f"The card cannot be written as JSON: {error}.") from error
