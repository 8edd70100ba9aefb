"""A loss and metrics of answers at each step, which count the real steps only.

Weights `(batch, time)` say which steps are real: 0 for padding. Keras divides a
weighted loss by the number of all steps, padding included. It gives a metric no weights
unless it is one of `weighted_metrics`, and then divides by the padded length of each
batch, so that batches of short sequences count too much.
"""

from typing import Any

import keras
from keras import ops

from custom.types import Tensor


@keras.saving.register_keras_serializable(package="zoo")
class MeanOverSteps(keras.losses.Loss):
    r"""A loss of every step, summed over the steps of a sequence with their weights.

    $$L = \frac{1}{n} \sum_{i=1}^n \sum_t w_{it}\, \ell(y_{it}, \hat y_{it})$$

    The weights of a `recipes` part are $w = n / \sum_i T_i$ at real steps, where $T_i$
    are the lengths of its $n$ sequences, and 0 at padding. So the mean of the batches,
    each weighted by its number of sequences as Keras does, is the mean over the real
    steps of the part. It depends neither on the padding, nor on how the sequences are
    grouped into batches and divided among devices.

    Without weights it is the mean over the steps that the mask of the outputs does not
    exclude.

    Targets that are longer than the outputs are cut: a part of a batch of texts has
    only as many steps as its longest text.

    Args:
        loss: The loss of one step, as an object or a function.
        name: Name of the loss. Default: that of `loss`.

    >>> import numpy as np
    >>> loss = MeanOverSteps("sparse_categorical_crossentropy")
    >>> outputs = np.array([[[0.5, 0.5], [0.1, 0.9]]], "float32")
    >>> labels, weights = np.array([[1, 0]]), np.array([[1.0, 0.0]])
    >>> round(float(loss(labels, outputs, weights)), 4)  # -ln 0.5
    0.6931
    """

    def __init__(self, loss: Any, name: str | None = None) -> None:
        loss = keras.losses.get(loss)
        is_object = isinstance(loss, keras.losses.Loss)
        super().__init__(
            name=name or (loss.name if is_object else loss.__name__),
            reduction=loss.reduction if is_object else "sum_over_batch_size",
        )
        self.loss, self._formula = loss, loss.call if is_object else loss

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        if sample_weight is None:
            return super().__call__(y_true, y_pred)
        # A slice has no mask of Keras: the weights say what is real.
        return super().__call__((y_true, sample_weight), y_pred[:, :])

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        labels, weights = y_true if isinstance(y_true, tuple) else (y_true, None)
        steps = ops.shape(y_pred)[1]
        values = self._formula(labels[:, :steps], y_pred)
        if len(values.shape) != 2:
            raise ValueError(
                f"The loss {self.name!r} must give a number for each step, got the "
                f"shape {tuple(values.shape)}."
            )
        if weights is None:
            return values
        return ops.sum(values * weights[:, :steps], axis=1)

    def get_config(self) -> dict[str, Any]:
        return {"loss": keras.losses.serialize(self.loss), "name": self.name}


@keras.saving.register_keras_serializable(package="zoo")
class OverSteps(keras.metrics.Metric):
    """A metric over the steps whose weight is above 0, each of which counts once.

    Args:
        metric: The metric, as an object or a name.
        name: Name of the metric. Default: that of `metric`.
    """

    def __init__(self, metric: Any, name: str | None = None) -> None:
        found = keras.metrics.get(metric)
        if not isinstance(found, keras.metrics.Metric):
            named = metric if isinstance(metric, str) else found.__name__
            found = keras.metrics.MeanMetricWrapper(found, name=named)
        super().__init__(name=name or found.name)
        self.metric = found

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        steps, classes = ops.shape(y_pred)[1], y_pred.shape[-1]
        weights = getattr(y_pred, "_keras_mask", None)
        if sample_weight is not None:
            weights = ops.greater(sample_weight[:, :steps], 0)
        if weights is not None:
            weights = ops.reshape(ops.cast(weights, self.dtype), (-1,))
        # Keras would take the mean over the steps of each sequence, with its padding.
        is_soft = len(y_true.shape) == len(y_pred.shape)
        y_true = ops.reshape(y_true[:, :steps], (-1, classes) if is_soft else (-1,))
        self.metric.update_state(y_true, ops.reshape(y_pred, (-1, classes)), weights)

    def result(self) -> Any:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        inner = keras.metrics.serialize(self.metric)
        return {"metric": inner, "name": self.name}


@keras.saving.register_keras_serializable(package="zoo")
def step_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Whether the most probable class of each step is that of the target.

    A target is the number of a class, or a probability for each class.
    """
    if len(y_true.shape) == len(y_pred.shape):
        y_true = ops.argmax(y_true, axis=-1)
    answers = ops.argmax(y_pred, axis=-1)
    return ops.cast(ops.equal(ops.cast(y_true, answers.dtype), answers), "float32")


def accuracy_over_steps() -> OverSteps:
    """The share of the real steps that are answered rightly."""
    return OverSteps(keras.metrics.MeanMetricWrapper(step_accuracy, name="accuracy"))
