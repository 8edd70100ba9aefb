"""Attributions laid over pictures, in colour over grey."""

import math

import numpy as np

FOR, AGAINST = (235, 105, 10), (40, 110, 220)
STRENGTH = 0.85  # of the colour where an attribution is the largest
SIDE = 160  # pixels of a side, at least


def overlaid(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A picture in grey, coloured where weights are large.

    Args:
        picture: uint8 `(height, width)` or `(height, width, channels)`.
        weights: `(rows, columns)` of any size, stretched over the picture. Positive
            ones are orange, negative ones blue.

    Returns:
        uint8 `(height, width, 3)`, enlarged if the picture is small.
    """
    from PIL import Image

    grey = enlarged(picture)
    grey = grey if grey.ndim == 2 else grey[..., :3].mean(axis=-1)
    shares = np.asarray(weights, "float32")
    shares = shares / (np.abs(shares).max() or 1)
    resized = Image.fromarray(shares).resize(
        grey.shape[::-1], Image.Resampling.BILINEAR
    )
    shares = np.asarray(resized)[..., np.newaxis]
    colour = np.where(shares > 0, np.array(FOR), np.array(AGAINST))
    alpha = STRENGTH * np.abs(shares)
    mixed = (1 - alpha) * grey[..., np.newaxis] + alpha * colour
    return mixed.round().astype("uint8")


def enlarged(picture: np.ndarray) -> np.ndarray:
    """The picture with each pixel repeated, until its sides are long enough."""
    times = max(1, math.ceil(SIDE / max(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def region(weights: np.ndarray) -> tuple[slice, slice] | None:
    """The rows and columns around the cells with at least half the largest weight.

    `None` if no weight is positive.

    >>> region(np.array([[0, 0, 0], [0, 2, 1], [0, 0, 0]]))
    (slice(1, 2, None), slice(1, 3, None))
    """
    if not (weights > 0).any():
        return None
    cells = np.argwhere(weights >= weights.max() / 2)
    (top, left), (bottom, right) = cells.min(axis=0), cells.max(axis=0)
    return slice(int(top), int(bottom) + 1), slice(int(left), int(right) + 1)
