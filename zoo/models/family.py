"""The base class of all models: configuration, presets, new heads."""

import inspect
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import keras
import numpy as np

from custom.arguments import integer, positive_integer
from zoo.columns import Columns
from zoo.errors import InputError, first_line
from zoo.images import DEPTH
from zoo.models.body import features_of
from zoo.models.layer_changes import (
    Descriptions,
    changes_between,
    described,
    make_changes,
    set_trainable,
    unchanged_randomness,
)
from zoo.presets import reading, writing
from zoo.targets import Target
from zoo.weights import copy_state

_SERIALIZERS = {
    "activation": keras.activations.serialize,
    "kernel_regularizer": keras.regularizers.serialize,
    "dtype": keras.dtype_policies.serialize,
}


class Family:
    """Base class of every model of the zoo, listed before `keras.Model`.

    A family builds its layers in `__init__` and keeps every constructor argument
    except `name` in `self._configuration`, as plain Python values. Its models can then
    be saved to `.keras` files and presets, loaded, and rebuilt from `get_config`
    without further code. Layers that were frozen, quantized or otherwise changed
    afterwards stay so; a change that a file cannot hold is refused when it is saved.

    It is not a subclass of `keras.Model` itself, because Keras turns the bases of a
    functional model into `Functional`, for every class that shares them.
    """

    name: str
    layers: list[keras.layers.Layer]
    target: Any = None  # a `Target`; `None` if it answers with sequences
    # What `recipes.search` varies by default: values of constructor arguments.
    search_space: ClassVar[Mapping[str, str]] = {}
    _configuration: dict[str, Any]
    _as_built: str  # the layers after the constructor
    _last_changes: tuple[str, Descriptions] = ("", {})
    # Bits that 16-bit image files of the training data use; see `zoo.images.decode`.
    bit_depth: int = DEPTH

    def get_config(self) -> dict[str, Any]:
        """Constructor arguments, and what happened to the layers afterwards.

        Raises:
            InputError: If something happened to a layer that no file can hold.
        """
        config = {**self._configuration, "name": self.name}
        changes = self._changes(config)
        if self.bit_depth != DEPTH:
            config["bit_depth"] = self.bit_depth
        return {**config, "changed_layers": changes} if changes else config

    def _changes(self, config: dict[str, Any]) -> Descriptions:
        now = described(self)
        if now == self._as_built:
            return {}
        if now != self._last_changes[0]:
            with unchanged_randomness():
                twin = type(self)(**config)
                self._last_changes = now, changes_between(twin, self)
        return self._last_changes[1]

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        arguments = dict(config)
        # Version 0.1.0 saved only which of the outermost layers were frozen.
        frozen = arguments.pop("frozen_layers", ())
        changes = arguments.pop("changed_layers", {})
        bit_depth = integer("bit_depth", arguments.pop("bit_depth", DEPTH), 8, DEPTH)
        model = cls(**arguments)
        if bit_depth != DEPTH:
            model.bit_depth = bit_depth
        for index in frozen:
            model.layers[index].trainable = False
        make_changes(model, changes)
        return model

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> Self:
        """Builds the model of a preset and loads its trained weights.

        Args:
            preset: As `zoo.from_preset` takes it.
            **options: The options of `zoo.from_preset`: `num_classes`, `class_names`,
                `freeze_body`, `load_weights` and constructor arguments.

        Returns:
            A model of this class, not compiled.

        Raises:
            InputError: If the preset does not exist, is damaged or of another class,
                or an option does not fit it.
        """
        return reading.from_preset(preset, model_class=cls, **options)

    def save_to_preset(self, path: str | os.PathLike, **options: Any) -> pathlib.Path:
        """Writes configuration, weights and card into a folder.

        Args:
            path: The folder; see `zoo.presets.writing.save_to_preset`.
            **options: The options of `zoo.presets.writing.save_to_preset`: `card`,
                `examples`, `record`, `weights_dtype`, `overwrite`.

        Returns:
            The folder, ready for `from_preset`.

        Raises:
            InputError: If the folder exists already or cannot be written, or an
                option does not fit.
        """
        return writing.save_to_preset(self, path, **options)

    def features(self, inputs: Any, batch_size: int = 128) -> np.ndarray:
        """What the last layer of the model reads of each example: its features.

        Args:
            inputs: Examples as `predict` takes them.
            batch_size: Number of examples computed at once.

        Returns:
            float32 `(n, width)`; `(n, time, width)` of a model with an output at each
            step, where padding is 0.

        Raises:
            InputError: If the model has no head, such as `zoo.DCGAN`.

        >>> import zoo
        >>> model = zoo.MLP((4,), num_classes=3, hidden_units=(8, 6))
        >>> model.features(np.ones((2, 4))).shape
        (2, 6)
        """
        return features_of(cast(keras.Model, self), inputs, batch_size)

    def with_head(
        self,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        *,
        target: Target | None = None,
        freeze_body: bool = False,
    ) -> Self:
        """Builds a model with the same body and a new head, for another target.

        The body's weights are copied, not shared: training the new model does not
        change this one. The head starts with new random weights.

        Args:
            num_classes: Number of classes of the new model.
            class_names: A name for each class.
            target: What to answer instead of one of several classes, such as
                `zoo.targets.Regression`.
            freeze_body: Whether to train only the head. Batch normalisation in the
                body then uses its stored statistics. The body stays frozen when the
                model is saved and loaded; `layer.trainable = True` unfreezes a layer.

        Returns:
            A model of the same class, not compiled.

        Raises:
            InputError: If this model has no head to replace.
            ValueError: If the classes are not allowed, or both `num_classes` and
                `target` are given, or neither.

        >>> import zoo
        >>> ten = zoo.MLP((8, 8, 1), num_classes=10, hidden_units=(16,))
        >>> two = ten.with_head(2, ["even", "odd"], freeze_body=True)
        >>> two.output_shape, [weight.path for weight in two.trainable_variables]
        ((None, 2), ['classifier/kernel', 'classifier/bias'])
        """
        if "num_classes" not in self._configuration:
            raise InputError(
                f"{type(self).__name__} has no classes, so it has no head to replace."
            )
        changes: dict[str, Any] = {"class_names": class_names}
        if target is None:
            changes["num_classes"] = positive_integer("num_classes", num_classes)
        else:
            changes |= {"num_classes": num_classes, "target": target}
        model = self.rebuilt(**changes)
        if freeze_body:
            set_trainable(model.layers[:-1], False)
        return model

    def rebuilt(self, *, keeps_head: bool = False, **changes: Any) -> Self:
        """The model with other constructor arguments, and with the weights of its body.

        Arguments that say what the model answers replace all that it answers now. With
        another number of colours in `input_shape`, kernels are made for them: grey is
        the colour whose parts are equal.

        Args:
            keeps_head: Whether the head has the weights of this one, too, instead of
                new random ones.
            **changes: Constructor arguments to change.

        Returns:
            A model of the same class, not compiled.

        Raises:
            InputError: If the weights of the body do not fit the arguments.
            ValueError: If an argument is out of its range.

        >>> import zoo
        >>> grey = zoo.CNN((8, 8, 1), num_classes=3, widths=(4,))
        >>> grey.rebuilt(input_shape=(16, 12, 3)).input_shape
        (None, 16, 12, 3)
        """
        config = {**self.get_config()}
        if {"num_classes", "target"} & {*changes}:
            config["class_names"] = None
            config.pop("target", None)
        if changes.get("target") is not None:
            config["num_classes"] = None
            config.pop("classifier_activation", None)
        head = str(len(self.layers) - 1)  # the path of the last layer
        kept = config.pop("changed_layers", {})
        kept = {path: made for path, made in kept.items() if keeps_head or path != head}
        model = type(self).from_config(
            {**config, **changes} | ({"changed_layers": kept} if kept else {})
        )
        try:
            for old, new in zip(self.layers, model.layers, strict=True):
                if old is not self.layers[-1]:
                    copy_state(old, new, _for_colours)
                elif keeps_head:
                    copy_state(old, new)
        except ValueError as error:
            raise InputError(
                f"The weights of the {type(self).__name__} do not fit a model with "
                f"other {', '.join(changes)}: {first_line(error)}"
            ) from error
        return model


