"""Targets that leave a little probability to every class."""

import dataclasses

import tensorflow as tf

from custom.arguments import probability
from recipes.augmentation.base import Augmentation, argument


@dataclasses.dataclass(frozen=True, repr=False)
class LabelSmoothing(Augmentation):
    r"""Takes a little probability from the true class and spreads it over all.

    $$t' = (1 - \varepsilon)\,t + \varepsilon / k$$

    Images stay as they are. Only the batches for training are smoothed: validation
    losses stay comparable with those of other runs.

    Args:
        epsilon: ε, in [0, 1]; $k$ is the number of classes. Default: 0.1, as in
            the paper.

    Raises:
        InputError: If `epsilon` is out of its range, or the targets are class
            numbers.

    >>> import tensorflow as tf
    >>> _, targets = LabelSmoothing(0.2)(tf.zeros([2, 1, 1, 1]), tf.eye(2), (1, 2))
    >>> targets.numpy().round(3)
    array([[0.9, 0.1],
           [0.1, 0.9]], dtype=float32)

    Against Keras: the same as `label_smoothing=epsilon` of
    `keras.losses.CategoricalCrossentropy`, which smooths in validation too; the
    same as `custom.layers.LabelSmoothing`, as part of an augmentation.

    Source: notes, "Data augmentation: noise injection"; Szegedy et al. 2016,
    "Rethinking the Inception architecture for computer vision", §7.
    """

    kind = None  # any: it leaves the inputs alone
    soft_targets = True

    epsilon: float = argument(probability, 0.1)

    def changed(self, images, labels, seed):
        classes = tf.cast(tf.shape(labels)[-1], labels.dtype)
        return images, (1 - self.epsilon) * labels + self.epsilon / classes
