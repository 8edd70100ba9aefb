"""Which models there are, by name."""

import dataclasses
import difflib
import fnmatch
import importlib

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model family, described without importing it.

    Attributes:
        class_path: `module:Class` of the model.
        inputs: The kinds of data it takes, as `recipes.Dataset.kind` names them.
        summary: The first line of the class's docstring.
    """

    class_path: str
    inputs: tuple[str, ...]
    summary: str

    def load(self) -> type:
        """Imports the model's class, and with it Keras."""
        module, name = self.class_path.split(":")
        return getattr(importlib.import_module(module), name)


MODELS = {
    "cnn": Entry(
        "zoo.cnn:CNN",
        ("images",),
        "Convolutional network for small images.",
    ),
    "mlp": Entry(
        "zoo.mlp:MLP",
        ("images", "table"),
        "Multilayer perceptron for images and tables.",
    ),
}


def list_models(pattern: str = "*") -> list[str]:
    """Names of the models, in alphabetical order.

    Args:
        pattern: Shell-style wildcard that the names must match.

    >>> list_models()
    ['cnn', 'mlp']
    >>> list_models("c*")
    ['cnn']
    """
    return sorted(fnmatch.filter(MODELS, pattern))


def find(name: str) -> Entry:
    """The entry of a model.

    Raises:
        InputError: If there is no such model; names the nearest ones.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(str(name), MODELS, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise InputError(
            f"There is no model {name!r}; {hint or 'the models are '}"
            f"{'' if near else ', '.join(list_models())}".rstrip()
        )
    return MODELS[name]


def create(name: str, **arguments):
    """Builds a model by name.

    Args:
        name: One of `list_models()`.
        **arguments: Passed to the model's class.

    Returns:
        The Keras model, built but not compiled.

    Raises:
        InputError: If there is no such model, or it has no such argument.
        ValueError: If an argument's value is not allowed.

    >>> import zoo
    >>> zoo.create("mlp", input_shape=(4,), num_classes=3).output_shape
    (None, 3)
    """
    model_class = find(name).load()
    return model_class(**arguments)
