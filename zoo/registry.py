"""Registry of the model families by name; `register_model` adds your own."""

import dataclasses
import fnmatch
import importlib
import inspect
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from custom.arguments import shown
from zoo.errors import InputError, first_line
from zoo.kinds import Kind, kind_named
from zoo.names import check_arguments, nearest

WRONG = (TypeError, ValueError, AttributeError, ArithmeticError, LookupError)
ModelClass = TypeVar("ModelClass", bound=type)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model family.

    Attributes:
        model: The class, or `"module:Class"` of one that is not imported yet.
        kinds: The kinds of data that it learns from.
        summary: The first line of the class's docstring.
        defaults_of: Name of the family whose defaults `recipes.fit` trains it with.
        arguments: Constructor arguments that its name says.
    """

    model: type | str
    kinds: tuple[Kind, ...]
    summary: str
    defaults_of: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def load(self) -> type:
        """The model's class; imports it, and with it Keras."""
        if isinstance(self.model, type):
            return self.model
        module, name = self.model.split(":")
        return getattr(importlib.import_module(module), name)

    @property
    def path(self) -> str:
        """`"module:Class"`."""
        if isinstance(self.model, str):
            return self.model
        return f"{self.model.__module__}:{self.model.__qualname__}"


_entries: dict[str, Entry] = {}
MODELS = types.MappingProxyType(_entries)  # to read

# Networks of other packages: they are called by their package and their own name, such
# as "keras:ResNet50".
BACKBONES = {
    "keras": Entry(
        "zoo.models.backbone:Backbone",
        (Kind.IMAGES,),
        "Networks of keras.applications, such as keras:ResNet50; zoo list 'keras:*' "
        "lists them.",
        "backbone",
    ),
}


def register_model(
    name: str,
    model: Any = None,
    *,
    kinds: Iterable[str],
    summary: str | None = None,
    defaults_of: str | None = None,
) -> Any:
    """Adds your own model family to the zoo.

    It then appears in `zoo.list_models()` and `zoo list`, is built by `zoo.create`,
    trained by `recipes.fit` and `zoo fit`, and tried by `zoo.testing.check_model`. A
    command of `zoo` sees it with `--import MODULE`.

    `recipes.fit` builds it with those of the arguments `input_shape`, `num_classes`,
    `class_names`, `columns`, `inputs`, `vocabulary` and `sample_rate` that its
    constructor has and the data give, and calls `adapt` with the training inputs if
    it has such a method. A class that is not registered with Keras yet is registered
    under the name of its module, so that its files can be read again; it needs a
    `get_config` that holds its constructor arguments. `recipes.search` varies the
    constructor arguments that the attribute `search_space` of the class names, as in
    `{"dropout": "0:0.5", "widths": "[16,32],[32,64]"}`.

    Args:
        name: A new name: letters, digits, `_`, `-` and `.`.
        model: The class; or `"module:Class"`, which is imported when it is first used.
            Without it, `register_model` is a decorator of the class.
        kinds: The kinds of data that it learns from, names of `zoo.kinds.Kind`.
        summary: One line that says what it is. Default: the first line of the class's
            docstring.
        defaults_of: Name of a family whose optimizer, learning rate and number of
            epochs suit this one too. Default: Adam with learning rate 0.001.

    Returns:
        The class, or the decorator.

    Raises:
        ValueError: If the name is taken or not allowed, a kind or the family of
            `defaults_of` does not exist, or there is no summary.

    >>> import keras, zoo
    >>> @zoo.register_model("linear", kinds=["table"])
    ... class Linear(keras.Sequential):
    ...     '''Linear classifier for tables.'''
    ...     def __init__(self, input_shape, num_classes, name="linear"):
    ...         inputs = keras.Input(input_shape)
    ...         super().__init__([inputs, keras.layers.Dense(num_classes)], name=name)
    >>> zoo.create("linear", input_shape=(4,), num_classes=3).output_shape
    (None, 3)
    >>> zoo.registry.unregister_model("linear")
    """
    if model is None:

        def decorate(model_class: ModelClass) -> ModelClass:
            register_model(
                name, model_class, kinds=kinds, summary=summary, defaults_of=defaults_of
            )
            return model_class

        return decorate
    if not re.fullmatch(r"[\w.-]+", str(name)):
        raise ValueError(
            f"`name` must hold letters, digits, '_', '-' and '.' only, got {name!r}."
        )
    if defaults_of not in (None, *MODELS):
        hint = nearest(defaults_of, MODELS)
        raise ValueError(
            f"`defaults_of` must be the name of a model, got {defaults_of!r}; {hint}"
        )
    if isinstance(model, type) and not summary:
        summary = (inspect.getdoc(model) or "").partition("\n")[0]
    if not summary:
        raise ValueError(f"Give `summary`, or {name!r} a docstring: one line.")
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    entry = Entry(model, tuple(map(kind_named, kinds)), summary, defaults_of or name)
    # A module may be imported again; its class then replaces the earlier one.
    if name in MODELS and MODELS[name].path != entry.path:
        raise ValueError(
            f"There is a model {name!r} already, {MODELS[name].path}: give "
            f"{entry.path} another name."
        )
    if isinstance(model, type):
        _register_with_keras(model)
    _entries[name] = entry
    return model


