"""Class weights as sample weights of the batches."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from recipes.sampling.base import WithRatio, class_counts
from recipes.sampling.order import Shuffled


@dataclasses.dataclass(frozen=True, repr=False)
class ClassWeights(WithRatio):
    r"""Every example once, with a weight that raises the rare classes.

    $$w_c = \frac{m_c}{n_c} \cdot \frac{n}{\sum_j m_j}, \quad
      m_c = \max(n_c, \lfloor r \max_j n_j \rfloor)$$

    which is $n / (K n_c)$ for $r = 1$ and $K$ classes; the mean weight of an
    example is 1. Batches are `(inputs, labels, weights)`, and `weights` has the
    shape of the labels, so that targets per time step are weighted step by step.

    Args:
        ratio: $r$, the weight of all examples of the rarest class to that of the
            largest, in (0, 1]. Default: 1, equal weight.

    Raises:
        InputError: If `ratio` is out of its range, or reached already.

    >>> ClassWeights().weights_for(np.array([0, 1, 1, 1, 1])).tolist()
    [2.5, 0.625]

    Against Keras: `class_weight` of `fit` takes neither several outputs nor targets
    per time step.
    """

    name = "class_weights"

    def weights_for(self, labels, class_names=None) -> np.ndarray:
        """The weight of each class, float32 `(num_classes,)`."""
        plan = self.plan(labels, batch_size=1, class_names=class_names)
        wanted = self._raised(plan.counts).astype("float64")
        scale = plan.counts.sum() / wanted.sum()
        return (wanted / plan.counts * scale).astype("float32")

    def targets(self, counts, batch_size):
        self._raised(counts)  # Refuses a ratio that is reached already.
        return counts

    def sampler(self, part, *, batch_size, seed, class_names=None):
        sampler = Shuffled(len(part), seed)
        sampler.weights = tf.constant(self.weights_for(part.labels, class_names))
        return sampler

    def _counts(self, labels, class_names):
        return class_counts(labels, class_names)


def weights_of(labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """A weight for each label.

    Args:
        labels: Class numbers of any shape; or, floating, probabilities
            `(..., num_classes)`, whose classes' weights are averaged.
        weights: Weight of each class.
    """
    if labels.dtype.is_floating:
        return tf.linalg.matvec(tf.cast(labels, weights.dtype), weights)
    return tf.gather(weights, labels)


def with_class_weights(batches: tf.data.Dataset, weights) -> tf.data.Dataset:
    """Batches `(inputs, targets)` with the weight of each target.

    Args:
        batches: Batches of any source; the targets are class numbers of any shape,
            of one output or, as a tuple or dictionary, of several.
        weights: Weight of each class; of several outputs the same structure of
            them.

    Returns:
        Batches `(inputs, targets, weights)` for `model.fit`.

    >>> batches = tf.data.Dataset.from_tensors((tf.zeros([1, 2]), [[0, 1, 1]]))
    >>> for _, _, weights in with_class_weights(batches, [3.0, 0.5]):
    ...     print(weights.numpy())
    [[3.  0.5 0.5]]
    """
    weights = keras.tree.map_structure_up_to(
        batches.element_spec[1],
        lambda value: tf.constant(value, tf.float32),
        weights,
    )

    def weighted(inputs, targets):
        return inputs, targets, tf.nest.map_structure(weights_of, targets, weights)

    return batches.map(weighted, num_parallel_calls=tf.data.AUTOTUNE)
