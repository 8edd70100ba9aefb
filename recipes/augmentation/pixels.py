"""Flips and crops: pixels change places and keep their values.

Nothing is interpolated, so one gather of whole pixels does it, several times
faster than a warp; `benchmarks/augmentation.py` measures both.
"""

import dataclasses

import tensorflow as tf

from custom.arguments import positive_integer
from recipes.augmentation.base import Augmentation, argument
from recipes.augmentation.ranges import choice, pixel_value, switch
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True, repr=False)
class Flip(Augmentation):
    """Mirrors half of the images; each image draws for itself.

    Args:
        horizontal: Whether left and right are exchanged.
        vertical: Whether top and bottom are exchanged; drawn apart from the other.

    Raises:
        InputError: If it is to do neither.

    >>> import tensorflow as tf
    >>> images = tf.tile([[[[1.0], [2.0]]]], [100, 1, 1, 1])
    >>> flipped, _ = Flip()(images, range(100), seed=(1, 2))
    >>> sorted({tuple(image.numpy().ravel().tolist()) for image in flipped})
    [(1.0, 2.0), (2.0, 1.0)]

    Against Keras: `RandomFlip` gives the same kind of images; this is
    reproducible in `tf.data` with any number of threads.
    """

    horizontal: bool = argument(switch, True)
    vertical: bool = argument(switch, False)

    def __post_init__(self):
        super().__post_init__()
        if not self.horizontal and not self.vertical:
            raise InputError("Flip: `horizontal` or `vertical` must be True.")

    def changed(self, images, labels, seed):
        number, height, width = tf.unstack(tf.shape(images)[:3])
        draws = tf.random.stateless_uniform([2, number, 1], seed) < 0.5
        rows = _mirrored(height, draws[0] & self.vertical)
        columns = _mirrored(width, draws[1] & self.horizontal)
        return taken(images, rows, columns), labels


@dataclasses.dataclass(frozen=True, repr=False)
class CropWithPadding(Augmentation):
    """Pads the images on every side, then cuts their size out at a random place.

    The same as a shift by whole pixels, drawn for each image and axis from
    −padding…padding.

    Args:
        padding: Pixels added on each side, at least 1 and less than the sides of
            the image.
        fill: What is added: `"constant"` or `"reflect"`, the image mirrored at its
            border, the border itself included.
        fill_value: Of `"constant"`, in 0…255.

    Raises:
        InputError: If an argument is out of its range, or the padding is as wide
            as the image.

    >>> import tensorflow as tf
    >>> images = tf.ones([100, 2, 2, 1], tf.uint8)
    >>> cut, _ = CropWithPadding(1)(images, range(100), seed=(1, 2))
    >>> sorted({int(tf.math.count_nonzero(image)) for image in cut})
    [1, 2, 4]

    Against Keras: `RandomCrop` cuts one place for the whole batch and does not
    pad.

    Source: He et al. 2016, "Deep residual learning for image recognition", §4.2.
    """

    padding: int = argument(positive_integer)
    fill: str = argument(choice("constant", "reflect"), "constant")
    fill_value: float = argument(pixel_value, 0.0)

    def changed(self, images, labels, seed):
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
        return taken(padded, rows, columns), labels


def taken(images, rows, columns):
    """The pixels in each image's `rows` `(batch, h)` and `columns` `(batch, w)`."""
    number, height, width, channels = tf.unstack(tf.shape(images))
    rows += tf.range(number)[:, tf.newaxis] * height
    places = rows[:, :, tf.newaxis] * width + columns[:, tf.newaxis, :]
    return tf.gather(tf.reshape(images, [-1, channels]), places)


def _mirrored(side, flipped):
    """0…side − 1 for each image, backwards where `flipped` `(batch, 1)`."""
    places = tf.range(side)
    return tf.where(flipped, side - 1 - places, places)
