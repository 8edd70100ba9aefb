"""Rotation, zoom, shift, shear and flips in one affine warp."""

import dataclasses
import math

import tensorflow as tf

from custom.arguments import boolean
from custom.formula import Section, formula
from recipes.augmentation.base import Augmentation, Batch, argument, wide
from recipes.augmentation.ranges import Range, amount, choice, factor, pixel_value


@formula("More data: images turned and scaled", Section.REGULARIZATION)
@dataclasses.dataclass(frozen=True, repr=False)
class Warp(Augmentation):
    r"""Transforms every image by its own affine map, with a single interpolation.

    $$p_\text{out} - c = R_\theta\, S_\varphi\, z\, F\,(p_\text{in} - c) + t$$

    $F$ flips, $z$ zooms, $S_\varphi$ shears, $R_\theta$ rotates, $t$ shifts, in
    this order, and $c$ is the centre of the image. The pixel at $p_\text{out}$ is
    interpolated bilinearly from the four pixels around $p_\text{in}$. A rotated 6
    becomes a 9, so the data decide how far an image may turn.

    Args:
        rotation: Degrees, counter-clockwise, drawn uniformly from −n…n or from
            `(low, high)`, within ±180.
        zoom: Scale factor, drawn uniformly from 1 − n…1 + n or from `(low, high)`;
            above 1 enlarges.
        shift: Fraction of the height and of the width, drawn for each from −n…n or
            `(low, high)`, within ±1; positive means down and right.
        shear: Angle of vertical lines in degrees, within ±80; positive moves the
            lower part to the right.
        horizontal_flip: Whether half of the images are mirrored left to right.
        vertical_flip: Whether half of the images are turned upside down.
        fill: What is outside the image: `"constant"`; `"nearest"`, which repeats the
            border; or `"reflect"`, which mirrors the image at its border.
        fill_value: Value of the pixels outside with `"constant"`, in 0…255.

    Raises:
        InputError: If a range is reversed or exceeds the limits.

    >>> import tensorflow as tf
    >>> image = tf.constant([[1, 2], [3, 4]], tf.uint8)[tf.newaxis, ..., tf.newaxis]
    >>> turned, _ = Warp(rotation=(90, 90))(image, [0], seed=(1, 2))
    >>> turned[0, ..., 0].numpy().tolist()
    [[2, 4], [1, 3]]

    Compared with Keras: `RandomRotation`, `RandomZoom`, `RandomTranslation`,
    `RandomShear` and `RandomFlip` interpolate, and blur, once each. They draw from a
    state that threads share, and fill with `"reflect"` by default.

    Source: notes, "Data augmentation", which rotate and scale images, and warn about 6
    and 9.
    """

    rotation: Range = argument(amount(180), 0.0)
    zoom: Range = argument(factor, 0.0)
    shift: Range = argument(amount(1), 0.0)
    shear: Range = argument(amount(80), 0.0)
    horizontal_flip: bool = argument(boolean, False)
    vertical_flip: bool = argument(boolean, False)
    fill: str = argument(choice("constant", "nearest", "reflect"), "constant")
    fill_value: float = argument(pixel_value, 0.0)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        height, width = tf.unstack(tf.shape(images)[1:3])
        maps = self.maps(tf.shape(images)[0], height, width, seed)
        warped = tf.raw_ops.ImageProjectiveTransformV3(
            images=wide(images),
            transforms=maps,
            output_shape=[height, width],
            fill_value=self.fill_value,
            interpolation="BILINEAR",
            fill_mode=self.fill.upper(),
        )
        return warped, labels

    def maps(
        self, number: tf.Tensor, height: tf.Tensor, width: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Draws the map of each image from output to input: six numbers, then 0, 0.

        The input pixel (x, y) is (a x' + b y' + c, d x' + e y' + f) for the output
        pixel (x', y'), in the order a, b, c, d, e, f.
        """
        draws = tf.random.stateless_uniform([7, number], seed)
        turn = _between(self.rotation, draws[0]) * (math.pi / 180)
        lean = tf.tan(_between(self.shear, draws[1]) * (math.pi / 180))
        zoom = _between(self.zoom, draws[2])
        middle_x = (tf.cast(width, tf.float32) - 1) / 2
        middle_y = (tf.cast(height, tf.float32) - 1) / 2
        from_x = middle_x + _between(self.shift, draws[3]) * tf.cast(width, tf.float32)
        from_y = middle_y + _between(self.shift, draws[4]) * tf.cast(height, tf.float32)
        x_scale = _sign(self.horizontal_flip, draws[5]) / zoom
        y_scale = _sign(self.vertical_flip, draws[6]) / zoom
        # The product F⁻¹ z⁻¹ S⁻¹ R⁻¹.
        sine, cosine = tf.sin(turn), tf.cos(turn)
        a, b = x_scale * (cosine - lean * sine), -x_scale * (sine + lean * cosine)
        d, e = y_scale * sine, y_scale * cosine
        c = middle_x - a * from_x - b * from_y
        f = middle_y - d * from_x - e * from_y
        zero = tf.zeros_like(a)
        return tf.stack([a, b, c, d, e, f, zero, zero], axis=1)


def _between(bounds, draws):
    low, high = bounds
    return low + (high - low) * draws


def _sign(flips, draws):
    """Returns −1 for half of the images if they are flipped, and 1 otherwise."""
    return tf.where(draws < 0.5, -1.0, 1.0) if flips else tf.ones_like(draws)
