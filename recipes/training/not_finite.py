"""Finding the step and the layer where a loss stopped being finite."""

import math
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from recipes.training.checkpoints.state import restore, variables_of
from recipes.training.checkpoints.storage import Checkpoint
from recipes.training.kernels import fused

if TYPE_CHECKING:
    from recipes.training.fine_tuning.thawing import Thawing


def losses_of(logs: dict) -> dict:
    """The loss of a step by name; for a DCGAN, the losses of both networks.

    >>> losses_of({"accuracy": 0.5, "loss": 1.0})
    {'loss': 1.0}
    """
    if "loss" in logs:
        return {"loss": logs["loss"]}
    return {name: value for name, value in logs.items() if name.endswith("_loss")}


class FiniteLoss(keras.callbacks.Callback):
    """Stops training at the step whose loss is NaN or infinite.

    Attributes:
        step: Number of that step from 1, over all epochs; `None` while all losses are
            finite.
        lost: Names of the losses that were not finite in that step.
    """

    def __init__(self, steps_per_epoch: int) -> None:
        super().__init__()
        self._steps_per_epoch = steps_per_epoch
        self.step: int | None = None
        self.lost: list[str] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = epoch * self._steps_per_epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        losses = losses_of(logs).items()
        self.lost = [name for name, value in losses if not math.isfinite(value)]
        if self.lost:
            self.step = self._before + batch + 1
            self.model.stop_training = True


def replayed(
    model: keras.Model,
    checkpoint: Checkpoint,
    batches: tf.data.Dataset,
    step: int,
    thawing: "Thawing",
) -> str:
    """Trains from a checkpoint to the step that failed, and says where it fails."""
    batches = iter(batches)
    variables = model.variables
    # As in training, so that the numbers are the same.
    with thawing.overrides(), fused(model):
        if checkpoint.step > 0:  # A step creates the optimizer's variables.
            thawing.enter(checkpoint.last_batch)
            model.train_on_batch(*next(batches))
            variables = variables_of(model)
        restore(variables, checkpoint.arrays, checkpoint.facts["variables"])
        for done in range(checkpoint.step, step - 1):
            thawing.enter(done)
            model.train_on_batch(*next(batches))
    thawing.enter(step - 1)
    with thawing.resting():
        return first_not_finite(model, *next(batches))


def first_not_finite(
    model: keras.Model, inputs: Any, targets: Any, weights: Any = None
) -> str:
    """Says where the numbers of a training step stop being finite.

    Checks the layers from the input to the output, then the gradients from the output
    to the input, in the order in which they are computed.

    >>> inputs = keras.Input((2,))
    >>> large = keras.layers.Rescaling(1e38, name="large")(inputs)
    >>> model = keras.Model(inputs, keras.layers.Rescaling(10, name="larger")(large))
    >>> model.compile(loss="mse")
    >>> first_not_finite(model, tf.ones((1, 2)), tf.ones((1, 2)))
    "the output of the layer 'larger' is not finite"
    """
    layers = [layer for layer in model.layers if _has_float_output(layer)]
    body = keras.Model(model.inputs, {layer.name: layer.output for layer in layers})
    with tf.GradientTape() as tape:
        outputs = body(inputs, training=True)
        answers = outputs[layers[-1].name]
        loss = model.compute_loss(inputs, targets, answers, weights)
    for layer in layers:
        if not _is_finite(outputs[layer.name]):
            return f"the output of the layer {layer.name!r} is not finite"
    if not _is_finite(loss):
        return "the loss is not finite, though the outputs are"
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    for variable, gradient in reversed(
        list(zip(model.trainable_variables, gradients, strict=True))
    ):
        if gradient is not None and not _is_finite(gradient):
            return f"the gradient of {variable.path} is not finite"
    return "the update of the weights is too large"


def _has_float_output(layer):
    output = getattr(layer, "output", None)
    return isinstance(output, keras.KerasTensor) and "float" in output.dtype


def _is_finite(values) -> bool:
    return bool(tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(values))))
