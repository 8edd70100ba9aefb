"""TensorFlow's fused kernels in place of Keras's operations, while a model is trained.

Keras writes an update or a normalisation as ten operations, each of which goes over
the arrays once; a kernel goes over them once or twice. What is computed, the state and
the saved model are the same; the last digit can differ.
"""

import contextlib

import keras
import tensorflow as tf

from recipes.training.checkpoints.state import optimizers_of
from recipes.training.kernels.normalization import fused_normalization
from recipes.training.kernels.updates import fused_updates


@contextlib.contextmanager
def fused(model: keras.Model):
    """Trains with the kernels while the block runs.

    Functions that are traced in it keep them; trace anew afterwards. Under a strategy
    everything stays with Keras, whose variables are several there.
    """
    if tf.distribute.has_strategy():
        yield
        return
    with contextlib.ExitStack() as stack:
        for optimizer in optimizers_of(model):
            stack.enter_context(fused_updates(optimizer))
        stack.enter_context(fused_normalization(model))
        yield
