"""Targets that give a little probability to every class."""

from typing import Any, Unpack

import keras
from keras import ops

from custom.arguments import positive_integer, probability
from custom.formula import Section, formula
from custom.precision import at_least_float32
from custom.types import LayerOptions, Shape, Tensor


@formula("Label smoothing", Section.REGULARIZATION)
@keras.saving.register_keras_serializable(package="custom")
class LabelSmoothing(keras.layers.Layer):
    r"""Takes a little probability from the true class and spreads it over all.

    $$t'_{\text{off}} = \frac{\varepsilon}{k}, \qquad
    t'_{\text{true}} = 1 - \frac{k - 1}{k}\,\varepsilon$$

    $\varepsilon$ is `epsilon` and $k$ the number of classes. The layer computes
    $(1 - \varepsilon)\,t + \varepsilon / k$, which gives these two values for one-hot
    targets $t$ and smooths soft targets in the same way.

    The layer takes targets, not activations: map it over a pipeline
    (`dataset.map(lambda x, y: (x, smooth(y)))`) or apply it in a model that has the
    targets as an input. Targets of shape (..., k), or class numbers of shape (...)
    with `num_classes`, become (..., k) in the layer's compute dtype.

    Args:
        epsilon: The probability spread over all classes, in [0, 1]. Defaults to
            0.1, as in Szegedy et al.
        num_classes: Number of classes, if the targets are class numbers. A number
            out of range gets no true class, as with `keras.ops.one_hot`. Defaults to
            `None`: the targets are one-hot.
        **kwargs: Options of every Keras layer, such as `name` and `dtype`.

    Compared with Keras: the same as `label_smoothing=epsilon` of
    `keras.losses.CategoricalCrossentropy`. Prefer that option if the loss has it; the
    layer serves losses without it, and class numbers.

    Raises:
        ValueError: If `epsilon` is outside [0, 1] or `num_classes` is not a
            positive integer.

    >>> import numpy as np
    >>> LabelSmoothing(0.5)(np.array([[0.0, 1.0]])).numpy().tolist()
    [[0.25, 0.75]]

    Source: notes, "Data augmentation: noise injection"; Szegedy et al. 2016,
    "Rethinking the Inception architecture for computer vision", §7.
    """

    def __init__(
        self,
        epsilon: float = 0.1,
        num_classes: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.epsilon = probability("epsilon", epsilon)
        self.num_classes = (
            None
            if num_classes is None
            else positive_integer("num_classes", num_classes)
        )

    def call(self, targets: Tensor) -> Tensor:
        wide = at_least_float32(self.compute_dtype)
        if self.num_classes is None:
            targets = ops.cast(targets, wide)
        else:
            classes = ops.cast(targets, "int32")
            targets = ops.one_hot(classes, self.num_classes, dtype=wide)
        number = ops.cast(ops.shape(targets)[-1], wide)
        smoothed = (1 - self.epsilon) * targets + self.epsilon / number
        return ops.cast(smoothed, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.num_classes is None:
            return tuple(input_shape)
        return (*input_shape, self.num_classes)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "num_classes": self.num_classes,
        }
