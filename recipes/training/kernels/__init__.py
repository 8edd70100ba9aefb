"""TensorFlow's fused kernels in place of Keras's operations, while a model is trained.

Keras writes an update or a normalisation as ten operations, each of which reads and
writes whole arrays; a kernel does so once or twice. The result, the state and the saved
model are the same, but for the last digit.
"""

import keras
import tensorflow as tf

from recipes.training.checkpoints.state import optimizers_of
from recipes.training.keras_overrides import Override, Overrides, untested_version
from recipes.training.kernels.normalization import normalization_overrides
from recipes.training.kernels.updates import update_overrides


def fused(model: keras.Model) -> Overrides:
    """Trains with the kernels while a `with` block runs.

    Functions traced in the block keep the kernels, so trace them again afterwards.
    Keras's own operations are used under a strategy, where a variable has several
    copies, and with versions of Keras or TensorFlow that were not tested.
    """
    if tf.distribute.has_strategy() or untested_version():
        return Overrides([])
    overrides: list[Override] = []
    for optimizer in optimizers_of(model):
        overrides += update_overrides(optimizer)
    return Overrides([*overrides, *normalization_overrides(model)])
