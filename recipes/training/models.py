"""Building a model of the zoo by name for a data set."""

from collections.abc import Callable
from typing import Any

import keras

from recipes.data.dataset import Dataset
from recipes.reports.forecasting import forecast_of
from recipes.training.defaults import defaults_for
from recipes.training.translating import translation_arguments
from zoo import registry
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.names import takes
from zoo.targets import (
    Forecast,
    Multiclass,
    Multilabel,
    NextToken,
    Regression,
    SequenceLabels,
    Target,
    Translation,
)

VOCABULARY = 10_000  # words, at most
TEXT_DECIDES = {"mode", "inputs", "vocabulary", "vocabulary_size", "split"} | {
    "mask_padding",
    "stateful_batch_size",
}


def build(
    name: str,
    dataset: Dataset,
    arguments: dict[str, Any],
    transform: str | None = None,
) -> keras.Model:
    """Builds a model for the inputs and the labels of a data set.

    What depends on the data comes from its training part: shape and classes, the
    scale of numbers to predict and of a table's columns, the vocabulary of texts.

    Args:
        name: One of `zoo.list_models()`.
        dataset: The data.
        arguments: Constructor arguments; they replace the defaults. For texts,
            `vocabulary_size` is the largest number of words to learn.
        transform: `"log"` to learn the logarithm of numbers to predict.
    """
    entry = registry.find(name)
    if dataset.task == "translation":
        arguments = translation_arguments(dataset, arguments)
    if dataset.kind not in entry.kinds:
        others = [n for n, e in registry.MODELS.items() if dataset.kind in e.kinds]
        nouns = " or ".join(kind.noun for kind in entry.kinds)
        raise InputError(
            f"The model {name!r} takes {nouns}; {dataset.name} "
            f"{dataset.holds}. Models for it: {', '.join(others) or 'none'}."
        )
    if name == "dcgan":
        return _dcgan(dataset, arguments)
    family = entry.load()
    given = {
        **target_arguments(name, family, dataset, transform),
        **defaults_for(name, dataset.kind, dataset.task).arguments,
        **_input_arguments(dataset, arguments),
    }
    # A user's own family need not have an argument for all that is known of the data.
    model = registry.create(
        name,
        **{
            argument: value
            for argument, value in given.items()
            if argument in arguments or takes(family, argument)
        },
    )
    if hasattr(model, "adapt"):
        model.adapt(dataset.train.inputs)
    return model


def backbone_notes(name: str, dataset: Dataset, arguments: dict[str, Any]) -> list[str]:
    """What a backbone starts from, and what is done to grey images for it."""
    if name.partition(":")[0] not in registry.BACKBONES:
        return []
    weights = arguments.get("weights")
    start = "random weights" if weights is None else f"the weights {weights}"
    notes = [f"{name} starts from {start}"]
    if dataset.kind == Kind.IMAGES and dataset.input_shape[-1] == 1:
        notes.append(f"grey images are given to {name} as three equal channels")
    return notes


def target_arguments(
    name: str, family: type, dataset: Dataset, transform: str | None
) -> dict[str, Any]:
    """The arguments that say what the model answers."""
    if transform is not None and dataset.target_class is not Regression:
        raise InputError(
            f"`transform` {transform!r} is for numbers to predict; {dataset.name} has "
            "classes: leave it out."
        )
    if dataset.target_class not in getattr(family, "targets", (Multiclass,)):
        able = [
            other
            for other, entry in registry.MODELS.items()
            if dataset.kind in entry.kinds
            and dataset.target_class in getattr(entry.load(), "targets", ())
        ]
        raise InputError(
            f"The model {name!r} answers with classes, and {dataset.name} asks for "
            f"{', '.join(dataset.value_names or dataset.label_names) or dataset.task}. "
            f"Models for it: {', '.join(able) or 'none'}."
        )
    return TARGET_ARGUMENTS[dataset.target_class](dataset, transform)


def _class_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    names = dataset.given_class_names
    return {"num_classes": dataset.num_classes, "class_names": names}


def _label_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    return {"target": Multilabel(dataset.label_names)}


