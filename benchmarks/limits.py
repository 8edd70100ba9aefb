"""The limits of the machine, and the operations that a model needs."""

import math
import os

import keras
import numpy as np

from benchmarks.comparison import seconds

# A training step has three products per weight: the forward pass, the gradient of the
# inputs, and the gradient of the weights.
TRAINING = 3


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of convolutions, dense and recurrent layers for one example.

    >>> inputs = keras.Input((5, 3))
    >>> x = keras.layers.GRU(4)(inputs)
    >>> model = keras.Model(inputs, keras.layers.Dense(2)(x))
    >>> multiply_adds(model) == 5 * (3 * 12 + 4 * 12) + 4 * 2
    True
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            places = math.prod(layer.output.shape[1:3])
            total += places * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.RNN):
            cell = layer.cell
            steps = layer.input.shape[1]
            total += steps * math.prod(cell.kernel.shape)
            total += steps * math.prod(cell.recurrent_kernel.shape)
    return total


def training_operations(model: keras.Model) -> int:
    """Floating-point operations of a step per example, elementwise ones excluded."""
    return 2 * TRAINING * multiply_adds(model)


def machine(repetitions: int = 20):
    """A side that measures the machine: operations and bytes per second.

    Operations are those of multiplying 1024×1024 float32 matrices in TensorFlow; bytes
    are those read and written when 256 MB are copied.
    """
    import tensorflow as tf

    matrix = tf.random.stateless_normal((1024, 1024), (0, 0))
    product = tf.function(lambda: tf.linalg.matmul(matrix, matrix))
    source = np.ones(2**26, "float32")
    target = np.zeros_like(source)

    def measure():
        fastest = min(seconds(lambda: product().numpy()) for _ in range(repetitions))
        copied = min(seconds(lambda: np.copyto(target, source)) for _ in range(5))
        return {
            "operations": 2 * 1024**3 / fastest,
            "bytes": 2 * source.nbytes / copied,
            "processors": os.cpu_count(),
        }

    measure()
    return measure
