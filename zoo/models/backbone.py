"""Networks of `keras.applications` with a new head."""

from collections.abc import Sequence
from typing import Any

import keras

from custom.arguments import positive_integers, probability
from custom.types import Tensor
from zoo.models.applications import (
    ApplicationInput,
    build_application,
    load_application_weights,
)
from zoo.models.classifier import Classifier
from zoo.models.family import recorded
from zoo.targets import Target, target_from_arguments


@keras.saving.register_keras_serializable(package="zoo")
class Backbone(Classifier):
    r"""Network of `keras.applications`, such as ResNet50, with a new head.

    The network ends with its features, averaged over the image; dropout and the last
    layer of the target follow. What the application does to its pixels beforehand is
    inside, and so is the conversion of grey images to three channels.

    Input: `(batch, height, width, channels)` in 0…255, of any number type. Output:
    `(batch, num_classes)`, or what `target` says, float32.

    Args:
        application: A function of `keras.applications`, such as `"MobileNetV2"`.
        input_shape: `(height, width, channels)` with 1 or 3 channels, at least as large
            as the application allows, often 32×32.
        num_classes: Number of classes, at least 2.
        target: What to answer instead of one of several classes, such as
            `zoo.targets.Regression`.
        weights: What the network starts from: `"imagenet"`, which Keras downloads;
            the path of a `.weights.h5` file of the network without its top; the path
            of a `.keras` file that holds the network; or `None`, which trains it from
            the start. A saved model has its own weights, and does not record these.
        options: Further arguments of the application, such as `{"alpha": 0.35}`.
        dropout: Fraction of the features that is dropped before the last layer in
            training, in [0, 1].
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, kept with the model.
        dtype: Precision policy of the layers; the global policy by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range, the application does not exist
            or has no such option, the images are too small, or the weights cannot be
            had.

    >>> import numpy as np
    >>> model = Backbone("MobileNetV2", (32, 32, 1), 3, options={"alpha": 0.35})
    >>> model.predict(np.zeros((2, 32, 32, 1), "uint8"), verbose=0).shape
    (2, 3)
    """

    def __init__(
        self,
        application: str,
        input_shape: tuple[int, int, int] | list[int],
        num_classes: int | None = None,
        *,
        target: Target | dict[str, Any] | None = None,
        weights: str | None = None,
        options: dict[str, Any] | None = None,
        dropout: float = 0.2,
        classifier_activation: str | None = "softmax",
        class_names: Sequence[str] | None = None,
        dtype: str | dict | keras.DTypePolicy | None = None,
        name: str = "backbone",
    ) -> None:
        target = target_from_arguments(
            target, num_classes, class_names, classifier_activation
        )
        shape = positive_integers("input_shape", input_shape)
        if len(shape) != 3 or shape[2] not in (1, 3):
            raise ValueError(
                "`input_shape` must be (height, width, channels) with 1 or 3 channels, "
                f"got {shape}."
            )
        dropout = probability("dropout", dropout)
        options = dict(options or {})
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())

        body = build_application(application, (shape[0], shape[1]), options, policy)
        if weights is not None:
            load_application_weights(body, application, options, weights)
        inputs = keras.Input(shape, name="inputs")
        x: Tensor = ApplicationInput(application)(inputs)
        x = keras.layers.Dropout(dropout, dtype=policy)(body(x))
        super().__init__(
            inputs,
            target.last_layer()(x),
            target=target,
            configuration=recorded(
                Backbone,
                locals(),
                input_shape=shape,
                weights=None,
                **target.arguments(),
                dtype=policy,
            ),
            name=name,
        )
