"""Erasing parts of images."""

import dataclasses

import tensorflow as tf

from custom.arguments import positive_integer
from recipes.augmentation import boxes
from recipes.augmentation.base import Augmentation, Batch, argument
from recipes.augmentation.ranges import odds, pixel_value
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True, repr=False)
class Cutout(Augmentation):
    """Paints over one square of each image.

    The middle of the square is drawn uniformly from the image. The square is cut at
    the border, so it may be smaller.

    Args:
        size: Side of the square in pixels, at most the sides of the image.
        fill_value: Value of the painted pixels, in 0…255. Default: the middle of the
            scale; the paper uses the mean of the data.
        probability: Fraction of the images that are painted over.

    Raises:
        InputError: If an argument is out of its range, or the square is larger
            than the image.

    >>> import tensorflow as tf
    >>> images = tf.zeros([100, 4, 4, 1], tf.uint8)
    >>> cut, _ = Cutout(2, fill_value=9)(images, range(100), seed=(1, 2))
    >>> sorted({int(tf.math.count_nonzero(image)) for image in cut})
    [1, 2, 4]

    Compared with Keras: `RandomErasing` also draws the area and the proportions.

    Source: DeVries and Taylor 2017, "Improved regularization of convolutional
    neural networks with cutout", §3.
    """

    size: int = argument(positive_integer)
    fill_value: float = argument(pixel_value, 128.0)
    probability: float = argument(odds, 1.0)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        if any(side is not None and side < self.size for side in images.shape[1:3]):
            raise InputError(
                f"Cutout: `size` {self.size} must be at most the sides of the images, "
                f"which are {images.shape[1]}×{images.shape[2]}."
            )
        number, height, width = tf.unstack(tf.shape(images)[:3])
        draws = tf.random.stateless_uniform([3, number], seed)
        side = tf.where(draws[2] < self.probability, self.size, 0)
        hidden = boxes.inside(
            boxes.bounds(boxes.pixel_index(draws[0], height), side, height),
            boxes.bounds(boxes.pixel_index(draws[1], width), side, width),
            height,
            width,
        )
        return tf.where(hidden, tf.cast(self.fill_value, images.dtype), images), labels
