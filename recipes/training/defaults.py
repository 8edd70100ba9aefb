"""Default settings for each model family and kind of data, from measurements."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from zoo.kinds import Kind
from zoo.registry import defaults_of

# Below this many training examples an epoch is short: smaller batches and more
# epochs give about as many updates as a large data set gets.
SMALL = 10_000


@dataclasses.dataclass(frozen=True)
class Defaults:
    """The settings that suit a model family and a kind of data best.

    Attributes:
        optimizer: The optimizer, as `recipes.fit` takes it by name.
        learning_rate: Peak of the schedule.
        weight_decay: Part of the learning rate that each weight loses per step.
        clip_norm: Gradients are clipped to this global norm.
        averaging: Number of steps that the running average of the weights looks back
            over, at most an epoch; `None` for no average. The average is the model.
        epochs: Passes over the data; `None` chooses by the number of examples.
        epochs_of_few: Passes over fewer than 10,000 training examples.
        batch_size: Examples in a batch, of a text at most; `None` chooses by the number
            of examples.
        segment_length: Steps of a text through which gradients flow.
        arguments: Constructor arguments of the model.
    """

    optimizer: str = "keras.adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    clip_norm: float | None = None
    averaging: int | None = None
    epochs: int | None = None
    epochs_of_few: int = 40
    batch_size: int | None = None
    segment_length: int | None = None
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def batch_size_for(self, num_examples: int) -> int:
        """The batch size for a number of training examples, or tokens of a text."""
        if self.segment_length is not None:
            # About a hundred batches in an epoch: with 32 streams, a text of 25,000
            # characters had 3.1 bits per character, with 4 it had 2.7.
            fitting = num_examples // (100 * self.segment_length)
            return max(4, min(self.batch_size or 32, fitting))
        return self.batch_size or (32 if num_examples < SMALL else 64)

    def epochs_for(self, num_examples: int) -> int:
        """The number of epochs for a number of training examples."""
        return self.epochs or (self.epochs_of_few if num_examples < SMALL else 12)


# Chosen by validation loss on CIFAR-10, digits, movie-review sentences and spoken
# digits. After batch normalisation SGD learns faster than Adam: 77.9 % against 72.2 %
# on CIFAR-10 after four epochs.
DEFAULTS: dict[tuple[str, Kind | None], Defaults] = {
    ("cnn", Kind.IMAGES): Defaults(
        "keras.sgd:momentum=0.9,nesterov=true", 0.05, weight_decay=5e-4
    ),
    # Learning rate and β₁ of Radford et al. 2016.
    ("dcgan", Kind.IMAGES): Defaults("keras.adam:beta_1=0.5", 2e-4, averaging=1000),
    # Two or three epochs are enough to learn the texts by heart. The average of the
    # weights took the validation loss of the movie reviews from 0.479 to 0.471.
    ("recurrent", Kind.TEXT): Defaults(
        learning_rate=2e-3,
        clip_norm=1.0,
        averaging=100,
        epochs=6,
        batch_size=64,
        arguments={
            "bidirectional": True,
            "units": (64,),
            "pooling": "max",
            "embedding_units": 128,
            "dropout": 0.7,
        },
    ),
    ("recurrent", Kind.AUDIO): Defaults(
        learning_rate=5e-3,
        clip_norm=1.0,
        epochs=12,
        arguments={"bidirectional": True, "units": (64,), "pooling": "max"},
    ),
    ("recurrent", Kind.SEQUENCES): Defaults(clip_norm=1.0),
}


# Tasks with defaults of their own. Softplus suits numbers better than ReLU, as the
# notes say: see "Predicting numbers" in docs/training.md, which has the scores.
DEFAULTS_OF_TASKS: dict[tuple[str, Kind | None, str], Defaults] = {
    ("mlp", Kind.TABLE, "regression"): Defaults(
        learning_rate=3e-3,
        weight_decay=0.3,
        averaging=50,
        epochs_of_few=100,
        arguments={"activation": "softplus", "dropout": 0.1},
    ),
    ("recurrent", Kind.TEXT, "text_generation"): Defaults(
        learning_rate=4e-3,
        clip_norm=1.0,
        epochs=20,
        batch_size=32,
        segment_length=64,
        arguments={"units": (256,), "dropout": 0.1},
    ),
    # Chosen on monthly carbon dioxide and yearly sunspots; docs/forecasting.md has the
    # scores.
    ("recurrent", Kind.SEQUENCES, "forecasting"): Defaults(
        learning_rate=3e-3,
        clip_norm=1.0,
        averaging=50,
        epochs_of_few=60,
        arguments={"units": (32,), "dropout": 0.1},
    ),
    # docs/sequence_labelling.md has the scores.
    ("recurrent", Kind.TEXT, "sequence_labelling"): Defaults(
        learning_rate=4e-3,
        clip_norm=1.0,
        averaging=100,
        epochs=8,
        batch_size=32,
        arguments={
            "bidirectional": True,
            "units": (96,),
            "embedding_units": 96,
            "dropout": 0.5,
        },
    ),
    ("recurrent", Kind.SEQUENCES, "sequence_labelling"): Defaults(
        learning_rate=3e-3,
        clip_norm=1.0,
        averaging=100,
        epochs=30,
        batch_size=16,
        arguments={"bidirectional": True, "units": (64,), "dropout": 0.1},
    ),
    ("recurrent", Kind.TEXT, "translation"): Defaults(
        learning_rate=2e-3,
        clip_norm=1.0,
        epochs_of_few=20,
        batch_size=64,
        arguments={
            "attention": "luong",
            "bidirectional": True,
            "units": (128,),
            "embedding_units": 64,
            "dropout": 0.1,
        },
    ),
}


def defaults_for(family: str, kind: Kind | None, task: str = "") -> Defaults:
    """The defaults of a family for a kind of data and a task; others get Adam at 0.001.

    A user's own family has those of the family that it was registered with.

    >>> defaults_for("cnn", Kind.IMAGES).learning_rate
    0.05
    >>> defaults_for("my_family", Kind.TABLE).optimizer
    'keras.adam'
    """
    family = defaults_of(family)
    of_kind = DEFAULTS.get((family, kind), Defaults())
    return DEFAULTS_OF_TASKS.get((family, kind, task), of_kind)
