"""Label smoothing as an augmentation."""

import dataclasses

import tensorflow as tf

from custom.arguments import probability
from recipes.augmentation.base import Augmentation, Batch, argument


@dataclasses.dataclass(frozen=True, repr=False)
class LabelSmoothing(Augmentation):
    r"""Moves some probability from the true class to all classes.

    $$t' = (1 - \varepsilon)\,t + \varepsilon / k$$

    The inputs do not change. Only training batches are smoothed, so validation losses
    stay comparable with those of other runs.

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

    Compared with Keras: `keras.losses.CategoricalCrossentropy(label_smoothing=epsilon)`
    computes the same, but also smooths in validation. `custom.layers.LabelSmoothing`
    is the same formula as a layer.

    Source: notes, "Data augmentation: noise injection"; Szegedy et al. 2016,
    "Rethinking the Inception architecture for computer vision", §7.
    """

    kind = None  # any kind: it does not change the inputs
    soft_targets = True

    epsilon: float = argument(probability, 0.1)

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        classes = tf.cast(tf.shape(labels)[-1], labels.dtype)
        return inputs, (1 - self.epsilon) * labels + self.epsilon / classes
