"""Gradient-based minimisation of a function of two weights."""

import keras
import numpy as np
import tensorflow as tf


def descend(optimizer, function, start, steps):
    """Return the points that a Keras optimizer visits, with the start."""
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
