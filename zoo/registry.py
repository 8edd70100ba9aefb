"""Which models there are, by name."""

import dataclasses
import difflib
import fnmatch
import importlib
import inspect

from zoo.errors import InputError
from zoo.kinds import Kind


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model family, described without importing it.

    Attributes:
        class_path: `module:Class` of the model.
        inputs: The kinds of data it learns from, as `recipes.Dataset.kind` names them.
        summary: The first line of the class's docstring.
    """

    class_path: str
    inputs: tuple[Kind, ...]
    summary: str

    def load(self) -> type:
        """Imports the model's class, and with it Keras."""
        module, name = self.class_path.split(":")
        return getattr(importlib.import_module(module), name)


MODELS = {
    "cnn": Entry(
        "zoo.models.cnn:CNN",
        (Kind.IMAGES,),
        "Convolutional network for small images.",
    ),
    "dcgan": Entry(
        "zoo.models.dcgan:DCGAN",
        (Kind.IMAGES,),
        "Generator of small images, trained against a discriminator.",
    ),
    "mlp": Entry(
        "zoo.models.mlp:MLP",
        (Kind.IMAGES, Kind.TABLE),
        "Multilayer perceptron for images and tables.",
    ),
    "perceptron": Entry(
        "zoo.models.perceptron:Perceptron",
        (Kind.TABLE,),
        "One unit that separates two classes by a straight line: Rosenblatt's "
        "perceptron.",
    ),
    "recurrent": Entry(
        "zoo.models.recurrent:RecurrentNetwork",
        (Kind.TEXT, Kind.AUDIO, Kind.SEQUENCES),
        "Recurrent network for sequences: numbers, tokens, text or audio.",
    ),
}


def list_models(pattern: str = "*") -> list[str]:
    """Names of the models, in alphabetical order.

    Args:
        pattern: Shell-style wildcard that the names must match.

    >>> list_models()
    ['cnn', 'dcgan', 'mlp', 'perceptron', 'recurrent']
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
        raise InputError(f"There is no model {name!r}; {nearest(name, MODELS)}")
    return MODELS[name]


def create(name: str, /, **arguments):
    """Builds a model by name.

    Args:
        name: One of `list_models()`.
        **arguments: Passed to the model's class.

    Returns:
        The Keras model, built but not compiled.

    Raises:
        InputError: If there is no such model, it has no such argument, or an
            argument's value is not allowed.

    >>> import zoo
    >>> zoo.create("mlp", input_shape=(4,), num_classes=3).output_shape
    (None, 3)
    """
    model_class = find(name).load()
    parameters = inspect.signature(model_class).parameters
    for argument in arguments:
        if argument not in parameters:
            hint = nearest(argument, parameters)
            raise InputError(f"The model {name!r} has no argument {argument!r}; {hint}")
    try:
        return model_class(**arguments)
    except ValueError as error:
        raise InputError(str(error)) from error


def register_all() -> None:
    """Imports every class that a file of ours may name, so that Keras knows it."""
    for entry in MODELS.values():
        entry.load()
    for kind in ("activations", "layers", "losses", "optimizers", "regularizers"):
        importlib.import_module(f"custom.{kind}")


def nearest(name: str, names) -> str:
    """What to say to somebody who wrote `name` where one of `names` is meant."""
    near = difflib.get_close_matches(str(name).lower(), names, cutoff=0.4)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"there are {', '.join(sorted(names))}."
