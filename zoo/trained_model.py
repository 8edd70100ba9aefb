"""Trained models: their answers to arrays of inputs."""

import abc
import dataclasses
import pathlib
import re
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.columns import Columns
from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.images import DEPTH
from zoo.kinds import Kind
from zoo.models.body import features_of
from zoo.targets import IN_NUMPY, Multiclass, SequenceLabels, Target, Translation


@dataclasses.dataclass(frozen=True)
class TrainedModel(abc.ABC):
    """A trained model from a Keras model, a file or a SavedModel.

    Attributes:
        source: The `.keras` file or the version folder of the SavedModel.
        kind: The kind of its inputs.
        input_shape: Shape of one example; `()` for text, `(None,)` for audio and
            tokens, `(time, features)` for sequences, `time` often `None`.
        target: What the model answers.
        feature_names: Name of each column of a table, or None if they are unknown.
        columns: The columns of a table with words or missing numbers, otherwise None.
            Examples are then rows as `columns.rows` gives them.
        model: The Keras model, or None for a SavedModel.
        sample_rate: Samples per second of audio; None for other kinds.
        bit_depth: Bits that the values of image files with 16 bits use.
    """

    source: pathlib.Path | None
    kind: Kind
    input_shape: tuple[int, ...]
    target: Target
    feature_names: tuple[str, ...] | None
    model: keras.Model | None = dataclasses.field(repr=False)
    sample_rate: int | None
    columns: Columns | None
    bit_depth: int = dataclasses.field(default=DEPTH, kw_only=True)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in the order of the probabilities."""
        return self.classes().names

    def probabilities(self, inputs: Any, batch_size: int = 128) -> np.ndarray:
        """Class probabilities of every example, float32 `(n, classes)`.

        The arguments and errors are those of `answers`; there is one more:

        Raises:
            InputError: If the model is not a classifier.
        """
        self.classes()
        return self.answers(inputs, batch_size)["probabilities"]

    def classes(self) -> Multiclass:
        """The target of a classifier; refuses other models."""
        if not isinstance(self.target, Multiclass):
            raise InputError(
                f"The model is not a classifier; its target is {self.target.name}."
            )
        return self.target

    def answers(self, inputs: Any, batch_size: int = 128) -> dict[str, np.ndarray]:
        """The answers to every example, by the names of the served outputs.

        Args:
            inputs: Array of shape `(n, *input_shape)`; a memory-mapped array is read
                batch by batch.
            batch_size: Number of examples computed at once; it limits the memory.

        Returns:
            `"probabilities"`, `"label"` and `"class_name"` of a classifier, with a time
            axis and `"lengths"` if it answers at each step; `"values"`, and `"lower"`
            and `"upper"` of an interval, of a regression; `"texts"` and
            `"log_probability"` of a translation.

        Raises:
            InputError: If the examples have another shape, or values that the
                model's input type cannot hold, that are not finite, or that the model
                refuses, such as an unknown token.
        """
        self._check_shape(np.shape(inputs))
        answers = []
        for start in range(0, max(1, len(inputs)), batch_size):
            batch = checked_finite(inputs[start : start + batch_size])
            try:
                answers.append(self._answer(batch))
            except tf.errors.OpError as error:
                raise _refused(error) from error
        return self.target.joined(answers)

    def features(self, inputs: Any, batch_size: int = 128) -> np.ndarray:
        """What the last layer of the model reads of each example.

        The arguments are those of `answers`.

        Returns:
            float32 `(n, width)`; `(n, time, width)` of a model that answers at each
            step.

        Raises:
            InputError: As in `answers`; or if the model is a SavedModel, which has no
                layers, or cannot be taken apart into a body and a head.
        """
        if self.model is None:
            raise InputError(
                "Features come from the layers of a model, and a SavedModel has none: "
                "give the run folder or the .keras file that it was exported from."
            )
        if isinstance(self.target, Translation):
            raise InputError("A model that translates has no features of an example.")
        self._check_shape(np.shape(inputs))
        batch = checked_finite(inputs)
        if self.kind is not Kind.TEXT:
            batch = as_type(batch, self.model.inputs[0].dtype)
        try:
            return features_of(self.model, batch, batch_size)
        except tf.errors.OpError as error:
            raise _refused(error) from error

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 1 + len(self.input_shape) or any(
            size not in (None, found)
            for size, found in zip(self.input_shape, shape[1:], strict=True)
        ):
            raise InputError(
                f"The model takes examples of shape {self.input_shape}, got "
                f"{shape[1:]}."
            )

    @abc.abstractmethod
    def _answer(self, batch: np.ndarray) -> dict[str, Any]:
        """The answers to one batch, by name."""


@dataclasses.dataclass(frozen=True)
class TrainedKerasModel(TrainedModel):
    """A trained Keras model."""

    _answers: Answers = dataclasses.field(repr=False)

    def _answer(self, batch):
        if self.kind is Kind.TEXT:
            batch = tf.constant(batch, tf.string)
        else:
            batch = as_type(batch, self.model.inputs[0].dtype)
        if isinstance(self.target, SequenceLabels):  # `predict` loses the mask.
            return self._answers.at_each_step(batch)
        return self._answers.in_numpy(self.model.predict_on_batch(batch))


@dataclasses.dataclass(frozen=True)
class Translator(TrainedModel):
    """A trained network that answers with texts."""

    def _answer(self, batch):
        tokens, scores = self.model.decoded_tokens(batch, batch_size=len(batch) or 1)
        texts = np.array([*self.model.target_codec().texts(tokens), ""], object)[:-1]
        return self.target.answers((texts, scores), IN_NUMPY)


def checked_finite(batch: Any) -> np.ndarray:
    """The batch as an array, without NaN and infinity."""
    batch = np.asarray(batch)
    if batch.dtype.kind == "f" and not np.isfinite(batch).all():
        raise InputError("The inputs must be finite, but hold NaN or infinity.")
    return batch


def _refused(error: tf.errors.OpError) -> InputError:
    reason = _reason(str(error))
    return InputError(f"The model refuses the inputs: {reason.rstrip('.')}.")


def _reason(message: str) -> str:
    """The message of an error in TensorFlow's graph, without its position there."""
    asserted = re.search(r"assertion failed: \[(.*?)[\s.]*\](?: \[(.*?)\])?", message)
    if asserted is None:
        last = message.partition("\n\t [[")[0].rpartition("\n")[2]
        return re.sub(r"\{\{.*?\}\} ?", "", last).rstrip(".")
    said, values = asserted.groups()
    return f"{said} {values}".rstrip(".") if said.endswith("got") else said


def as_type(batch: np.ndarray, dtype: Any) -> np.ndarray:
    """The batch in the model's input type, if that keeps the values."""
    with np.errstate(invalid="ignore", over="ignore"):
        cast = batch.astype(dtype)
    if cast.dtype.kind in "iu" and not np.array_equal(cast, batch):
        raise InputError(
            f"The model takes {cast.dtype} inputs, but the examples hold other values."
        )
    return cast
