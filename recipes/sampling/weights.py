"""Class weights, given to training as sample weights."""

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from recipes.data.dataset import Part
from recipes.sampling.base import Names, WithRatio, class_counts
from recipes.sampling.order import Shuffled


@dataclasses.dataclass(frozen=True, repr=False)
class ClassWeights(WithRatio):
    r"""Shows every example once, with a weight that emphasises rare classes.

    $$w_c = \frac{m_c}{n_c} \cdot \frac{n}{\sum_j m_j}, \quad
      m_c = \max(n_c, \lfloor r \max_j n_j \rfloor)$$

    For $r = 1$ and $K$ classes this is $n / (K n_c)$. The mean weight of an example is
    1. Batches are `(inputs, labels, weights)`, and `weights` has the shape of the
    labels, so targets per time step are weighted step by step.

    Args:
        ratio: $r$, ratio of the total weight of the rarest class to that of the
            largest, in (0, 1]. Default: 1, equal weight.

    Raises:
        InputError: If `ratio` is out of its range, or the classes already exceed it.

    >>> ClassWeights().weights_for(np.array([0, 1, 1, 1, 1])).tolist()
    [2.5, 0.625]

    Compared with Keras: `class_weight` of `fit` supports neither several outputs nor
    targets per time step.
    """

    name = "class_weights"

    def weights_for(self, labels: np.ndarray, class_names: Names = None) -> np.ndarray:
        """Returns the weight of each class, float32 `(num_classes,)`."""
        plan = self.plan(labels, batch_size=1, class_names=class_names)
        wanted = self._raised(plan.counts).astype("float64")
        scale = plan.counts.sum() / wanted.sum()
        return (wanted / plan.counts * scale).astype("float32")

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        self._raised(counts)  # Refuses a ratio that the classes already exceed.
        return counts

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> Shuffled:
        sampler = Shuffled(len(part), seed)
        sampler.weights = tf.constant(self.weights_for(part.classes(), class_names))
        return sampler

    def _counts(self, labels, class_names):
        return class_counts(labels, class_names)


def weights_of(labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Returns a weight for each label.

    Args:
        labels: Class numbers of any shape; or probabilities `(..., num_classes)`,
            floating, which average the weights of the classes.
        weights: Weight of each class.
    """
    if labels.dtype.is_floating:
        return tf.linalg.matvec(tf.cast(labels, weights.dtype), weights)
    return tf.gather(weights, labels)


def with_class_weights(batches: tf.data.Dataset, weights: Any) -> tf.data.Dataset:
    """Adds the weight of each target to batches `(inputs, targets)`.

    Args:
        batches: Batches from any source; the targets are class numbers of any shape,
            of one output or, as a tuple or dictionary, of several outputs.
        weights: Weight of each class; for several outputs the same structure of
            them.

    Returns:
        Batches `(inputs, targets, weights)` for `model.fit`.

    >>> batches = tf.data.Dataset.from_tensors((tf.zeros([1, 2]), [[0, 1, 1]]))
    >>> for _, _, weights in with_class_weights(batches, [3.0, 0.5]):
    ...     print(weights.numpy())
    [[3.  0.5 0.5]]
    """
    weights = keras.tree.map_structure_up_to(
        batches.element_spec[1], lambda value: tf.constant(value, tf.float32), weights
    )

    def weighted(inputs, targets):
        return inputs, targets, tf.nest.map_structure(weights_of, targets, weights)

    return batches.map(weighted, num_parallel_calls=tf.data.AUTOTUNE)
