"""The convolutional network."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from custom import layers
from custom.arguments import (
    boolean,
    one_of,
    positive_integer,
    positive_integers,
    probability,
)
from custom.types import Tensor
from zoo.models.classifier import Classifier
from zoo.models.family import recorded
from zoo.models.input_scaling import pixel_scaling
from zoo.models.sizes import resolved_size
from zoo.targets import Target, target_from_arguments

# Independent of the user's global setting: the documented shapes depend on it.
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

    The network has stages of `depth` 3×3 convolutions, each followed by batch
    normalisation and an activation. Between two stages the image is pooled to half its
    size, and the number of channels grows. The last stage is averaged over the image,
    and a softmax gives the class probabilities, or another target has its own last
    layer. Averaging instead of flattening keeps
    the number of weights small and independent of the image size. Deep stages train
    better as residual stages, where two convolutions learn what to add to their input.

    Input: `(batch, height, width, channels)` in 0…255, of any number type; the model
    scales it. Output: `(batch, num_classes)`, or what `target` says, float32.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Number of classes, at least 2.
        target: What to answer instead of one of several classes, such as
            `zoo.targets.Regression`.
        size: `"small"`, `"base"` or `"large"`: sets `widths`, `depth` and `residual`
            together, as in the table of `docs/sizes.md`. Each of them can be given
            separately and then takes precedence.
        widths: Number of channels of each stage; one stage for each number. Each stage
            after the first halves the image, which must stay at least one pixel
            wide. Base: `(32, 64, 128)`.
        depth: Number of convolutions in each stage; even in residual stages. Base: 2.
        residual: Whether the input of every two convolutions is added to their output,
            through a 1×1 convolution where the number of channels changes. Base:
            False.
        kernel_size: Side of the convolution windows, in pixels.
        activation: Activation after each convolution, by name or as a function.
        pooling: Pooling between stages: `"max"`, `"average"`, or a layer of
            `custom.layers` with its defaults: `"lp"`, `"median"`, `"mixed"`,
            `"stochastic"`.
        dropout: Fraction of the averaged features that is dropped before the last
            layer in training, in [0, 1].
        kernel_regularizer: Penalty on every kernel, such as
            `keras.regularizers.L2(1e-4)`.
        classifier_activation: `"softmax"` for probabilities, `None` for logits.
        class_names: A name for each class, kept with the model.
        dtype: Precision policy of the layers; the global policy by default.
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

    search_space: ClassVar[Mapping[str, str]] = {
        "widths": "[16,32,64],[32,64,128],[48,96,192]",
        "depth": "1:3",
        "dropout": "0:0.5",
    }

    def __init__(
        self,
        input_shape: tuple[int, int, int] | list[int],
        num_classes: int | None = None,
        *,
        target: Target | dict[str, Any] | None = None,
        size: str = "base",
        widths: Sequence[int] | None = None,
        depth: int | None = None,
        residual: bool | None = None,
        kernel_size: int = 3,
        activation: str | Callable[..., Any] = "relu",
        pooling: str = "max",
        dropout: float = 0.2,
        kernel_regularizer: keras.regularizers.Regularizer | str | dict | None = None,
        classifier_activation: str | None = "softmax",
        class_names: Sequence[str] | None = None,
        dtype: str | dict | keras.DTypePolicy | None = None,
        name: str = "cnn",
    ) -> None:
        target = target_from_arguments(
            target, num_classes, class_names, classifier_activation
        )
        given = {"widths": widths, "depth": depth, "residual": residual}
        chosen = resolved_size(size, SIZES, given)
        widths = positive_integers("widths", chosen["widths"])
        shape = checked_image_shape(input_shape, stages=len(widths))
        residual = boolean("residual", chosen["residual"])
        depth = checked_depth(chosen["depth"], residual)
        kernel_size = positive_integer("kernel_size", kernel_size)
        dropout = probability("dropout", dropout)
        one_of("pooling", pooling, POOLING)
        kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())

        inputs = keras.Input(shape, name="inputs")
        x: Tensor = pixel_scaling()(inputs)
        function = keras.activations.get(activation)
        build = Convolutions(kernel_size, function, kernel_regularizer, policy)
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
            configuration=recorded(
                CNN,
                locals(),
                input_shape=shape,
                activation=function,
                **target.arguments(),
                dtype=policy,
            ),
            name=name,
        )


def checked_image_shape(input_shape: Sequence[int], stages: int) -> tuple[int, ...]:
    """`(height, width, channels)`, large enough to be halved between stages."""
    shape = positive_integers("input_shape", input_shape)
    if len(shape) != 3:
        raise ValueError(
            f"`input_shape` must be (height, width, channels), got {shape}."
        )
    smallest = 2 ** (stages - 1)
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"`input_shape` {shape} is too small for {stages} stages, which "
            f"need at least {smallest}×{smallest} pixels; give fewer `widths`."
        )
    return shape


def checked_depth(depth: int, residual: bool) -> int:
    """The number of convolutions in a stage; residual stages have pairs of them."""
    depth = positive_integer("depth", depth)
    if residual and depth % 2:
        raise ValueError(
            f"`depth` must be even in residual stages, got {depth}: the input is added "
            "after every second convolution."
        )
    return depth


@dataclasses.dataclass(frozen=True)
class Convolutions:
    """The layers of a stage, with the options that they share."""

    kernel_size: int
    activation: Callable[..., Any]
    kernel_regularizer: keras.regularizers.Regularizer | None
    policy: keras.DTypePolicy

    def normalized(
        self, x: Tensor, width: int, kernel_size: int | None = None
    ) -> Tensor:
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

    def activated(self, x: Tensor) -> Tensor:
        return keras.layers.Activation(self.activation, dtype=self.policy)(x)

    def residual_pair(self, x: Tensor, width: int) -> Tensor:
        """f(x + F(x)), with two convolutions as F."""
        shortcut = x if x.shape[-1] == width else self.normalized(x, width, 1)
        x = self.activated(self.normalized(x, width))
        x = keras.layers.Add(dtype=self.policy)([shortcut, self.normalized(x, width)])
        return self.activated(x)
