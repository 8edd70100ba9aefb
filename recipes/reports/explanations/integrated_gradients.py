"""Integrated gradients: how much each input contributes to an output."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from custom.types import Tensor

STEPS = (16, 64, 256, 1024)  # points on the path; more are taken while the error is
TOLERANCE = 0.01  # above this share of the sum of all contributions, without signs
POINTS, NUMBERS = 64, 2**20  # that are computed at once, at most


@dataclasses.dataclass(frozen=True)
class Attribution:
    """Contributions to an output.

    Attributes:
        values: The contribution of each input, float64.
        score: The output at the example.
        baseline_score: The output at the baseline.
        steps: Points on the path.
    """

    values: np.ndarray
    score: float
    baseline_score: float
    steps: int

    @property
    def error(self) -> float:
        """How far the sum is from the difference of the scores, without its sign."""
        return abs(self.values.sum() - (self.score - self.baseline_score))

    @property
    def is_complete(self) -> bool:
        """Whether the error is within the tolerance."""
        return self.error <= TOLERANCE * np.abs(self.values).sum() + 1e-6 * abs(
            self.score
        )

    def told(self, baseline: str) -> dict[str, Any]:
        """The fields of an `Explanation` but for the attributions."""
        names = ("score", "baseline_score", "error", "is_complete")
        found = {name: getattr(self, name) for name in names}
        return {"method": "integrated-gradients", "baseline": baseline, **found}


def integrated_gradients(
    score: Callable[[Tensor], Tensor],
    example: np.ndarray,
    baseline: np.ndarray,
    in_graph: bool = False,
) -> Attribution:
    r"""Integrates the gradients on the straight line from a baseline to an example.

    $$a_i = (x_i - x'_i) \int_0^1
    \frac{\partial f\big(x' + \alpha (x - x')\big)}{\partial x_i}\,d\alpha, \qquad
    \sum_i a_i = f(x) - f(x')$$

    $x$ is the example, $x'$ the baseline and $f$ the score. The integral is the
    Gauss–Legendre sum of 16 points, and of four times as many until the sum of the
    contributions is that difference within 1 % of the sum of their sizes, or 1,024
    points are reached.

    Args:
        score: Function of a batch of points that returns the score of each.
        example: $x$.
        baseline: $x'$, of the same shape.
        in_graph: Whether to trace the score, which takes a second, and saves more in
            recurrent networks of many steps.

    >>> product = lambda points: points[:, 0] * points[:, 1]
    >>> found = integrated_gradients(product, np.array([2.0, 3.0]), np.zeros(2))
    >>> found.values.round(5).tolist(), found.score - found.baseline_score
    ([3.0, 3.0], 6.0)

    Source: Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks",
    equation 1.
    """
    example, baseline = (np.asarray(x, "float32") for x in (example, baseline))
    slopes = _slopes_of(score)
    if in_graph:
        points = tf.TensorSpec((None, *example.shape), tf.float32)
        slopes = tf.function(slopes, input_signature=[points], autograph=False)
    ends = slopes(tf.constant(np.stack([example, baseline])))[0].numpy()
    difference = example.astype("float64") - baseline
    at_once = max(1, min(POINTS, NUMBERS // max(1, example.size)))
    for steps in STEPS:
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        gradient = np.zeros(example.shape, "float64")
        for start in range(0, steps, at_once):
            part = slice(start, start + at_once)
            shares = ((1 + nodes[part]) / 2).reshape(-1, *[1] * example.ndim)
            points = (baseline + shares * difference).astype("float32")
            found = slopes(tf.constant(points))[1].numpy().astype("float64")
            gradient += np.tensordot(weights[part] / 2, found, 1)
        values = difference * gradient
        attribution = Attribution(values, float(ends[0]), float(ends[1]), steps)
        if attribution.is_complete:
            break
    return attribution


def _slopes_of(score: Callable[[Tensor], Tensor]) -> Any:
    """A function of points that returns their scores, and the gradients of these."""

    def slopes(points: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(points)
            scores = score(points)
        without = tf.UnconnectedGradients.ZERO
        return scores, tape.gradient(scores, points, unconnected_gradients=without)

    return slopes
