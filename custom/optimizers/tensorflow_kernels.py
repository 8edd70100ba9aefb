"""The update on TensorFlow: fused kernels, and the rows of sparse gradients.

A fused kernel reads and writes each array once, where the same formula in single
operations does so several times; `benchmarks.optimizers` has the figures. Imported
by `base` on the TensorFlow backend only.
"""

import keras
import tensorflow as tf


def update(optimizer, gradient, variable, state, scalars):
    """Make the update and return None, or return the dense gradient to make it."""
    variable, *state = [
        v.value if isinstance(v, keras.Variable) else v for v in (variable, *state)
    ]
    if isinstance(gradient, tf.IndexedSlices):
        if optimizer.rests_without_gradient:
            return _update_rows(optimizer, gradient, variable, state, scalars)
        gradient = tf.convert_to_tensor(gradient)
    if variable.dtype != tf.float32 or not hasattr(variable, "handle"):
        return gradient
    optimizer.kernel(
        tf.raw_ops,
        variable.handle,
        tf.cast(gradient, tf.float32),
        [v.handle for v in state],
        *scalars,
    )
    return None


def _update_rows(optimizer, gradient, variable, state, scalars):
    rows, places = tf.unique(gradient.indices)
    summed = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    step, *values = optimizer.formula(
        tf.cast(summed, scalars[0].dtype),
        [tf.gather(kept, rows) for kept in state],
        *scalars,
    )
    for kept, value in zip(state, values, strict=True):
        kept.scatter_update(tf.IndexedSlices(value, rows))
    new = tf.cast(tf.gather(variable, rows), step.dtype) + step
    variable.scatter_update(tf.IndexedSlices(tf.cast(new, variable.dtype), rows))
