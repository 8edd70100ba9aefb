"""A model of the zoo by name, built for a data set."""

import keras

from recipes.data.dataset import Dataset
from zoo import registry
from zoo.errors import InputError
from zoo.kinds import Kind

# What a family is built with for a kind of data, where its own defaults, which do
# not know the data, are not the best. By validation loss on movie-review sentences
# and on spoken digits.
ARGUMENTS = {
    ("recurrent", Kind.TEXT): {
        "bidirectional": True,
        "units": (64,),
        "pooling": "max",
        "embedding_units": 128,
        "dropout": 0.7,
    },
    ("recurrent", Kind.AUDIO): {
        "bidirectional": True,
        "units": (64,),
        "pooling": "max",
    },
}
VOCABULARY = 10_000  # words, at most


def build(name: str, dataset: Dataset, arguments: dict) -> keras.Model:
    """A model for the inputs and the classes of a data set.

    What depends on the data is taken from its training part: shape and classes,
    the scale of a table's columns, the vocabulary of texts.

    Args:
        name: One of `zoo.list_models()`.
        dataset: The data.
        arguments: Constructor arguments, which come before the chosen ones. Of
            texts, `vocabulary_size` is how many words to learn at most.

    Raises:
        InputError: If the model does not take such data, or an argument cannot be
            used.
    """
    entry = registry.find(name)
    if dataset.kind not in entry.inputs:
        others = [n for n, e in registry.MODELS.items() if dataset.kind in e.inputs]
        raise InputError(
            f"The model {name!r} takes {' or '.join(entry.inputs)}; {dataset.name} "
            f"{dataset.holds}. Models for it: {', '.join(others) or 'none'}."
        )
    if name == "dcgan":
        return _drawing(dataset, arguments)
    model = registry.create(
        name,
        **{
            "num_classes": dataset.num_classes,
            "class_names": dataset.class_names,
            **ARGUMENTS.get((name, dataset.kind), {}),
            **_reading(dataset, arguments),
        },
    )
    if hasattr(model, "adapt"):
        model.adapt(dataset.train.inputs)
    return model


def _drawing(dataset: Dataset, arguments: dict) -> keras.Model:
    """A DCGAN that draws images of the size of the data set's."""
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


def _reading(dataset: Dataset, arguments: dict) -> dict:
    """The arguments that say what is read, then those of the caller."""
    if dataset.kind == Kind.TEXT:
        return {"inputs": "text", **_with_vocabulary(dataset, arguments)}
    if dataset.kind == Kind.AUDIO:
        # Any length: clips of another are heard as they are.
        rate = dataset.sample_rate
        return {"inputs": "waveform", "sample_rate": rate, **arguments}
    if dataset.kind == Kind.SEQUENCES:
        features = dataset.input_shape[-1]
        return {"inputs": "numbers", "input_shape": (None, features), **arguments}
    columns = dataset.columns and {"columns": dataset.columns.get_config()}
    return {"input_shape": dataset.input_shape, **(columns or {}), **arguments}


def _with_vocabulary(dataset, arguments):
    if "vocabulary" in arguments:
        return arguments
    from zoo.models.recurrent.vocabulary import learn_vocabulary

    arguments = dict(arguments)
    size = arguments.pop("vocabulary_size", VOCABULARY)
    try:
        vocabulary = learn_vocabulary(
            dataset.train.inputs, size, arguments.get("split") or "word"
        )
    except ValueError as error:
        raise InputError(str(error)) from error
    return {"vocabulary": vocabulary, **arguments}
