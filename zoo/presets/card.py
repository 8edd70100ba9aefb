"""The model card: what a preset is, in words and numbers."""

import importlib.metadata
import json

import keras

from zoo.errors import InputError
from zoo.names import nearest

# What a card may say beside what the model says of itself.
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
}


def make_card(model, said: dict | None) -> dict:
    """What the user says of a model, and what it says of itself.

    Raises:
        InputError: If `said` has a key that no card has, or what JSON cannot hold.
    """
    said = dict(said or {})
    for key in said:
        if key not in KEYS:
            raise InputError(f"A card has no {key!r}; {nearest(key, KEYS)}")
    names = getattr(model, "class_names", None)
    card = {
        **said,
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
