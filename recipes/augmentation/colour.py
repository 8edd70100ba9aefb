"""Brightness, contrast and noise of images."""

import dataclasses

import tensorflow as tf

from custom.arguments import positive
from recipes.augmentation.base import Augmentation, Batch, argument, per_example, wide
from recipes.augmentation.ranges import Range, amount, factor
from recipes.data import randomness

WHITE = 255.0  # Images of every type are in 0…255.


@dataclasses.dataclass(frozen=True, repr=False)
class Brightness(Augmentation):
    r"""Adds the same random number to all pixels of an image.

    $$x' = x + 255\,\delta, \qquad \delta \sim U(\text{low}, \text{high})$$

    Args:
        amount: δ as a fraction of the scale, drawn from −n…n or `(low, high)`, within
            ±1.

    Raises:
        InputError: If the range is reversed or exceeds the limits.

    >>> import tensorflow as tf
    >>> images = tf.constant([100, 250], tf.uint8)[tf.newaxis, tf.newaxis, :, None]
    >>> Brightness((0.1, 0.1))(images, [0], seed=(1, 2))[0].numpy().ravel().tolist()
    [126, 255]

    Compared with Keras: the layer `RandomBrightness(amount)` has state.
    """

    amount: Range = argument(amount(1))

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        drawn = _for_each(images, self.amount, seed)
        return wide(images) + WHITE * drawn, labels


@dataclasses.dataclass(frozen=True, repr=False)
class Contrast(Augmentation):
    r"""Scales the distances of the pixels of an image from its mean.

    $$x' = \bar{x} + f\,(x - \bar{x}), \qquad f \sim U(\text{low}, \text{high})$$

    $\bar{x}$ is the mean of each channel over the image.

    Args:
        factor: f, drawn from 1 − n…1 + n or `(low, high)`, above 0.

    Raises:
        InputError: If the range is reversed or exceeds the limits.

    >>> import tensorflow as tf
    >>> images = tf.constant([100, 120], tf.uint8)[tf.newaxis, tf.newaxis, :, None]
    >>> Contrast((2, 2))(images, [0], seed=(1, 2))[0].numpy().ravel().tolist()
    [90, 130]

    Compared with Keras: the layer `RandomContrast(factor)` has state.
    """

    factor: Range = argument(factor)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        images = wide(images)
        mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
        return mean + _for_each(images, self.factor, seed) * (images - mean), labels


@dataclasses.dataclass(frozen=True, repr=False)
class GaussianNoise(Augmentation):
    r"""Adds independent Gaussian noise to every pixel.

    $$x' = x + 255\,\sigma\,n, \qquad n \sim N(0, 1)$$

    Args:
        stddev: σ as a fraction of the scale, above 0.

    Raises:
        InputError: If `stddev` is not above 0.

    >>> import tensorflow as tf
    >>> noisy, _ = GaussianNoise(0.1)(tf.zeros([1, 99, 99, 1]), [0], seed=(1, 2))
    >>> round(float(tf.math.reduce_std(noisy)) / 255, 2)
    0.1

    Compared with Keras: the layer `GaussianNoise` draws in the model, on the device;
    this draws in the data pipeline, from the pipeline's seed.

    Source: notes, "Data augmentation: noise injection".
    """

    stddev: float = argument(positive)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        images = wide(images)
        # Always in float32, so that images of all types get the same numbers.
        noise = randomness.normals(tf.shape(images), seed)
        return images + WHITE * self.stddev * tf.cast(noise, images.dtype), labels


def _for_each(images, bounds, seed):
    """Draws a number between the bounds for each image."""
    low, high = bounds
    draws = tf.random.stateless_uniform([tf.shape(images)[0]], seed)
    drawn = low + (high - low) * draws
    return per_example(tf.cast(drawn, wide(images).dtype))
