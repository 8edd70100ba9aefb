"""Grad-CAM: which regions of an image an output depends on."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from custom.types import Tensor
from recipes.reports.explanations.hooks import inner_layers, passed_through
from recipes.reports.explanations.outputs import Output, score
from zoo.trained_model import TrainedModel

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


def grad_cam(
    trained: TrainedModel, image: np.ndarray, output: Output, layer: Any
) -> tuple[np.ndarray, float]:
    r"""The regions of an image that speak for an output.

    $$\alpha_k = \frac{1}{Z} \sum_{i,j} \frac{\partial y_c}{\partial A^k_{ij}}, \qquad
    L_{ij} = \operatorname{ReLU}\Big(\sum_k \alpha_k A^k_{ij}\Big)$$

    $A^k$ are the $Z$ positions of feature map $k$ of the last convolution, after its
    normalisation and activation, and $y_c$ is the score of the output.

    Args:
        trained: A trained Keras model.
        image: One image `(height, width, channels)`.
        output: The output.
        layer: The layer that gives the feature maps, see `last_feature_maps`.

    Returns:
        $L$, float32, with the height and width of the feature maps; and the score.

    Source: Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via
    gradient-based localization", equations 1 and 2.
    """
    model: Any = trained.model
    maps: list[Tensor] = []
    with tf.GradientTape() as tape:

        def watch(features: Tensor) -> Tensor:
            tape.watch(features)
            maps.append(features)
            return features

        batch = tf.cast(image[np.newaxis], model.inputs[0].dtype)
        scores = score(trained, batch, output, layer, watch)
    features = maps[-1]
    slopes = tape.gradient(scores, features)
    features, slopes = (tf.cast(x[0], tf.float32).numpy() for x in (features, slopes))
    if _is_channels_first(layer, model):
        features, slopes = (np.moveaxis(x, 0, -1) for x in (features, slopes))
    weights = slopes.mean(axis=(0, 1))
    return np.maximum(features @ weights, 0), float(scores[0])


def last_feature_maps(
    model: keras.Model, shape: tuple[int, ...]
) -> tuple[Any, tuple[int, int]] | None:
    """The layer that gives the feature maps of the last convolution, and their size.

    It is the last layer, in the order of the computation, whose result has the height
    and width of the last convolution's: the convolution itself, or its normalisation,
    activation or sum with a shortcut. A convolution with a single position is passed
    over, because it says nothing about regions. `None` if there is no other.
    """
    seen: list[tuple[Any, tuple[int, int]]] = []

    def noting(layer: keras.layers.Layer) -> Callable[[Tensor], Tensor]:
        def note(result: Tensor) -> Tensor:
            if len(getattr(result, "shape", ())) == 4:
                at = slice(2, 4) if _is_channels_first(layer, model) else slice(1, 3)
                height, width = result.shape[at]
                seen.append((layer, (height, width)))
            return result

        return note

    with contextlib.ExitStack() as stack:
        for layer in inner_layers(model):
            stack.enter_context(passed_through(layer, noting(layer)))
        model(tf.zeros((1, *shape), model.inputs[0].dtype), training=False)
    found = [
        n
        for n, (layer, size) in enumerate(seen)
        if isinstance(layer, CONVOLUTIONS) and size != (1, 1)
    ]
    if not found:
        return None
    last = found[-1]
    return [found for found in seen[last:] if found[1] == seen[last][1]][-1]


def _is_channels_first(layer: Any, model: keras.Model) -> bool:
    formats = [
        each.data_format
        for each in (layer, *inner_layers(model))
        if hasattr(each, "data_format")
    ]
    return bool(formats) and formats[0] == "channels_first"
