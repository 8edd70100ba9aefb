"""A model taken apart: its body, in stages from the input to the output, and its head.

The head is the last layer with weights. What it reads are the features of an example.
"""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from custom.arguments import positive_integer
from custom.types import Tensor
from zoo.errors import InputError
from zoo.models.real_steps import RealSteps

# A stage of images ends where they shrink to about half their size.
SHRINKS = 0.6


@dataclasses.dataclass(frozen=True)
class Parts:
    """The parts of a model.

    Attributes:
        body: The model from the inputs to the features, which shares its layers.
        stages: The layers of the body that have weights, from the input to the output;
            none if nothing in it learns. A stage begins with a layer that everything
            passes and that has a kernel; for images only where they have become
            smaller.
        head: The last layer with weights.
    """

    body: keras.Model
    stages: tuple[tuple[keras.layers.Layer, ...], ...]
    head: keras.layers.Layer


def taken_apart(model: keras.Model) -> Parts:
    """Body and head of a model that is a graph of layers.

    Args:
        model: A model of the zoo, or your own functional or sequential model.

    Raises:
        InputError: If it is not a graph, has several outputs, or has more than one
            layer that could be the head.

    >>> import zoo
    >>> parts = taken_apart(zoo.MLP((4,), num_classes=3, hidden_units=(8, 6)))
    >>> [len(stage) for stage in parts.stages], parts.head.name
    ([2, 1], 'classifier')
    """
    nodes = list(_nodes(model))
    if not nodes or len(model.outputs) != 1:
        raise _not_divisible(model, "is not a graph of layers with one output")
    head = next((node for node in reversed(nodes) if _weights(node.operation)), None)
    if head is None or isinstance(head.operation, keras.Model):
        found = "has no weights" if head is None else "ends in a model inside of it"
        raise _not_divisible(model, found)
    given = {id(tensor) for tensor in model.inputs}
    read = [tensor for tensor in head.input_tensors if id(tensor) not in given]
    read = read or head.input_tensors  # A linear model reads the inputs themselves.
    if len(read) != 1:
        raise _not_divisible(model, f"ends in {head.operation.name!r}, which reads two")
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    body = keras.Model(inputs, read[0], name=f"{model.name}_body")
    held = [id(weight) for layer in (body, head.operation) for weight in layer.weights]
    if len(held) > len(set(held)) or {*held} < {id(w) for w in model.weights}:
        raise _not_divisible(model, "has more than one layer at its end")
    return Parts(body, tuple(map(tuple, _stages(body))), head.operation)


def features_of(model: keras.Model, inputs: Any, batch_size: int = 128) -> np.ndarray:
    """What the head of a model reads of each example.

    Args:
        model: A model of the zoo, or your own functional or sequential model.
        inputs: Examples as the model takes them; a list of arrays for a model with
            several inputs.
        batch_size: Number of examples computed at once.

    Returns:
        float32 `(n, width)`; `(n, time, width)` of a model with an output at each step,
        where padding is 0.

    Raises:
        InputError: If the model cannot be taken apart.

    >>> import zoo
    >>> model = zoo.MLP((4,), num_classes=3, hidden_units=(8, 6))
    >>> features_of(model, np.ones((2, 4))).shape
    (2, 6)
    """
    batch_size = positive_integer("batch_size", batch_size)
    body = taken_apart(model).body
    features, several = body.outputs[0], len(body.inputs) > 1
    is_sequence = len(features.shape) == 3
    if is_sequence:  # `predict` loses the mask.
        body = keras.Model(body.input, [features, RealSteps()(features)])
    columns = inputs if several else [inputs]
    batches = []
    for start in range(0, max(1, len(columns[0])), batch_size):
        batch = [
            _as_tensor(column[start : start + batch_size], taken.dtype)
            for column, taken in zip(columns, body.inputs, strict=True)
        ]
        found = body.predict_on_batch(batch if several else batch[0])
        if is_sequence:
            found = found[0] * found[1][..., None]
        batches.append(np.asarray(found, "float32"))
    if is_sequence:
        longest = max(batch.shape[1] for batch in batches)
        missing = [longest - batch.shape[1] for batch in batches]
        batches = [
            np.pad(batch, [(0, 0), (0, steps), (0, 0)])
            for batch, steps in zip(batches, missing, strict=True)
        ]
    return np.concatenate(batches)


def _as_tensor(batch: Any, dtype: str) -> Any:
    if dtype != "string":
        return np.asarray(batch)
    import tensorflow as tf

    return tf.convert_to_tensor(batch, tf.string)


def _nodes(model: keras.Model) -> list[Any]:
    """The calls of layers that make up a model, from its inputs to its outputs."""
    by_depth = getattr(getattr(model, "_functional", model), "_nodes_by_depth", {})
    return [
        node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]
    ]


def _stages(model: keras.Model) -> list[list[keras.layers.Layer]]:
    stages: list[list[keras.layers.Layer]] = [[]]
    size: int | None = None  # of the images where the last stage began
    for layers, output in _segments(model):
        known = {layer for stage in stages for layer in stage}  # It may be shared.
        weighted = [layer for layer in layers if _weights(layer) and layer not in known]
        if any(map(_has_kernel, weighted)):
            # The third axis is one of the image in either order of the axes.
            width = output.shape[2] if len(output.shape) == 4 else None
            is_begun = any(map(_has_kernel, stages[-1]))
            shrank = width is None or size is None or width <= SHRINKS * size
            if is_begun and shrank:
                stages.append([])
            if shrank or not is_begun:
                size = width
        stages[-1] += weighted
    return [stage for stage in stages if any(map(_can_learn, stage))]


def _segments(model: keras.Model) -> Iterator[tuple[list[Any], Tensor]]:
    """The layers between two tensors that everything passes, and the second of these.

    A model inside of the model is taken apart, too, if everything passes through it.
    """
    nodes = _nodes(model)
    waiting = collections.Counter(id(t) for node in nodes for t in node.input_tensors)
    waiting.update(map(id, model.outputs))
    needed: dict[int, Tensor] = {}
    layers: list[Any] = []
    for node in nodes:
        for tensor in node.input_tensors:
            waiting[id(tensor)] -= 1
            if not waiting[id(tensor)]:
                needed.pop(id(tensor), None)
        needed |= {
            id(tensor): tensor
            for tensor in node.output_tensors
            if waiting[id(tensor)] and "float" in tensor.dtype  # A mask goes beside it.
        }
        layers.append(node.operation)
        if len(needed) != 1:
            continue
        if len(layers) == 1 and _nodes(layers[0]):
            yield from _segments(layers[0])
        else:
            yield list(dict.fromkeys(layers)), next(iter(needed.values()))
        layers = []


def _weights(operation: Any) -> list[Any]:
    """The weights of a layer; other operations have none."""
    return getattr(operation, "weights", [])


def _has_kernel(layer: keras.layers.Layer) -> bool:
    return any(len(weight.shape) > 1 for weight in layer.weights)


def _can_learn(layer: keras.layers.Layer) -> bool:
    """Whether there is a weight to train unless it is frozen, unlike in scaling."""
    return any(each._trainable_variables for each in layer._flatten_layers())


def _not_divisible(model: keras.Model, reason: str) -> InputError:
    return InputError(
        f"The model {model.name!r} cannot be taken apart into a body and a head: it "
        f"{reason}. Build it with the functional API, with one last layer that has "
        "weights."
    )