def unregister_model(name: str) -> None:
    """Removes a family again, such as at the end of a test.

    Raises:
        InputError: If there is no such model.
    """
    find(name)
    del _entries[name]


def _register_with_keras(model: type) -> None:
    import keras

    # An unregistered class has its bare name there.
    if ">" not in keras.saving.get_registered_name(model):
        package = model.__module__.partition(".")[0]
        keras.saving.register_keras_serializable(package)(model)


register_model(
    "cnn",
    "zoo.models.cnn:CNN",
    kinds=[Kind.IMAGES],
    summary="Convolutional network for small images.",
)
register_model(
    "dcgan",
    "zoo.models.dcgan:DCGAN",
    kinds=[Kind.IMAGES],
    summary="Generator of small images, trained against a discriminator.",
)
register_model(
    "mlp",
    "zoo.models.mlp:MLP",
    kinds=[Kind.IMAGES, Kind.TABLE],
    summary="Multilayer perceptron for images and tables.",
)
register_model(
    "perceptron",
    "zoo.models.perceptron:Perceptron",
    kinds=[Kind.TABLE],
    summary="One unit that separates two classes by a straight line: Rosenblatt's "
    "perceptron.",
)
register_model(
    "recurrent",
    "zoo.models.recurrent:RecurrentNetwork",
    kinds=[Kind.TEXT, Kind.AUDIO, Kind.SEQUENCES],
    summary="Recurrent network for sequences: numbers, tokens, text or audio.",
)


def list_models(pattern: str = "*") -> list[str]:
    """Names of the models, in alphabetical order.

    Args:
        pattern: Shell-style wildcard that the names must match.

    >>> list_models()
    ['cnn', 'dcgan', 'mlp', 'perceptron', 'recurrent']
    >>> list_models("c*")
    ['cnn']
    >>> list_models("keras:MobileNetV2")
    ['keras:MobileNetV2']
    """
    if pattern.startswith("keras:"):
        from zoo.models.applications import applications

        return sorted(fnmatch.filter((f"keras:{n}" for n in applications()), pattern))
    return sorted(fnmatch.filter(MODELS, pattern))


def find(name: str) -> Entry:
    """The entry of a model.

    Raises:
        InputError: If there is no such model.
    """
    package, _, network = name.partition(":") if isinstance(name, str) else ("",) * 3
    if package in BACKBONES:
        from zoo.models.applications import find_application

        find_application(network)
        return dataclasses.replace(
            BACKBONES[package],
            summary=f"{network} of keras.applications.",
            arguments={"application": network},
        )
    if not isinstance(name, str) or name not in MODELS:
        raise InputError(f"There is no model {shown(name)}; {nearest(name, MODELS)}")
    return MODELS[name]


def defaults_of(name: str) -> str:
    """The family whose defaults a model is trained with; unknown names are their own.

    >>> defaults_of("keras:ResNet50"), defaults_of("mine")
    ('backbone', 'mine')
    """
    entry = MODELS.get(name) or BACKBONES.get(name.partition(":")[0])
    return name if entry is None else entry.defaults_of


def create(name: str, /, **arguments: Any) -> Any:
    """Builds a model by name.

    Args:
        name: One of `list_models()`, or a backbone such as `"keras:ResNet50"`.
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
    entry = find(name)
    model_class, arguments = entry.load(), {**entry.arguments, **arguments}
    check_arguments(f"The model {name!r}", model_class, arguments)
    try:
        return model_class(**arguments)
    except InputError:
        raise
    # Keras and TensorFlow raise many types of exceptions for wrong arguments.
    except (*WRONG, RuntimeError) as error:
        raise InputError(
            f"The model {name!r} cannot be built with these arguments: "
            f"{first_line(error)}."
        ) from error
