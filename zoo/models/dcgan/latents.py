"""Latent vectors of DCGAN: draws, checks, and the path from one to another."""

from typing import Any

import keras
import numpy as np

from custom.arguments import integer
from custom.types import Tensor

LARGEST_SEED = 2**31 - 1


def normal_latents(count: int, latent_dim: int, seed: int) -> Tensor:
    """`count` draws from the standard normal distribution, a function of the seed."""
    return keras.random.normal((count, latent_dim), dtype="float32", seed=seed)


def checked_seed(seed: Any) -> int:
    """Check for an integer from 0 to 2³¹ − 1."""
    return integer("seed", seed, 0, LARGEST_SEED)


def checked_latents(latents: Any, latent_dim: int) -> np.ndarray:
    """Check for latents `[n, latent_dim]`, and convert them to float32."""
    latents = np.asarray(latents, "float32")
    if latents.ndim != 2 or latents.shape[1] != latent_dim:
        raise ValueError(
            f"`latents` must have shape (n, {latent_dim}), got {latents.shape}."
        )
    if not np.isfinite(latents).all():
        raise ValueError("`latents` must be finite, but contain NaN or infinity.")
    return latents


def spherical_path(start: Any, end: Any, steps: int, latent_dim: int) -> np.ndarray:
    r"""`steps` points on the arc from one latent vector to another.

    $$z_t = \frac{\sin((1-t)\,\Omega)}{\sin\Omega}\,a
    + \frac{\sin(t\,\Omega)}{\sin\Omega}\,b, \qquad t = 0 \dots 1$$

    Ω is the angle between a and b. Draws from a normal distribution in many dimensions
    lie near a sphere. The straight line between two of them passes far inside it,
    through points that the generator has never been trained on.

    Source: White 2016, "Sampling generative networks", §2.1.
    """
    a = _checked_vector("start", start, latent_dim)
    b = _checked_vector("end", end, latent_dim)
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1, 1))
    t = np.linspace(0, 1, steps)[:, None]
    if np.sin(angle) < 1e-6:
        if cosine < 0:
            raise ValueError(
                "`start` and `end` point in opposite directions, so that all arcs "
                "between them are equally short: choose a third point in between."
            )
        path = (1 - t) * a + t * b
    else:
        path = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return path.astype("float32")


def _checked_vector(name: str, vector: Any, latent_dim: int) -> np.ndarray:
    vector = np.asarray(vector, "float64")
    if vector.shape != (latent_dim,):
        raise ValueError(
            f"`{name}` must have shape ({latent_dim},), got {vector.shape}."
        )
    if not np.isfinite(vector).all() or not vector.any():
        raise ValueError(f"`{name}` must be finite and not all zero.")
    return vector
