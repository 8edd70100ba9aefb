"""Points of the latent space, and the way from one to another."""

import numbers

import keras
import numpy as np

LARGEST_SEED = 2**31 - 1


def drawn(count, latent_dim, seed):
    """`count` points of the standard normal distribution, a function of the seed."""
    return keras.random.normal((count, latent_dim), dtype="float32", seed=seed)


def checked_seed(seed):
    """An integer from 0 to 2³¹ − 1."""
    if (
        isinstance(seed, bool)
        or not isinstance(seed, numbers.Integral)
        or not 0 <= seed <= LARGEST_SEED
    ):
        raise ValueError(
            f"`seed` must be an integer from 0 to {LARGEST_SEED}, got {seed!r}."
        )
    return int(seed)


def checked(latents, latent_dim) -> np.ndarray:
    """Float32 latents `[n, latent_dim]`.

    Raises:
        ValueError: If they have another shape, or are not finite.
    """
    latents = np.asarray(latents, "float32")
    if latents.ndim != 2 or latents.shape[1] != latent_dim:
        raise ValueError(
            f"`latents` must have shape (n, {latent_dim}), got {latents.shape}."
        )
    if not np.isfinite(latents).all():
        raise ValueError("`latents` must be finite; they hold NaN or infinity.")
    return latents


def spherical_path(start, end, steps, latent_dim) -> np.ndarray:
    r"""`steps` points on the arc from one latent vector to another.

    $$z_t = \frac{\sin((1-t)\,\Omega)}{\sin\Omega}\,a
    + \frac{\sin(t\,\Omega)}{\sin\Omega}\,b, \qquad t = 0 \dots 1$$

    Ω is the angle between a and b. Points of a normal distribution in many
    dimensions lie near a sphere, and those on the straight line between two lie far
    inside, where the generator has never been.

    Source: White 2016, "Sampling generative networks", §2.1.
    """
    a, b = (
        _direction(name, v, latent_dim) for name, v in (("start", start), ("end", end))
    )
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1, 1))
    t = np.linspace(0, 1, steps)[:, None]
    if np.sin(angle) < 1e-6:
        if cosine < 0:
            raise ValueError(
                "`start` and `end` point opposite ways: every arc between them is as "
                "short as another; go by a third point."
            )
        path = (1 - t) * a + t * b
    else:
        path = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return path.astype("float32")


def _direction(name, vector, latent_dim):
    vector = np.asarray(vector, "float64")
    if vector.shape != (latent_dim,):
        raise ValueError(
            f"`{name}` must have shape ({latent_dim},), got {vector.shape}."
        )
    if not np.isfinite(vector).all() or not vector.any():
        raise ValueError(f"`{name}` must be finite and not all zero.")
    return vector
