"""Scaling of raw inputs inside the model, so that serving does not need it."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import ArrayLike


def scaling_layer(input_scaling: str | None) -> keras.layers.Layer | None:
    """The layer for an `input_scaling` argument, or `None` if there is no scaling.

    Both layers compute in float32 under every precision policy, because raw table
    columns overflow float16.
    """
    if input_scaling == "pixels":
        return pixel_scaling()
    if input_scaling == "standardize":
        return keras.layers.Normalization(dtype="float32", name="standardize")
    return None


def pixel_scaling() -> keras.layers.Layer:
    """The layer that scales pixels in 0…255 to 0…1."""
    return keras.layers.Rescaling(1 / 255, dtype="float32", name="pixels")


def measure(
    layer: keras.layers.Normalization, inputs: ArrayLike, codes: Sequence[int] = ()
) -> None:
    r"""Adapts a normalization layer to the data: $(x - \mu) / \sigma$.

    Mean and standard deviation are computed in float64 for each feature (the last
    axis). A feature that does not vary, as far as float32 can tell from its mean, keeps
    $\sigma = 1$, so that a new value is not divided by almost zero. Features with the
    indices `codes` are not scaled.
    """
    rows = np.asarray(inputs, "float64").reshape(-1, np.shape(inputs)[-1])
    mean, variance = rows.mean(axis=0), rows.var(axis=0)
    for index in codes:
        mean[index], variance[index] = 0, 1
    layer.adapt_mean.assign(mean)
    # Rounding makes a tiny variance of a constant such as 0.1.
    least = np.finfo("float32").eps * np.abs(mean)
    layer.adapt_variance.assign(np.where(variance > least**2, variance, 1.0))
    layer.finalize_state()
