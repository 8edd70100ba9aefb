"""The two networks of DCGAN: one draws images, the other judges them."""

import keras

from custom.arguments import positive_integers

# Whatever the user's global setting: the documented shapes depend on it.
LAYOUT = "channels_last"

# Side of an image: its side at the narrowest place, and how often that doubles.
STAGES = {28: (7, 2), 32: (4, 3), 64: (4, 4)}
CHANNELS = (1, 3)

# A multiple of the stride, so that each pixel of a transposed convolution sums
# equally many products; 5×5, as in the paper's figure, draws a checkerboard.
KERNEL_SIZE = 4


def generator(image_shape, latent_dim, width, policy):
    """Latents `[n, latent_dim]` to images `[n, side, side, channels]` in −1…1.

    A dense layer makes a small image of many channels; each transposed convolution
    doubles its sides. The last one has `image_shape`'s channels and a tanh in
    float32, no batch normalisation.
    """
    side, doublings = STAGES[image_shape[0]]
    widths = [width * 2**stage for stage in reversed(range(doublings))]
    inputs = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Dense(
        side * side * widths[0],
        use_bias=False,  # normalisation would subtract it again
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


def discriminator(image_shape, width, policy):
    """Images in −1…1 to logits `[n, 1]`, above 0 for real ones.

    Strided convolutions halve the sides, as often as the generator doubles them;
    the first has no batch normalisation. The logit is computed in float32.
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


def transposed(x, channels, policy, use_bias):
    """Transposed convolution that doubles the sides."""
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


def normalized(x, policy):
    """Batch normalisation whose running statistics follow the last dozens of steps.

    Both networks change faster than a classifier's: with Keras's 0.99 the images
    that are generated come from statistics of networks that are gone.
    """
    return keras.layers.BatchNormalization(
        axis=-1,
        momentum=0.9,
        epsilon=1e-5,
        gamma_initializer=small_normal(mean=1.0),
        dtype=policy,
    )(x)


def small_normal(mean=0.0):
    """N(mean, 0.02²), by which DCGAN starts; a new one, so a new seed, per weight."""
    return keras.initializers.RandomNormal(mean, stddev=0.02)


def checked_image_shape(image_shape):
    """A square of 28, 32 or 64 pixels with 1 or 3 channels."""
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
