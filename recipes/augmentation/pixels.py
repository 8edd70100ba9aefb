"""Flips and crops, which move whole pixels and keep their values.

Nothing is interpolated, so one gather of whole pixels is enough. It is several times
faster than a warp; `benchmarks/augmentation.py` measures both.
"""

import dataclasses

import tensorflow as tf

from custom.arguments import boolean, positive_integer
from recipes.augmentation.base import Augmentation, Batch, argument
from recipes.augmentation.ranges import choice, pixel_value
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True, repr=False)
class Flip(Augmentation):
    """Mirrors each image with a probability of one half.

    Args:
        horizontal: Whether left and right are exchanged.
        vertical: Whether top and bottom are exchanged, drawn independently.

    Raises:
        InputError: If both are False.

    >>> import tensorflow as tf
    >>> images = tf.tile([[[[1.0], [2.0]]]], [100, 1, 1, 1])
    >>> flipped, _ = Flip()(images, range(100), seed=(1, 2))
    >>> sorted({tuple(image.numpy().ravel().tolist()) for image in flipped})
    [(1.0, 2.0), (2.0, 1.0)]

    Compared with Keras: `RandomFlip` gives the same images; this class is reproducible
    in `tf.data` with any number of threads.
    """

    horizontal: bool = argument(boolean, True)
    vertical: bool = argument(boolean, False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.horizontal and not self.vertical:
            raise InputError("Flip: `horizontal` or `vertical` must be True.")

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        number, height, width = tf.unstack(tf.shape(images)[:3])
        draws = tf.random.stateless_uniform([2, number, 1], seed) < 0.5
        rows = _mirrored(height, draws[0] & self.vertical)
        columns = _mirrored(width, draws[1] & self.horizontal)
        return gathered(images, rows, columns), labels


@dataclasses.dataclass(frozen=True, repr=False)
class CropWithPadding(Augmentation):
    """Pads the images on every side, then crops them to their size at random.

    This is the same as a shift by whole pixels, drawn for each image and axis from
    −padding…padding.

    Args:
        padding: Number of pixels added on each side, at least 1 and less than the
            sides of the image.
        fill: How the image is padded: `"constant"`, or `"reflect"`, which mirrors the
            image at its border, including the border itself.
        fill_value: Value of the padding with `"constant"`, in 0…255.

    Raises:
        InputError: If an argument is out of its range, or the padding is as wide
            as the image.

    >>> import tensorflow as tf
    >>> images = tf.ones([100, 2, 2, 1], tf.uint8)
    >>> cut, _ = CropWithPadding(1)(images, range(100), seed=(1, 2))
    >>> sorted({int(tf.math.count_nonzero(image)) for image in cut})
    [1, 2, 4]

    Compared with Keras: `RandomCrop` draws one position for the whole batch and does
    not pad.

    Source: He et al. 2016, "Deep residual learning for image recognition", §4.2.
    """

    padding: int = argument(positive_integer)
    fill: str = argument(choice("constant", "reflect"), "constant")
    fill_value: float = argument(pixel_value, 0.0)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        if any(side is not None and side <= self.padding for side in images.shape[1:3]):
            raise InputError(
                f"CropWithPadding: `padding` {self.padding} must be less than the "
                f"sides of the images, which are {images.shape[1]}×{images.shape[2]}."
            )
        number, height, width = tf.unstack(tf.shape(images)[:3])
        around = [[0, 0], [self.padding] * 2, [self.padding] * 2, [0, 0]]
        if self.fill == "reflect":
            padded = tf.pad(images, around, "SYMMETRIC")
        else:
            value = tf.cast(self.fill_value, images.dtype)
            padded = tf.pad(images, around, constant_values=value)
        first = tf.random.stateless_uniform(
            [2, number, 1], seed, 0, 2 * self.padding + 1, tf.int32
        )
        rows = first[0] + tf.range(height)
        columns = first[1] + tf.range(width)
        return gathered(padded, rows, columns), labels


def gathered(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Gathers the pixels in `rows` `(batch, h)` and `columns` `(batch, w)`."""
    number, height, width, channels = tf.unstack(tf.shape(images))
    rows += tf.range(number)[:, tf.newaxis] * height
    indices = rows[:, :, tf.newaxis] * width + columns[:, tf.newaxis, :]
    return tf.gather(tf.reshape(images, [-1, channels]), indices)


def _mirrored(side, flipped):
    """Indices 0…side − 1 for each image, reversed where `flipped` `(batch, 1)`."""
    indices = tf.range(side)
    return tf.where(flipped, side - 1 - indices, indices)
