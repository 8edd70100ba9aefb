"""Base classes of the rebalancings: counts, quotas, arguments, configuration."""

import dataclasses
import fractions
from collections.abc import Sequence

import numpy as np

from custom.arguments import positive
from recipes.data.dataset import Part
from recipes.sampling.order import Sampler
from zoo.errors import InputError

Names = Sequence[str] | None  # of the classes, for messages


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many examples each class has, and how many an epoch draws.

    Attributes:
        counts: Number of examples of each class, `(num_classes,)`.
        targets: Number of examples that an epoch draws from each class,
            `(num_classes,)`.
        class_names: A name for each class.
    """

    counts: np.ndarray
    targets: np.ndarray
    class_names: tuple[str, ...]

    @property
    def epoch_size(self) -> int:
        """Number of examples in an epoch."""
        return int(self.targets.sum())


@dataclasses.dataclass(frozen=True, repr=False)
class Rebalancing:
    """A way to rebalance the classes of the training part.

    A subclass is a frozen dataclass whose fields are the constructor's arguments. Its
    method `targets` computes the quotas and `sampler` returns what fills them.

    Attributes:
        name: Its name in `choose` and in configurations.
    """

    name = ""

    def plan(
        self, labels: np.ndarray, *, batch_size: int, class_names: Names = None
    ) -> Plan:
        """Computes the quotas for `labels`, and nothing else.

        Args:
            labels: Class numbers of the training part.
            batch_size: Number of examples in a batch.
            class_names: A name for each class. Default: the class numbers.

        Raises:
            InputError: If the labels are not class numbers, a class has no example,
                or the quotas cannot be met.
        """
        counts = self._counts(np.asarray(labels), class_names)
        numbers = range(len(counts))
        names = tuple(map(str, numbers if class_names is None else class_names))
        if (counts == 0).any():
            raise InputError(
                f"The class {names[int(counts.argmin())]!r} has no training example, "
                f"so {self.name!r} has nothing to draw. Add some, or number the "
                "classes without gaps."
            )
        targets = np.asarray(self.targets(counts, batch_size), "int64")
        if (targets == 0).any():
            raise InputError(
                f"{self!r} draws no example of the class "
                f"{names[int(targets.argmin())]!r}; give a larger ratio."
            )
        return Plan(counts, targets, names)

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        """Returns the number of examples that an epoch draws from each class."""
        raise NotImplementedError

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> Sampler:
        """Returns the sampler for a training part."""
        raise NotImplementedError

    def _counts(self, labels, class_names):
        if labels.ndim != 1:
            raise InputError(
                f"{self.name!r} draws examples by their class, so it needs one class "
                f"number per example, labels of shape (n,), got {labels.shape}. "
                "'class_weights' takes labels of any shape."
            )
        return class_counts(labels, class_names)

    def get_config(self) -> dict:
        """Returns the name and every argument as plain values; see `from_config`."""
        return {"name": self.name, **dataclasses.asdict(self)}

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        )
        return f"{type(self).__name__}({shown})"

    def _set(self, **checked):
        """Replaces arguments with their checked values."""
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True, repr=False)
class WithRatio(Rebalancing):
    """A rebalancing with a target ratio of the rarest class to the largest class."""

    ratio: float = 1.0

    def __post_init__(self) -> None:
        try:
            ratio = positive("ratio", self.ratio)
        except ValueError as error:
            raise InputError(f"{type(self).__name__}: {error}") from error
        if ratio > 1:
            raise InputError(
                f"{type(self).__name__}: `ratio`, of the rarest class to the largest, "
                f"must be above 0 and at most 1, got {self.ratio!r}."
            )
        self._set(ratio=ratio)

    @property
    def _exact_ratio(self) -> fractions.Fraction:
        """The simplest fraction that rounds to this float, such as 7/100 for 0.07.

        Quotas are rounded down, and in floats 7 / 0.07 is 99.99999999999999.
        """
        float_value = fractions.Fraction(self.ratio)
        simpler = (float_value.limit_denominator(10**n) for n in range(1, 18))
        return next((f for f in simpler if float(f) == self.ratio), float_value)

    def _raised(self, counts):
        """Raises each count to at least `ratio` times the largest count."""
        largest, rarest = int(counts.max()), int(counts.min())
        wanted = int(largest * self._exact_ratio)
        if wanted < rarest and self.ratio < 1:
            raise InputError(
                f"The rarest class has {rarest:,} examples and the largest "
                f"{largest:,}, which already exceeds the ratio {self.ratio:g}. Give a "
                f"ratio above {rarest / largest:.3g}, or do not rebalance."
            )
        return np.maximum(counts, wanted)


def class_counts(labels: np.ndarray, class_names: Names = None) -> np.ndarray:
    """Counts the examples of each class.

    >>> class_counts(np.array([0, 2, 0])).tolist()
    [2, 0, 1]
    """
    if labels.dtype.kind not in "iu":
        raise InputError(
            f"Rebalancing needs class numbers 0…K-1 as integers, got "
            f"{labels.dtype.name}. `recipes.from_arrays` numbers labels of any type."
        )
    if labels.size == 0 or labels.min() < 0:
        got = labels.min() if labels.size else "none"
        raise InputError(f"Rebalancing needs class numbers 0…K-1, got {got}.")
    names = 0 if class_names is None else len(class_names)
    counts = np.bincount(labels.reshape(-1), minlength=names)
    if names and len(counts) > names:
        raise InputError(
            f"The label {labels.max()} is out of range: there are {names} classes."
        )
    return counts


def apportioned(total: int, shares: np.ndarray) -> np.ndarray:
    """Splits `total` into whole numbers in proportion to `shares`.

    Fractions are rounded by the largest-remainder method, so the sum stays.

    >>> apportioned(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * (shares / shares.sum())
    whole = np.floor(exact).astype("int64")
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole
