r"""Whether a difference between two models is more than chance.

Two models that answered the same examples are compared example by example, two groups
of runs with the same seeds seed by seed. Pairs take away what both have in common: how
hard the examples are, or how good the seed is.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.05  # probability of a difference by chance, below which it counts


@dataclasses.dataclass(frozen=True)
class Paired:
    """The difference between two models, `first − second`.

    Attributes:
        method: The test, with what it assumes, as a clause.
        difference: Mean difference.
        low: Lower end of its 95 % interval; `None` if the test has none.
        high: Upper end.
        p: Probability of a difference at least as large if there is none.
        pairs: Number of pairs that the test could use.
        is_by_example: Whether the pairs are examples, not seeds.
        measured: What differs; empty for the score of the runs.
    """

    method: str
    difference: float
    low: float | None
    high: float | None
    p: float
    pairs: int
    is_by_example: bool = False
    measured: str = ""


def mcnemar(first: ArrayLike, second: ArrayLike) -> Paired:
    r"""McNemar's exact test of two classifiers on the same examples.

    Only examples count that one model has right and the other wrong, $b$ and $c$ of
    them. If both are equally good, $b$ is binomial with $b + c$ trials of ½.

    Args:
        first: Whether the first model is right, for each example.
        second: The same for the second model.

    Source: McNemar 1947; for classifiers, Dietterich 1998.

    >>> mcnemar([1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]).p
    0.03125
    """
    from scipy.stats import binomtest

    a, b = np.asarray(first, bool), np.asarray(second, bool)
    only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
    count = only_first + only_second
    p = binomtest(only_first, count, 0.5).pvalue if count else 1.0
    return Paired(
        "McNemar's exact test over the test examples that one of the two has right",
        float(a.mean() - b.mean()),
        None,
        None,
        float(p),
        count,
        is_by_example=True,
    )


def signed_rank(first: ArrayLike, second: ArrayLike) -> Paired:
    """Wilcoxon's signed-rank test of the errors of two models on the same examples.

    It asks whether one model has the smaller error in more than half of the pairs,
    with larger differences counting more. Errors need not be normal.

    Args:
        first: Absolute error of the first model for each example.
        second: The same for the second model.

    Source: Wilcoxon 1945.

    >>> round(signed_rank([1, 1, 1, 1, 1], [2, 3, 4, 5, 6]).p, 4)
    0.0625
    """
    from scipy.stats import wilcoxon

    differences = np.subtract(first, second, dtype="float64")
    count = int(np.count_nonzero(differences))
    p = wilcoxon(differences[differences != 0]).pvalue if count else 1.0
    return Paired(
        "Wilcoxon's signed-rank test of the absolute errors on the same test examples",
        float(differences.mean()),
        None,
        None,
        float(p),
        count,
        is_by_example=True,
        measured="mean absolute error",
    )


def paired_t(first: ArrayLike, second: ArrayLike) -> Paired:
    r"""The paired t-test of the scores of two groups of runs with the same seeds.

    With the differences $d_i$ of $n$ seeds, their mean $\bar d$ and their standard
    deviation $s$, $t = \bar d \sqrt n / s$ has $n - 1$ degrees of freedom, and the
    interval is $\bar d \pm t_{0.975}\, s / \sqrt n$. It assumes that differences are
    about normal.

    Args:
        first: Score of the first group for each seed, at least two.
        second: The same for the second group.

    >>> found = paired_t([0.9, 0.92, 0.91], [0.8, 0.83, 0.8])
    >>> round(found.difference, 2), round(found.p, 4)
    (0.1, 0.0033)
    """
    from scipy.stats import t

    differences = np.subtract(first, second, dtype="float64")
    n, mean = differences.size, float(differences.mean())
    error = float(differences.std(ddof=1)) / np.sqrt(n)
    # Rounding leaves a trace where all differences are equal.
    if error <= 1e-12 * max(1.0, abs(mean)):
        p, margin = (1.0 if abs(mean) <= 1e-12 else 0.0), 0.0
    else:
        p = float(2 * t.sf(abs(mean) / error, n - 1))
        margin = float(t.ppf(0.975, n - 1) * error)
    return Paired(
        f"paired t-test over {n} seeds, for differences that are about normal",
        mean,
        mean - margin,
        mean + margin,
        p,
        n,
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's correction: probabilities for several tests at once.

    The chance that any of the tests finds a difference where none is, stays below the
    level.

    Source: Holm 1979.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, least = [0.0] * len(ps), 0.0
    for rank, index in enumerate(np.argsort(ps, kind="stable")):
        least = max(least, min(1.0, (len(ps) - rank) * ps[index]))
        corrected[index] = least
    return corrected
