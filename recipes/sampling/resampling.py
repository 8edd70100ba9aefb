"""Rebalancing by under-sampling and over-sampling."""

import dataclasses

import numpy as np

from custom.formula import Section, declare, formula
from recipes.data.dataset import Part
from recipes.sampling.base import Names, Rebalancing, WithRatio, apportioned
from recipes.sampling.quotas import BatchQuotas, Quotas


class Resampling(Rebalancing):
    """Draws unchanged examples until each class meets its quota."""

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> Quotas:
        plan = self.plan(part.labels, batch_size=batch_size, class_names=class_names)
        return Quotas(plan, part.labels, seed)


@formula("Unequal classes: random under-sampling", Section.PROBLEMS)
@dataclasses.dataclass(frozen=True, repr=False)
class Undersample(WithRatio, Resampling):
    r"""Draws fewer examples of the larger classes, different ones each epoch.

    $$t_c = \min(n_c, \lfloor \min_j n_j / r \rfloor)$$

    $n_c$ is the number of examples of class $c$, $t_c$ their number in an epoch. No
    example occurs twice in an epoch, and none is lost: $\lceil n_c / t_c \rceil$
    consecutive epochs show every example of the class. The division is exact for the
    ratio as it is written: 7 examples and `ratio=0.07` give 100.

    Args:
        ratio: $r$, target ratio of the rarest class to the largest, in (0, 1].
            Default: 1, classes of equal size.

    Raises:
        InputError: If `ratio` is out of its range, or the classes already exceed it.

    >>> Undersample(0.5).targets(np.array([10, 100, 15]), 32).tolist()
    [10, 20, 15]

    Compared with Keras: Keras has no samplers.

    Source: notes, "Common problems: unequal classes".
    """

    name = "undersample"

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        self._raised(counts)  # Refuses a ratio that the classes already exceed.
        return np.minimum(counts, int(int(counts.min()) / self._exact_ratio))


@dataclasses.dataclass(frozen=True, repr=False)
class Oversample(WithRatio, Resampling):
    r"""Draws examples of the smaller classes several times per epoch.

    $$t_c = \max(n_c, \lfloor r \max_j n_j \rfloor)$$

    $n_c$ is the number of examples of class $c$, $t_c$ their number in an epoch. Every
    example is drawn at least once. Within a class, the counts differ by at most one.

    Args:
        ratio: $r$, target ratio of the rarest class to the largest, in (0, 1].
            Default: 1, classes of equal size.

    Raises:
        InputError: If `ratio` is out of its range, or the classes already exceed it.

    >>> Oversample(0.5).targets(np.array([10, 100, 70]), 32).tolist()
    [50, 100, 70]

    Compared with Keras: Keras has no samplers. Its `class_weight` has the same
    expectation, but takes one output and one class per example; `ClassWeights` takes
    any targets.

    Source: notes, "Common problems: unequal classes".
    """

    name = "oversample"

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        return self._raised(counts)


@dataclasses.dataclass(frozen=True, repr=False)
class Balanced(WithRatio):
    r"""Draws every class in its exact proportion in every batch.

    An epoch has as many examples as the data, rounded up to whole batches. A class
    with a quota of $t_c$ in the $S$ batches of an epoch comes
    $\lfloor t_c / S \rfloor$ or $\lceil t_c / S \rceil$ times in each batch, and
    $t_c$ times in the epoch.

    Args:
        ratio: Target ratio of the rarest class to the largest, in (0, 1]. Default: 1,
            equally many examples of each class.

    Raises:
        InputError: If `ratio` is out of its range, or the classes already exceed it.

    >>> Balanced().targets(np.array([10, 100, 70]), 32).tolist()
    [64, 64, 64]
    """

    name = "balanced"

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        size = -(-int(counts.sum()) // batch_size) * batch_size
        return apportioned(size, self._raised(counts).astype("float64"))

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> BatchQuotas:
        plan = self.plan(part.labels, batch_size=batch_size, class_names=class_names)
        return BatchQuotas(plan, part.labels, batch_size, seed)


@dataclasses.dataclass(frozen=True, repr=False)
class SquareRoot(Resampling):
    r"""Draws classes in proportion to the square roots of their sizes.

    $$t_c = n \frac{\sqrt{n_c}}{\sum_j \sqrt{n_j}}$$

    rounded so that the epoch keeps its size $n$. This is a compromise between leaving
    the classes alone and making them equal: large classes stay larger, and the
    examples of rare classes are repeated less often.

    >>> SquareRoot().targets(np.array([100, 400]), 32).tolist()
    [167, 333]

    Source: Mahajan et al. 2018, "Exploring the limits of weakly supervised
    pretraining", §2.2.
    """

    name = "sqrt"

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        return apportioned(int(counts.sum()), np.sqrt(counts))


declare(
    "Unequal classes: random over-sampling",
    Section.PROBLEMS,
    Oversample,
    "recipes.sampling.ClassWeights",
)
