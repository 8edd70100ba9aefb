"""Strategies that Keras's training loop works under.

Keras 3 cannot `fit` under `tf.distribute.MultiWorkerMirroredStrategy` (keras-team/keras
#20585): its loop calls `strategy.reduce` in two ways that TensorFlow refuses. Once it
gives a whole batch, to learn shapes and types when it builds a model; and it gives the
measures of a step with `axis=0`, scalars among them. Nothing else is changed here.
"""

import tensorflow as tf

from recipes.training.strategies.sharing import Share


class _ReducesForKeras:
    """Answers both calls."""

    def reduce(self, reduce_op, value, axis=None):
        if isinstance(value, Share):
            value = value.data
        if isinstance(value, tuple | list):
            return tf.nest.map_structure(self._first, value)
        return super().reduce(reduce_op, value, None)

    def _first(self, value):
        """A batch is for its shapes and types; texts have no mean anyway."""
        return self.experimental_local_results(value)[0]


class Mirrored(_ReducesForKeras, tf.distribute.MirroredStrategy):
    """Several devices of one machine."""


class MultiWorkerMirrored(_ReducesForKeras, tf.distribute.MultiWorkerMirroredStrategy):
    """Several processes, on one machine or several."""
