"""Going down a function of two weights, step by step."""

import keras
import numpy as np
import tensorflow as tf


def descend(optimizer, function, start, steps):
    """The points that an optimizer of Keras's kind passes, the start included."""
    weights = keras.Variable(start, dtype="float32")
    optimizer.build([weights])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            height = function(weights.value)
        optimizer.apply([tape.gradient(height, weights.value)], [weights])

    points = [weights.numpy()]
    for _ in range(steps):
        step()
        points.append(weights.numpy())
    return np.array(points)
