"""The update on TensorFlow: fused kernels, and the rows of sparse gradients.

A fused kernel reads and writes each array once; the same formula in single operations
does so several times. `benchmarks.optimizers` has the figures. `base` imports this
module on the TensorFlow backend only.
"""

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from custom.types import Tensor

if TYPE_CHECKING:
    from custom.optimizers.base import FormulaOptimizer, State


def update(
    optimizer: "FormulaOptimizer",
    gradient: Tensor,
    variable: Tensor,
    state: "State",
    scalars: tuple[Tensor, ...],
) -> Tensor | None:
    """Update the weight and return None, or return the dense gradient to apply."""
    variable, *state = [
        v.value if isinstance(v, keras.Variable) else v for v in (variable, *state)
    ]
    if isinstance(gradient, tf.IndexedSlices):
        if optimizer.rests_without_gradient:
            _update_rows(optimizer, gradient, variable, state, scalars)
            return None
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


def _update_rows(
    optimizer: "FormulaOptimizer",
    gradient: Tensor,
    variable: Tensor,
    state: "State",
    scalars: tuple[Tensor, ...],
) -> None:
    rows, segments = tf.unique(gradient.indices)
    summed = tf.math.unsorted_segment_sum(gradient.values, segments, tf.size(rows))
    step, *values = optimizer.formula(
        tf.cast(summed, scalars[0].dtype),
        [tf.gather(kept, rows) for kept in state],
        *scalars,
    )
    for kept, value in zip(state, values, strict=True):
        kept.scatter_update(tf.IndexedSlices(value, rows))
    new = tf.cast(tf.gather(variable, rows), step.dtype) + step
    variable.scatter_update(tf.IndexedSlices(tf.cast(new, variable.dtype), rows))