def _for_colours(kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A kernel over grey or coloured images for images of the other kind.

    >>> _for_colours(np.array([[1.0], [2.0], [3.0]]), (1, 1)).tolist()
    [[6.0]]
    """
    if kernel.shape == shape or kernel.ndim != len(shape) or kernel.ndim < 2:
        return kernel
    old, new = kernel.shape[-2], shape[-2]
    colours = (3, 1) if old > new else (1, 3)
    if old * colours[1] != new * colours[0]:
        return kernel
    parts = kernel.reshape(*kernel.shape[:-2], -1, colours[0], kernel.shape[-1])
    grey = parts.sum(-2, keepdims=True) / colours[1]
    return np.repeat(grey, colours[1], axis=-2).reshape(shape)


def recorded(model: type, variables: dict[str, Any], **checked: Any) -> dict[str, Any]:
    """Every constructor argument of a model except `name`, as `get_config` returns it.

    An argument has its value from `checked`, or else from the constructor's local
    `variables`, which are checked too.
    """
    values = {**variables, **checked}
    names = [name for name in inspect.signature(model).parameters if name != "name"]
    return {name: _plain(name, values[name]) for name in names}


def _plain(name: str, value: Any) -> Any:
    """An argument as JSON can hold it."""
    if name in _SERIALIZERS and not isinstance(value, str):
        value = _SERIALIZERS[name](value)
        if isinstance(value, dict):  # The number marks shared objects in a file.
            value = {k: v for k, v in value.items() if k != "shared_object_id"}
    elif isinstance(value, Columns | Target):
        value = value.get_config()
    return list(value) if isinstance(value, tuple) else value
