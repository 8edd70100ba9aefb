"""Question: the output of a trained model to explain, for one example."""

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from custom.types import Tensor
from recipes.reports.explanations.hooks import inner_layers
from recipes.reports.explanations.integrated_gradients import (
    Attribution,
    integrated_gradients,
)
from recipes.reports.explanations.outputs import Output, score
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.trained_model import TrainedModel

LONG = 12  # steps; with more, a recurrent network is faster in a graph


@dataclasses.dataclass(frozen=True)
class Question:
    """An output of a model for an example, which is to be explained.

    Attributes:
        trained: A trained Keras model.
        example: One example, as the model takes it.
        name: What it is called.
        output: What is explained.
        background: Training examples, whose mean is the baseline of tables and
            sequences; `None` for zeros.
    """

    trained: TrainedModel
    example: Any
    name: Any
    output: Output
    background: Any = None

    def told(self) -> dict[str, Any]:
        """The fields of an `Explanation` that are known before."""
        output = self.output
        names = ("answer", "unit")
        told = {name: getattr(output, name) for name in names}
        return {"input": self.name, "output": output.name, **told}

    def batch(self, examples: Any) -> Tensor:
        """Examples as the model takes them."""
        if self.trained.kind is Kind.TEXT:
            return tf.constant(np.asarray(examples, object), tf.string)
        model: Any = self.trained.model
        return tf.cast(np.asarray(examples), model.inputs[0].dtype)

    def layer_of(self, *classes: type) -> Any:
        """The last layer of these classes, or `None`."""
        layers = inner_layers(self.trained.model)
        found = [layer for layer in layers if isinstance(layer, classes)]
        return found[-1] if found else None

    def embedding(self) -> Any:
        """The embedding of the words, and not that of their positions."""
        layers = inner_layers(self.trained.model)
        found = [each for each in layers if isinstance(each, keras.layers.Embedding)]
        return max(found, key=lambda each: each.input_dim, default=None)

    def result_of(self, layer: Any, examples: Any) -> tuple[np.ndarray, Any]:
        """What a layer computes for some examples, and the mask; or the examples."""
        if layer is None:
            return np.asarray(examples, "float32"), None
        kept: list[Tensor] = []

        def keep(result: Tensor) -> Tensor:
            kept.append(result)
            return result

        score(self.trained, self.batch(examples), self.output, layer, keep)
        mask = getattr(kept[-1], "_keras_mask", None)
        values = tf.cast(kept[-1], tf.float32).numpy()
        return values, None if mask is None else np.asarray(mask)

    def integrated(self, layer: Any, point: np.ndarray, baseline: Any) -> Attribution:
        """Integrated gradients of what a layer computes, or of the inputs."""
        whole = np.broadcast_to(np.asarray(baseline, "float32"), point.shape)
        model: Any = self.trained.model
        if layer is None:
            if not tf.as_dtype(model.inputs[0].dtype).is_floating:
                raise InputError(
                    f"The model takes {model.inputs[0].dtype} inputs, which have no "
                    "gradients: build it from a keras.Input of float32."
                )
            inputs = lambda points: tf.cast(points, model.inputs[0].dtype)  # noqa: E731
            return integrated_gradients(
                lambda points: score(self.trained, inputs(points), self.output),
                point,
                whole,
            )
        batch = self.batch([self.example])

        def at(points: Tensor) -> Tensor:
            return score(
                self.trained,
                tf.repeat(batch, tf.shape(points)[0], axis=0),
                self.output,
                layer,
                lambda result: tf.cast(points, result.dtype),
            )

        is_recurrent = any(isinstance(x, keras.layers.RNN) for x in inner_layers(model))
        in_graph = is_recurrent and len(point) > LONG
        return integrated_gradients(at, point, whole, in_graph)

    def mean_of_background(self, layer: Any) -> Any:
        """The mean of each feature over the real steps of the training examples.

        `None` without any.
        """
        if self.background is None:
            return None
        values, mask = self.result_of(layer, self.background)
        if values.ndim == 2:
            return values.mean(axis=0)
        return (
            (values if mask is None else values[mask])
            .reshape(-1, values.shape[-1])
            .mean(axis=0)
        )