def _token_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    part: Any = dataset.train
    return {
        "mode": "one_to_many",
        "inputs": "tokens",
        "vocabulary": [*part.vocabulary],
        "split": part.split,
        "mask_padding": False,  # The text has no padding that counts.
        "stateful_batch_size": part.streams,
    }


def _number_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    labels = dataset.train.labels
    return {"target": Regression.measured(dataset.value_names, labels, transform)}


def _forecast_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    train: Any = dataset.train
    return {"target": forecast_of(train, dataset.value_names)}


def _step_arguments(dataset: Dataset, transform: str | None) -> dict[str, Any]:
    return {"mode": "many_to_many", **_class_arguments(dataset, transform)}


# The arguments of a family that say what it answers, by the target of the data.
TARGET_ARGUMENTS: dict[type[Target], Callable[..., dict[str, Any]]] = {
    Multiclass: _class_arguments,
    Multilabel: _label_arguments,
    Regression: _number_arguments,
    NextToken: _token_arguments,
    Forecast: _forecast_arguments,
    SequenceLabels: _step_arguments,
    Translation: lambda dataset, transform: {},  # `translation_arguments` has them.
}


def _dcgan(dataset: Dataset, arguments: dict[str, Any]) -> keras.Model:
    """A DCGAN that draws images as large as those of the data set."""
    from zoo.models.dcgan.networks import CHANNELS, STAGES

    height, width, channels = dataset.input_shape
    if height != width or height not in STAGES or channels not in CHANNELS:
        *sides, last = map(str, STAGES)
        raise InputError(
            f"A DCGAN draws grey or colour images of {', '.join(sides)} or {last} "
            f"pixels a side; those of {dataset.name} are {height}×{width} with "
            f"{channels} channels. Resize them (`image_size`, --image-size {last})."
        )
    return registry.create("dcgan", **{"image_shape": dataset.input_shape, **arguments})


def _input_arguments(dataset: Dataset, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that describe the inputs, and those of the caller."""
    if dataset.target_class is NextToken:
        return _for_writing(arguments)
    if dataset.kind == Kind.TEXT:
        return {"inputs": "text", **_with_vocabulary(dataset, arguments)}
    if dataset.kind == Kind.AUDIO:
        # The network accepts clips of any length.
        rate = dataset.sample_rate
        return {"inputs": "waveform", "sample_rate": rate, **arguments}
    if dataset.kind == Kind.SEQUENCES:
        steps, features = dataset.input_shape
        time = steps if dataset.task == "forecasting" else None
        return {"inputs": "numbers", "input_shape": (time, features), **arguments}
    columns = dataset.columns and {"columns": dataset.columns.get_config()}
    return {"input_shape": dataset.input_shape, **(columns or {}), **arguments}


def _for_writing(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the caller, if the data set leaves them open."""
    for name in [*TEXT_DECIDES & arguments.keys()][:1]:
        raise InputError(
            f"`{name}` of a network that learns to write follows from the text and the "
            "settings: leave it out, or give `tokens` (--tokens), `vocabulary_size` "
            "(--vocabulary-size) or `batch_size` (--batch-size)."
        )
    return arguments


def _with_vocabulary(dataset: Dataset, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with a vocabulary, which is learned unless it is given."""
    least = 1
    if dataset.task == "sequence_labelling":  # Its texts are tokens and spaces.
        arguments = {"split": "space", **arguments}
        if arguments["split"] != "space":
            raise InputError(
                f"`split` must be 'space' where each token has a label, got "
                f"{arguments['split']!r}: leave it out."
            )
        least = 2  # Words that occur once teach what an unknown word is.
    if "vocabulary" in arguments:
        return arguments
    from zoo.models.recurrent.vocabulary import learn_vocabulary

    arguments = dict(arguments)
    size = arguments.pop("vocabulary_size", VOCABULARY)
    try:
        vocabulary = learn_vocabulary(
            dataset.train.inputs, size, arguments.get("split") or "word", least
        )
    except ValueError as error:
        raise InputError(str(error)) from error
    return {"vocabulary": vocabulary, **arguments}
