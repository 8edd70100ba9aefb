"""The inputs of a Keras model, and the answers that its outputs mean."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, cast

import keras
import numpy as np

from custom.arguments import names as list_of_names
from zoo.columns import Columns
from zoo.errors import InputError, checked
from zoo.images import DEPTH
from zoo.kinds import Kind, kind_of_input
from zoo.targets import IN_NUMPY, Multiclass, SequenceLabels, in_graph, target_of
from zoo.targets.operations import Operations


class Answers:
    """A checked model: the kind of its inputs, its target, its answers.

    Attributes:
        model: The Keras model.
        kind: The kind of its inputs.
        target: What it answers.
        input_shape: Shape of one example: `()` for text, `(None,)` for audio.
        sample_rate: Samples per second of audio; `None` for other kinds.
        bit_depth: Bits that the values of 16-bit image files use.
        max_length: Greatest length of a sequence, or `None`.
        feature_names: Name of each column, or `None`.
        columns: The columns of a table that holds words or may lack numbers;
            otherwise `None`.

    Raises:
        InputError: If the model has no target that can be served, or the names do not
            fit.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        class_names: Sequence[str] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.model = model
        self.kind, self.input_shape = _checked_input(model)
        self.sample_rate = None
        if self.kind is Kind.AUDIO:
            self.sample_rate = model.get_config()["sample_rate"]
        self.bit_depth: int = getattr(model, "bit_depth", DEPTH)
        self.max_length = getattr(model, "_configuration", {}).get("max_length")
        self.target = target_of(model)
        if class_names is None:
            class_names = getattr(model, "class_names", None)
        if class_names is not None and isinstance(
            self.target, Multiclass | SequenceLabels
        ):
            count = self.target.num_classes
            names = _checked_names("class_names", class_names, count)
            self.target = dataclasses.replace(self.target, class_names=names)
        columns = getattr(model, "columns", None)
        self.columns = columns if isinstance(columns, Columns) else None
        self.feature_names = None if self.columns is None else self.columns.row_names
        if feature_names:
            self.feature_names = _checked_names(
                "feature_names", feature_names, self.input_shape[-1]
            )

    def in_graph(self, inputs: Any) -> dict[str, Any]:
        """The answers to a batch by name, as TensorFlow operations."""
        outputs = self.model(self.as_model_takes(inputs), training=False)
        return self.of_outputs(outputs, in_graph())

    def in_numpy(self, outputs: Any) -> dict[str, np.ndarray]:
        """The answers by name that the model's outputs mean, as NumPy arrays."""
        return self.of_outputs(outputs, IN_NUMPY)

    def of_outputs(self, outputs: Any, operations: Operations) -> dict[str, Any]:
        """The answers by name that a model's outputs mean."""
        if isinstance(self.target, SequenceLabels):
            return self.target.answers(outputs, operations, real_steps(outputs))
        return self.target.answers(outputs, operations)

    def at_each_step(self, batch: Any) -> dict[str, np.ndarray]:
        """The answers to a batch of sequences, computed in a graph."""
        outputs, real = self._with_mask(self.as_model_takes(batch))
        real = None if real is None else np.asarray(real)
        return cast(SequenceLabels, self.target).answers(outputs, IN_NUMPY, real)

    @functools.cached_property
    def _with_mask(self) -> Any:
        """The outputs of the model and their mask, as a function that is traced."""
        import tensorflow as tf

        @tf.function(autograph=False, reduce_retracing=True)
        def run(batch: Any) -> tuple[Any, Any]:
            outputs = self.model(batch, training=False)
            return outputs, real_steps(outputs)

        return run

    def as_model_takes(self, inputs: Any) -> Any:
        """A tensor in the type of the model's input; there is one type of strings."""
        import tensorflow as tf

        if self.kind is Kind.TEXT:
            return tf.convert_to_tensor(inputs, tf.string)
        return tf.cast(inputs, self.model.inputs[0].dtype)


def real_steps(outputs: Any) -> Any:
    """The mask `(n, time)` that Keras gives the outputs of a network, or `None`."""
    return getattr(outputs, "_keras_mask", None)


def traced_outputs(answers: Answers, inputs: Any) -> Any:
    """The outputs of a model, computed with its answers in a graph as in an export."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def run(batch: Any) -> tuple[Any, dict[str, Any]]:
        outputs = answers.model(answers.as_model_takes(batch), training=False)
        return outputs, answers.of_outputs(outputs, in_graph())

    return run(tf.convert_to_tensor(inputs))[0]


def _checked_input(model):
    """Kind and shape of one example."""
    if not isinstance(model, keras.Model):
        raise InputError(f"`model` must be a Keras model, got {type(model).__name__}.")
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise InputError(
            f"The model {model.name!r} has no fixed input shape: build it from a "
            "keras.Input."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            f"The model {model.name!r} has {len(inputs)} inputs and {len(outputs)} "
            "outputs; only classifiers with one of each are supported."
        )
    shape, dtype = tuple(inputs[0].shape[1:]), inputs[0].dtype
    kind = getattr(model, "kind", None)
    if not isinstance(kind, Kind):
        kind = kind_of_input(shape, dtype)
        # Another model does not say its sample rate, or which tokens it knows.
        kind = None if kind in (Kind.AUDIO, Kind.TOKENS) else kind
    if kind is None:
        raise InputError(
            f"The model {model.name!r} takes {dtype} inputs of shape {shape}; only "
            "images (height, width, channels), rows (features,), sequences (time, "
            "features) or (time,) of tokens, texts () and audio (samples,) are "
            "supported."
        )
    return kind, shape


def _checked_names(argument, names, count):
    names = checked(list_of_names, argument, names)
    if len(names) != count:
        raise InputError(
            f"`{argument}` has {len(names)} names where the model has {count}."
        )
    return names
