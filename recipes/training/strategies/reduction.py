"""Strategies that Keras's training loop works under.

Keras 3 cannot `fit` under `tf.distribute.MultiWorkerMirroredStrategy` (keras-team/keras
#20585): its loop calls `strategy.reduce` in two ways that TensorFlow refuses. It passes
a whole batch, to find shapes and types when it builds a model; and it passes the
metrics of a step, which include scalars, with `axis=0`. Nothing else is changed here.
"""

import tensorflow as tf

from recipes.training.strategies.sharing import Share


class _ReducesForKeras:
    """Handles both calls."""

    def reduce(self, reduce_op, value, axis=None):
        if isinstance(value, Share):
            value = value.data
        if isinstance(value, tuple | list):
            return tf.nest.map_structure(self._first, value)
        return super().reduce(reduce_op, value, None)

    def _first(self, value):
        """One replica's part, for its shapes and types; texts have no mean."""
        return self.experimental_local_results(value)[0]


class Mirrored(_ReducesForKeras, tf.distribute.MirroredStrategy):
    """Several devices of one machine."""


class MultiWorkerMirrored(_ReducesForKeras, tf.distribute.MultiWorkerMirroredStrategy):
    """Several processes, on one machine or several."""
