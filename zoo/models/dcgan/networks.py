"""The two networks of DCGAN: the generator and the discriminator."""

from typing import Any

import keras

from custom.arguments import positive_integers
from custom.types import Tensor

# Independent of the user's global setting, because the documented shapes depend on it.
LAYOUT = "channels_last"

# Side of an image: side of the smallest feature map, and how often it doubles.
STAGES = {28: (7, 2), 32: (4, 3), 64: (4, 4)}
CHANNELS = (1, 3)

# A multiple of the stride, so that each pixel of a transposed convolution sums the
# same number of products; 5×5, as in the paper's figure, draws a checkerboard.
KERNEL_SIZE = 4


def generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    width: int,
    policy: keras.DTypePolicy,
) -> keras.Model:
    """A model from latents `[n, latent_dim]` to images `[n, side, side, channels]`.

    A dense layer produces a small feature map with many channels; each transposed
    convolution doubles its sides. The last one has the channels of `image_shape` and
    no batch normalisation, and a tanh in float32 follows it: images are in −1…1.
    """
    side, doublings = STAGES[image_shape[0]]
    widths = [width * 2**stage for stage in reversed(range(doublings))]
    inputs = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Dense(
        side * side * widths[0],
        use_bias=False,  # batch normalisation would subtract it again
        kernel_initializer=small_normal(),
        dtype=policy,
    )(inputs)
    x = keras.layers.Reshape((side, side, widths[0]), dtype=policy)(x)
    x = keras.layers.ReLU(dtype=policy)(normalized(x, policy))
    for channels in widths[1:]:
        x = transposed(x, channels, policy, use_bias=False)
        x = keras.layers.ReLU(dtype=policy)(normalized(x, policy))
    x = transposed(x, image_shape[2], policy, use_bias=True)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="generator")


def discriminator(
    image_shape: tuple[int, int, int], width: int, policy: keras.DTypePolicy
) -> keras.Model:
    """A model from images in −1…1 to logits `[n, 1]`, which are positive for real ones.

    Strided convolutions halve the sides as often as the generator doubles them; the
    first one has no batch normalisation. The logit is computed in float32.
    """
    _, halvings = STAGES[image_shape[0]]
    inputs = keras.Input(image_shape, name="images")
    x = inputs
    for stage in range(halvings):
        x = keras.layers.Conv2D(
            width * 2**stage,
            KERNEL_SIZE,
            strides=2,
            padding="same",
            data_format=LAYOUT,
            use_bias=stage == 0,
            kernel_initializer=small_normal(),
            dtype=policy,
        )(x)
        if stage > 0:
            x = normalized(x, policy)
        x = keras.layers.LeakyReLU(0.2, dtype=policy)(x)
    x = keras.layers.Flatten(data_format=LAYOUT, dtype=policy)(x)
    logits = keras.layers.Dense(
        1, kernel_initializer=small_normal(), dtype="float32", name="logits"
    )(x)
    return keras.Model(inputs, logits, name="discriminator")


def transposed(
    x: Tensor, channels: int, policy: keras.DTypePolicy, use_bias: bool
) -> Tensor:
    """A transposed convolution that doubles the sides."""
    return keras.layers.Conv2DTranspose(
        channels,
        KERNEL_SIZE,
        strides=2,
        padding="same",
        data_format=LAYOUT,
        use_bias=use_bias,
        kernel_initializer=small_normal(),
        dtype=policy,
    )(x)


def normalized(x: Tensor, policy: keras.DTypePolicy) -> Tensor:
    """Batch normalisation whose moving statistics follow the last few dozen steps.

    Both networks change faster than a classifier. With Keras's momentum of 0.99,
    images would be generated with the statistics of much older weights.
    """
    return keras.layers.BatchNormalization(
        axis=-1,
        momentum=0.9,
        epsilon=1e-5,
        gamma_initializer=small_normal(mean=1.0),
        dtype=policy,
    )(x)


def small_normal(mean: float = 0.0) -> keras.initializers.Initializer:
    """The initializer of DCGAN, N(mean, 0.02²): one object, so one seed, per weight."""
    return keras.initializers.RandomNormal(mean, stddev=0.02)


def checked_image_shape(image_shape: Any) -> tuple[int, int, int]:
    """Check for square images of 28, 32 or 64 pixels with 1 or 3 channels."""
    image_shape = positive_integers("image_shape", image_shape)
    if (
        len(image_shape) != 3
        or image_shape[0] != image_shape[1]
        or image_shape[0] not in STAGES
        or image_shape[2] not in CHANNELS
    ):
        raise ValueError(
            "`image_shape` must be (side, side, channels) with 28, 32 or 64 pixels and "
            f"1 or 3 channels, got {image_shape}."
        )
    return image_shape
