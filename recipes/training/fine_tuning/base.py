"""The model that fine-tuning starts from, with a head for the data."""

import dataclasses
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from recipes.data.dataset import Dataset
from recipes.reports.evaluation import options_to_fit
from recipes.sources import load_with_defaults
from recipes.training.models import target_arguments
from zoo import registry
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.loading import load_model, load_network
from zoo.models.body import taken_apart
from zoo.models.family import Family
from zoo.targets import Multiclass, Multilabel, Regression, SequenceLabels
from zoo.tokens import UNKNOWN
from zoo.trained_model import TrainedModel

# Targets whose heads read the same features.
OF_EXAMPLE = (Multiclass, Multilabel, Regression)
TEXTS = 1_000  # of which the unknown words are counted


@dataclasses.dataclass(frozen=True)
class Base:
    """A trained model, to be refined on other data.

    Attributes:
        preset: What the user gave.
        network: Its Keras model.
        trained: The same with what it takes and answers.
    """

    preset: str
    network: keras.Model
    trained: TrainedModel

    @classmethod
    def read(cls, preset: "str | os.PathLike[str] | Base") -> "Base":
        """Reads a preset, which may be anything that `zoo.loading` reads as a network.

        Raises:
            InputError: If there is none, or it has no body that other heads can use.
        """
        if isinstance(preset, Base):
            return preset
        trained = load_model(preset)
        network, target = trained.model or load_network(preset), trained.target
        if not isinstance(target, (*OF_EXAMPLE, SequenceLabels)):
            raise InputError(
                f"`preset` {str(preset)!r} is for {target.name.replace('_', ' ')}; "
                "presets that are refined answer with classes, labels or numbers. To "
                "train it further as it is, give it as the model: "
                "`recipes.fit(zoo.from_preset(...), data)`."
            )
        taken_apart(network)
        return cls(str(preset), network, trained)

    @property
    def family(self) -> str:
        """The name of its family, else of the model."""
        for name, entry in registry.MODELS.items():
            if entry.load() is type(self.network):
                return name
        return self.network.name

    def load(
        self,
        source: Any,
        given: Mapping[str, Any],
        known: Mapping[str, Any] = MappingProxyType({}),
    ) -> Dataset:
        """Reads data as the model takes them.

        Args:
            source: As `recipes.load` takes it.
            given: Options of `recipes.load` that the user gave.
            known: What else the reader needs to know.
        """
        of_model: dict[str, Any] = dict(known)
        if self.trained.kind is Kind.TABLE and self.trained.columns is None:
            of_model["feature_names"] = self.trained.feature_names
        defaults = options_to_fit(self.trained)
        return load_with_defaults(source, defaults, dict(given), of_model)

    def fitted(
        self, dataset: Dataset, arguments: dict[str, Any], transform: str | None
    ) -> tuple[keras.Model, list[str]]:
        """The model with a head for the data, and what was done, in sentences.

        Args:
            dataset: The data.
            arguments: Constructor arguments to change.
            transform: As `recipes.fit` takes it.
        """
        self._check(dataset)
        if not isinstance(self.network, Family):
            return self._own(dataset, arguments)
        family = type(self.network)
        answers = target_arguments(self.family, family, dataset, transform)
        answers.pop("mode", None)  # It has that already.
        keeps = self._keeps_head(dataset)
        changes = {} if keeps else dict(answers)
        notes = [self._head_note(dataset, keeps)]
        if dataset.kind is Kind.IMAGES:
            notes += self._image_notes(dataset)
            changes["input_shape"] = dataset.input_shape
        elif dataset.kind is Kind.TEXT:
            notes += self._text_notes(dataset)
        try:
            model = self.network.rebuilt(keeps_head=keeps, **changes | arguments)
        except (TypeError, ValueError) as error:
            raise InputError(f"`preset` {self.preset!r}: {error}") from error
        if not keeps:
            _begin_with_zeros(taken_apart(model).head)
        return model, notes

    def _check(self, dataset: Dataset) -> None:
        kind, target = self.trained.kind, self.trained.target
        if kind != dataset.kind:
            raise InputError(
                f"`preset` {self.preset!r} takes {kind.noun}; {dataset.name} "
                f"{dataset.holds}."
            )
        able = OF_EXAMPLE if isinstance(target, OF_EXAMPLE) else (type(target),)
        if dataset.target_class not in able:
            raise InputError(
                f"`preset` {self.preset!r} is for {target.name.replace('_', ' ')}; the "
                f"task of {dataset.name} is {dataset.task.replace('_', ' ')}, for "
                "which its features are of no use: train a model from zero."
            )

    def _keeps_head(self, dataset: Dataset) -> bool:
        """Whether the data ask for the same classes or labels, in the same order."""
        target: Any = self.trained.target
        asked = dataset.target_class
        if asked is Regression or target.name != asked.name:
            return False
        if asked is Multilabel:
            return target.names == tuple(dataset.label_names)
        is_same = target.class_names == dataset.given_class_names
        return is_same and dataset.num_classes == target.num_classes

    def _head_note(self, dataset: Dataset, keeps: bool) -> str:
        if keeps:
            return (
                f"the head of {self.preset} is kept: {dataset.name} asks for the same"
            )
        names = dataset.value_names or dataset.label_names or dataset.class_names
        what = {Multilabel: "labels", Regression: "numbers"}
        noun = what.get(dataset.target_class, "classes")
        return f"{self.preset} gets a new head for {len(names)} {noun}"

    def _image_notes(self, dataset: Dataset) -> list[str]:
        *old, colours = self.trained.input_shape
        *new, others = dataset.input_shape
        notes = []
        if old != new:
            sizes = ["{}×{}".format(*size) for size in (new, old)]
            notes.append(
                f"the images have {sizes[0]} pixels, and those of {self.preset} "
                f"had {sizes[1]}: its features may fit images of that size "
                "better"
            )
        if colours != others:
            notes.append(
                f"the first kernels of {self.preset} were made to fit images with "
                f"{others} colour channels instead of {colours}"
            )
        return notes

    def _text_notes(self, dataset: Dataset) -> list[str]:
        network: Any = self.network
        tokens = network.tokens_of([*dataset.train.inputs[:TEXTS]])
        share = np.mean(tokens[tokens != 0] == UNKNOWN)
        return [
            f"the vocabulary is that of {self.preset}, which lacks {share:.0%} of the "
            f"words of {dataset.name}"
        ]

    def _own(
        self, dataset: Dataset, arguments: dict[str, Any]
    ) -> tuple[keras.Model, list[str]]:
        """A user's own model with a head for the classes of the data."""
        if arguments:
            raise InputError(
                f"`{next(iter(arguments))}` cannot be changed in {self.preset!r}, a "
                "model of your own: give it to its layers."
            )
        if dataset.target_class is not Multiclass:
            raise InputError(
                f"`preset` {self.preset!r} is a model of your own: it gets heads for "
                f"classes only; {dataset.name} asks for {dataset.task}."
            )
        keeps = self._keeps_head(dataset)
        notes = [self._head_note(dataset, keeps)]
        if keeps:
            return self.network, notes
        body = taken_apart(self.network).body
        head = Multiclass(dataset.num_classes).last_layer()
        if head.name in {layer.name for layer in body.layers}:
            head.name = f"new_{head.name}"
        name = self.network.name
        model = keras.Model(body.input, head(body.output), name=name)
        _begin_with_zeros(head)
        return model, notes


def _begin_with_zeros(head: keras.layers.Layer) -> None:
    """Lets a new head prefer no answer.

    Features are large in the directions of the head that they were trained with. Random
    weights, which are those that it began with if the seed is the same, would be wrong
    with much confidence: on five classes the loss began at 3.7 instead of 1.6.
    """
    for variable in head.trainable_variables:
        variable.assign(keras.ops.zeros_like(variable))
