"""Mixup and CutMix: pairs of images, and their targets in the same proportion."""

import dataclasses

import tensorflow as tf

from recipes.augmentation import boxes
from recipes.augmentation.base import Augmentation, argument, per_example, wide
from recipes.augmentation.ranges import concentration, odds


@dataclasses.dataclass(frozen=True, repr=False)
class Mixing(Augmentation):
    """A pair of images for each image, with the part λ of the first that remains.

    The second image is the one before it in the batch. The engine's batches are in
    random order, so that any other may be there; a batch of one stays as it is.
    """

    soft_targets = True

    def changed(self, images, labels, seed):
        number = tf.shape(images)[0]
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
        share = beta(self.alpha, number, seeds[0])
        mixed = tf.random.stateless_uniform([number], seeds[1]) < self.probability
        share = tf.where(mixed, share, 1.0)
        images, share = self.pairs(images, _others(images), share, seeds[2])
        share = tf.cast(share, labels.dtype)[:, tf.newaxis]
        return images, share * labels + (1 - share) * _others(labels)

    def pairs(self, images, others, share, seed):
        """The mixed images, and the parts that the first images really have."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, repr=False)
class Mixup(Mixing):
    r"""Lays another image over each, and mixes their targets likewise.

    $$x' = \lambda x_i + (1 - \lambda) x_j, \quad
    t' = \lambda t_i + (1 - \lambda) t_j, \quad
    \lambda \sim \text{Beta}(\alpha, \alpha)$$

    Args:
        alpha: α, at least 0.001. Small: λ is near 0 or 1 mostly; 1: uniform. Default:
            0.2, within the paper's 0.1 to 0.4 for ImageNet; it uses 1 for CIFAR.
        probability: Part of the images that are mixed.

    Raises:
        InputError: If an argument is out of its range, or the targets are class
            numbers.

    >>> import tensorflow as tf
    >>> images, targets = tf.constant([0.0, 100.0]), tf.eye(2)
    >>> images, targets = Mixup(1.0)(images[:, None, None, None], targets, (1, 2))
    >>> bool(tf.reduce_all(tf.abs(images[:, 0, 0, 0] - 100 * targets[:, 1]) < 1e-4))
    True

    Against Keras: `MixUp` as a layer, with state.

    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", §2. The
    paper's code draws one λ for the batch; here each image has its own.
    """

    alpha: float = argument(concentration, 0.2)
    probability: float = argument(odds, 1.0)

    def pairs(self, images, others, share, seed):
        images = wide(images)
        part = per_example(tf.cast(share, images.dtype))
        return part * images + (1 - part) * wide(others), share


@dataclasses.dataclass(frozen=True, repr=False)
class CutMix(Mixing):
    r"""Puts a box of another image into each, and mixes the targets by area.

    $$r_h = H\sqrt{1 - \lambda}, \quad r_w = W\sqrt{1 - \lambda}, \quad
    \lambda \sim \text{Beta}(\alpha, \alpha)$$

    The middle of the box is drawn uniformly from the image, the box is cut at the
    border, and λ becomes the part of the area that is left outside it.

    Args:
        alpha: α, at least 0.001. Default: 1, as in the paper.
        probability: Part of the images that are mixed. Default: 1; the paper uses
            ½ for CIFAR.

    Raises:
        InputError: If an argument is out of its range, or the targets are class
            numbers.

    >>> import tensorflow as tf
    >>> images = tf.stack([tf.zeros([6, 6, 1]), tf.ones([6, 6, 1])])
    >>> images, targets = CutMix()(images, tf.eye(2), seed=(1, 2))
    >>> shares = tf.reduce_mean(images, axis=[1, 2, 3])
    >>> bool(tf.reduce_all(tf.abs(shares - targets[:, 1]) < 1e-6))
    True

    Against Keras: `CutMix` as a layer, with state.

    Source: Yun et al. 2019, "CutMix: regularization strategy to train strong
    classifiers with localizable features", §3.1.
    """

    alpha: float = argument(concentration, 1.0)
    probability: float = argument(odds, 1.0)

    def pairs(self, images, others, share, seed):
        number, height, width = tf.unstack(tf.shape(images)[:3])
        draws = tf.random.stateless_uniform([2, number], seed)
        root = tf.sqrt(1 - share)
        rows, columns = (
            boxes.bounds(boxes.place(drawn, side), _rounded(root, side), side)
            for drawn, side in ((draws[0], height), (draws[1], width))
        )
        mixed = tf.where(boxes.inside(rows, columns, height, width), others, images)
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        return mixed, 1 - tf.cast(area / (height * width), tf.float32)


def beta(alpha, number, seed):
    """Numbers of Beta(α, α): X / (X + Y) for X and Y of Gamma(α).

    By logarithms, as for a small α most X and Y are below the smallest float:
    Gamma(α) is Gamma(α + 1) times U to the power 1/α.
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    gammas = tf.random.stateless_gamma([2, number], seeds[0], alpha + 1)
    # In (0, 1]: the logarithm of 0 is infinite.
    draws = 1 - tf.random.stateless_uniform([2, number], seeds[1])
    logarithms = tf.math.log(gammas) + tf.math.log(draws) / alpha
    return tf.sigmoid(logarithms[0] - logarithms[1])


def _rounded(root, side):
    return tf.cast(tf.round(root * tf.cast(side, tf.float32)), tf.int32)


def _others(batch):
    return tf.roll(batch, 1, axis=0)
