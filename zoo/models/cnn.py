"""The convolutional network."""

import dataclasses
from collections.abc import Callable

import keras

from custom import layers
from custom.arguments import (
    boolean,
    one_of,
    positive_integer,
    positive_integers,
    probability,
)
from custom.formula import Section, declare
from zoo.models.classifier import Classifier
from zoo.models.input_scaling import scaling_layer
from zoo.models.sizes import resolved_size
from zoo.targets import Multiclass

# Whatever the user's global setting: the documented shapes depend on it.
LAYOUT = "channels_last"

SIZES = {
    "small": {"widths": (16, 32, 64), "depth": 1, "residual": False},
    "base": {"widths": (32, 64, 128), "depth": 2, "residual": False},
    "large": {"widths": (64, 128, 256), "depth": 4, "residual": True},
}

POOLING = {
    "average": keras.layers.AveragePooling2D,
    "lp": layers.LpPooling2D,
    "max": keras.layers.MaxPooling2D,
    "median": layers.MedianPooling2D,
    "mixed": layers.MixedPooling2D,
    "stochastic": layers.StochasticPooling2D,
}


@keras.saving.register_keras_serializable(package="zoo")
class CNN(Classifier):
    r"""Convolutional network for small images.

    Stages of `depth` 3×3 convolutions, each with batch normalisation and an
    activation behind it; between stages the image is pooled to half its size and
    the channels grow. The last stage is averaged over the image and a softmax
    gives the classes. Averaging instead of flattening keeps the number of
    weights small and independent of the image size. Deep stages train better as
    residual ones, where two convolutions learn what to add to their input.

    Input: `(batch, height, width, channels)` in 0…255, any number type; scaling
    is inside. Output: `(batch, num_classes)`, float32.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Number of classes, at least 2.
        size: `"small"`, `"base"` or `"large"`: widths, depth and residual
            connections together, as in the table of `docs/sizes.md`. What is given
            by itself wins.
        widths: Channels of each stage, and so the number of stages. Each stage
            after the first halves the image, which must stay at least one pixel
            wide. Base: `(32, 64, 128)`.
        depth: Convolutions in each stage; an even number in residual ones. Base: 2.
        residual: Whether each two convolutions of a stage are bridged by their
            input, through a 1×1 convolution where the channels change. Base: no.
        kernel_size: Side of the convolution windows, in pixels.
        activation: Activation behind each convolution, by name or as a function.
        pooling: Between stages: `"max"`, `"average"`, or one of `custom.layers`
            with its defaults: `"lp"`, `"median"`, `"mixed"`, `"stochastic"`.
        dropout: Part of the averaged features dropped before the classifier in
            training, in [0, 1].
        kernel_regularizer: Penalty on every kernel, such as
            `keras.regularizers.L2(1e-4)`.
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, kept with the model.
        dtype: Precision policy of the layers; the global one by default.
        name: Name of the model.

    Raises:
        ValueError: If an argument is out of its range, or the image is too small
            for the number of stages.

    >>> import numpy as np
    >>> model = CNN(input_shape=(28, 28, 1), num_classes=10)
    >>> model(np.zeros((2, 28, 28, 1), "uint8")).shape
    TensorShape([2, 10])

    Source: notes, "Convolutional neural networks"; batch normalisation: Ioffe
    and Szegedy 2015; global average pooling: Lin et al. 2014; residual
    connections: He et al. 2016.
    """

    def __init__(
        self,
        input_shape,
        num_classes,
        *,
        size="base",
        widths=None,
        depth=None,
        residual=None,
        kernel_size=3,
        activation="relu",
        pooling="max",
        dropout=0.2,
        kernel_regularizer=None,
        classifier_activation="softmax",
        class_names=None,
        dtype=None,
        name="cnn",
    ):
        target = Multiclass.from_arguments(
            num_classes, class_names, classifier_activation
        )
        given = {"widths": widths, "depth": depth, "residual": residual}
        chosen = resolved_size(size, SIZES, given)
        widths = positive_integers("widths", chosen["widths"])
        input_shape = checked_image_shape(input_shape, stages=len(widths))
        residual = boolean("residual", chosen["residual"])
        depth = checked_depth(chosen["depth"], residual)
        kernel_size = positive_integer("kernel_size", kernel_size)
        dropout = probability("dropout", dropout)
        one_of("pooling", pooling, POOLING)
        activation = keras.activations.get(activation)
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())

        inputs = keras.Input(input_shape, name="inputs")
        x = scaling_layer("pixels")(inputs)
        build = Convolutions(kernel_size, activation, kernel_regularizer, policy)
        for stage, width in enumerate(widths):
            if stage > 0:
                x = POOLING[pooling](pool_size=2, data_format=LAYOUT, dtype=policy)(x)
            if residual:
                for _ in range(depth // 2):
                    x = build.residual_pair(x, width)
            else:
                for _ in range(depth):
                    x = build.activated(build.normalized(x, width))
        x = keras.layers.GlobalAveragePooling2D(LAYOUT, dtype=policy)(x)
        x = keras.layers.Dropout(dropout, dtype=policy)(x)
        outputs = target.last_layer(kernel_regularizer=kernel_regularizer)(x)
        super().__init__(
            inputs,
            outputs,
            target=target,
            configuration={
                "input_shape": list(input_shape),
                "num_classes": target.num_classes,
                "size": size,
                "widths": list(widths),
                "depth": depth,
                "residual": residual,
                "kernel_size": kernel_size,
                "activation": keras.activations.serialize(activation),
                "pooling": pooling,
                "dropout": dropout,
                "kernel_regularizer": keras.regularizers.serialize(kernel_regularizer),
                "classifier_activation": classifier_activation,
                "class_names": target.class_names and list(target.class_names),
                "dtype": keras.dtype_policies.serialize(policy),
            },
            name=name,
        )


def checked_image_shape(input_shape, stages):
    """`(height, width, channels)`, large enough to be halved between stages."""
    input_shape = positive_integers("input_shape", input_shape)
    if len(input_shape) != 3:
        raise ValueError(
            f"`input_shape` must be (height, width, channels), got {input_shape}."
        )
    smallest = 2 ** (stages - 1)
    if min(input_shape[:2]) < smallest:
        raise ValueError(
            f"`input_shape` {input_shape} is too small for {stages} stages, which "
            f"need at least {smallest}×{smallest} pixels; give fewer `widths`."
        )
    return input_shape


def checked_depth(depth, residual):
    """Convolutions in a stage; those of residual stages go in pairs."""
    depth = positive_integer("depth", depth)
    if residual and depth % 2:
        raise ValueError(
            f"`depth` must be even in residual stages, got {depth}: the input bridges "
            "two convolutions at a time."
        )
    return depth


@dataclasses.dataclass(frozen=True)
class Convolutions:
    """The layers of a stage, with what all of them have in common."""

    kernel_size: int
    activation: Callable
    kernel_regularizer: keras.regularizers.Regularizer | None
    policy: keras.DTypePolicy

    def normalized(self, x, width, kernel_size=None):
        """Convolution and batch normalisation.

        The convolution has no bias: normalisation would subtract it again.
        """
        x = keras.layers.Conv2D(
            width,
            kernel_size or self.kernel_size,
            padding="same",
            data_format=LAYOUT,
            use_bias=False,
            kernel_initializer="he_normal",
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.policy,
        )(x)
        return keras.layers.BatchNormalization(momentum=0.9, dtype=self.policy)(x)

    def activated(self, x):
        return keras.layers.Activation(self.activation, dtype=self.policy)(x)

    def residual_pair(self, x, width):
        """f(x + F(x)), with two convolutions as F."""
        bridge = x if x.shape[-1] == width else self.normalized(x, width, 1)
        x = self.activated(self.normalized(x, width))
        x = keras.layers.Add(dtype=self.policy)([bridge, self.normalized(x, width)])
        return self.activated(x)


declare(
    "Convolution",
    Section.NETWORKS,
    "keras.layers.Conv2D",
    text=r"""
    One small kernel for every position of the image and all channels.

    $$y_{ijk} = b_k + \sum_{u=0}^{m-1} \sum_{v=0}^{n-1}
    \sum_c K_{uvck}\, x_{i+u,\, j+v,\, c}$$

    $K$ is the kernel, $m \times n$ its size, $c$ a channel of the input and $k$ one of
    the `filters` channels of the output. Each output depends on only $m \times n$ cells
    (local perception), and $K$ does not depend on $i$ and $j$ (parameter sharing).

    Compared with Keras: the same object. `zoo.CNN` is a network of such layers, ready
    to train.

    Source: notes, "Convolutional neural networks"; LeCun et al. 1998, "Gradient-based
    learning applied to document recognition", §II.
    """,
)
declare(
    "The fully connected layer",
    Section.NETWORKS,
    "keras.layers.Flatten",
    "keras.layers.Dense",
    "custom.activations.softmax",
    text=r"""
    All cells in one vector, weighted to give a score for each class.

    $$z = W \operatorname{vec}(A) + b, \qquad
    \sigma(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

    $A$ is the output of convolution and pooling.

    Compared with Keras: the same objects.

    Source: notes, "Convolutional neural networks: the fully connected layer".
    """,
)
