"""What targets that are numbers share: scales, intervals, comparisons."""

import math

import numpy as np


def standard_scale(values: np.ndarray, about: float | None = None) -> np.ndarray:
    """The standard deviation of each column of `(n, k)`; 1 where nothing varies.

    Args:
        values: The numbers, in float64.
        about: What distances are measured from. Default: the mean.
    """
    center = values.mean(axis=0) if about is None else about
    spread = np.sqrt(np.square(values - center).mean(axis=0))
    # A spread that float32 cannot tell from 0 would blow up rounding errors.
    least = np.abs(values).max(axis=0, initial=0.0) * np.finfo("float32").eps
    return np.where(spread > least, spread, 1.0)


def conformal_margins(errors: np.ndarray, coverage: float) -> np.ndarray | None:
    r"""Margins by split conformal prediction, from examples kept out of training.

    The margin of each number is the $\lceil (n + 1)\,c \rceil$-th smallest of the $n$
    absolute errors, where $c$ is `coverage`. A new example of the same distribution
    then lies in the interval with a probability of at least $c$.

    Args:
        errors: Absolute errors `(n, …)`.
        coverage: $c$, in (0, 1).

    Returns:
        The margins `(…)`, or `None` if there are too few examples for `coverage`.

    Source: Lei et al. 2018, "Distribution-free predictive inference for regression",
    algorithm 2.
    """
    rank = math.ceil((len(errors) + 1) * coverage)
    return None if rank > len(errors) else np.sort(errors, axis=0)[rank - 1]


def differing_numbers(
    served: dict[str, np.ndarray],
    own: dict[str, np.ndarray],
    tolerance: float,
    scale: np.ndarray,
    noun: str,
) -> str | None:
    """How served numbers differ from the model's own, or `None` if they agree."""
    for name, expected in own.items():
        found = served[name]
        if found.shape != expected.shape:
            return (
                f"gave {name} of shape {found.shape} where the model gives "
                f"{expected.shape}"
            )
        allowed = tolerance * np.maximum(scale, np.abs(expected))
        wrong = np.argwhere(~(np.abs(found - expected) <= allowed))
        if len(wrong):
            place = tuple(wrong[0].tolist())
            return (
                f"gave {name} {found[place]:.6g} where the model gives "
                f"{expected[place]:.6g} ({noun} {place[0]}, number "
                f"{', '.join(map(str, place[1:]))}, allowed difference "
                f"{allowed[place]:.2g})"
            )
    return None
