"""Scaling of raw inputs inside the model, so that serving needs none outside."""

import keras
import numpy as np


def scaling_layer(input_scaling):
    """The layer for an `input_scaling` argument; `None` for none.

    Both compute in float32 under every precision policy: raw table columns
    overflow float16.
    """
    if input_scaling == "pixels":
        return keras.layers.Rescaling(1 / 255, dtype="float32", name="pixels")
    if input_scaling == "standardize":
        return keras.layers.Normalization(dtype="float32", name="standardize")
    return None


def measure(layer, inputs, codes=()):
    r"""Sets a standardizing layer to the data: $(x - \mu) / \sigma$.

    Mean and deviation are taken per feature (the last axis), in float64. A
    feature that never varies keeps $\sigma = 1$, so that a new value of it is
    not divided by almost nothing. Features at the places `codes` are left alone.
    """
    rows = np.asarray(inputs, "float64").reshape(-1, np.shape(inputs)[-1])
    mean, variance = rows.mean(axis=0), rows.var(axis=0)
    for place in codes:
        mean[place], variance[place] = 0, 1
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(np.where(variance > 0, variance, 1.0))
    layer.finalize_state()
