"""Mixup and CutMix: pairs of images whose targets are mixed in the same proportion."""

import dataclasses

import tensorflow as tf

from recipes.augmentation import boxes
from recipes.augmentation.base import Augmentation, Batch, argument, per_example, wide
from recipes.augmentation.ranges import concentration, odds


@dataclasses.dataclass(frozen=True, repr=False)
class Mixing(Augmentation):
    """Base class: mixes each image with another, of which a share 1 − λ remains.

    The other image is the previous one in the batch. Training batches are in random
    order, so it can be any image; a batch of one stays unchanged.
    """

    soft_targets = True

    alpha: float = argument(concentration, 1.0)
    probability: float = argument(odds, 1.0)

    def changed(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        number = tf.shape(images)[0]
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
        share = beta(self.alpha, number, seeds[0])
        mixed = tf.random.stateless_uniform([number], seeds[1]) < self.probability
        share = tf.where(mixed, share, 1.0)
        images, share = self.pairs(images, _others(images), share, seeds[2])
        share = tf.cast(share, labels.dtype)[:, tf.newaxis]
        return images, share * labels + (1 - share) * _others(labels)

    def pairs(
        self, images: tf.Tensor, others: tf.Tensor, share: tf.Tensor, seed: tf.Tensor
    ) -> Batch:
        """Returns the mixed images, and the exact share of the first image in each."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, repr=False)
class Mixup(Mixing):
    r"""Averages each image with another, and their targets with the same weights.

    $$x' = \lambda x_i + (1 - \lambda) x_j, \quad
    t' = \lambda t_i + (1 - \lambda) t_j, \quad
    \lambda \sim \text{Beta}(\alpha, \alpha)$$

    Args:
        alpha: α, at least 0.001. If it is small, λ is mostly near 0 or 1; with 1, λ is
            uniform. Default: 0.2, within the 0.1 to 0.4 that the paper uses for
            ImageNet; it uses 1 for CIFAR.
        probability: Fraction of the images that are mixed.

    Raises:
        InputError: If an argument is out of its range, or the targets are class
            numbers.

    >>> import tensorflow as tf
    >>> images, targets = tf.constant([0.0, 100.0]), tf.eye(2)
    >>> images, targets = Mixup(1.0)(images[:, None, None, None], targets, (1, 2))
    >>> bool(tf.reduce_all(tf.abs(images[:, 0, 0, 0] - 100 * targets[:, 1]) < 1e-4))
    True

    Compared with Keras: the layer `MixUp` has state.

    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", §2. The
    paper's code draws one λ for the whole batch; here each image has its own.
    """

    alpha: float = argument(concentration, 0.2)

    def pairs(
        self, images: tf.Tensor, others: tf.Tensor, share: tf.Tensor, seed: tf.Tensor
    ) -> Batch:
        images = wide(images)
        part = per_example(tf.cast(share, images.dtype))
        return part * images + (1 - part) * wide(others), share


@dataclasses.dataclass(frozen=True, repr=False)
class CutMix(Mixing):
    r"""Pastes a box of another image into each image and mixes the targets by area.

    $$r_h = H\sqrt{1 - \lambda}, \quad r_w = W\sqrt{1 - \lambda}, \quad
    \lambda \sim \text{Beta}(\alpha, \alpha)$$

    The middle of the box is drawn uniformly from the image and the box is cut at the
    border. Then λ is set to the fraction of the area outside the box.

    Args:
        alpha: α, at least 0.001. Default: 1, as in the paper.
        probability: Fraction of the images that are mixed. Default: 1; the paper uses
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

    Compared with Keras: the layer `CutMix` has state.

    Source: Yun et al. 2019, "CutMix: regularization strategy to train strong
    classifiers with localizable features", §3.1.
    """

    def pairs(
        self, images: tf.Tensor, others: tf.Tensor, share: tf.Tensor, seed: tf.Tensor
    ) -> Batch:
        number, height, width = tf.unstack(tf.shape(images)[:3])
        draws = tf.random.stateless_uniform([2, number], seed)
        root = tf.sqrt(1 - share)
        rows, columns = (
            boxes.bounds(boxes.pixel_index(drawn, side), _rounded(root, side), side)
            for drawn, side in ((draws[0], height), (draws[1], width))
        )
        mixed = tf.where(boxes.inside(rows, columns, height, width), others, images)
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        return mixed, 1 - tf.cast(area / (height * width), tf.float32)


def beta(alpha: float, number: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws from Beta(α, α) as X / (X + Y), where X and Y are drawn from Gamma(α).

    This computes with logarithms, because with a small α most X and Y are below the
    smallest float. Gamma(α) is Gamma(α + 1) times U to the power 1/α.
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
