"""What every rebalancing shares: counts, quotas, arguments, configuration."""

import dataclasses
import fractions

import numpy as np

from custom.arguments import positive
from recipes.data.dataset import Part
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many examples of each class there are, and how many an epoch gives.

    Attributes:
        counts: Examples of each class, `(num_classes,)`.
        targets: Examples of each class in an epoch, `(num_classes,)`.
        class_names: A name for each class.
    """

    counts: np.ndarray
    targets: np.ndarray
    class_names: tuple[str, ...]

    @property
    def epoch_size(self) -> int:
        return int(self.targets.sum())


@dataclasses.dataclass(frozen=True, repr=False)
class Rebalancing:
    """A way to rebalance the classes of the training part.

    A subclass is a frozen dataclass: its fields are the constructor's arguments,
    `targets` its quotas, and `sampler` what fills them.

    Attributes:
        name: What `choose` and configurations call it.
    """

    name = ""

    def plan(self, labels, *, batch_size: int, class_names=None) -> Plan:
        """The quotas for `labels`, without any of the work.

        Args:
            labels: Class numbers of the training part.
            batch_size: Examples in a batch.
            class_names: A name for each class; the numbers by default.

        Raises:
            InputError: If labels are no class numbers, a class has no example, or
                the quotas cannot be met.
        """
        counts = self._counts(np.asarray(labels), class_names)
        if class_names is None:
            class_names = range(len(counts))
        names = tuple(str(name) for name in class_names)
        if (counts == 0).any():
            raise InputError(
                f"The class {names[int(counts.argmin())]!r} has no training example, "
                f"so that {self.name!r} has none to draw. Add some, or number the "
                "classes without gaps."
            )
        targets = np.asarray(self.targets(counts, batch_size), "int64")
        if (targets == 0).any():
            raise InputError(
                f"{self!r} leaves no place in an epoch for the class "
                f"{names[int(targets.argmin())]!r}; give a larger ratio."
            )
        return Plan(counts, targets, names)

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        """Examples of each class in an epoch."""
        raise NotImplementedError

    def sampler(self, part: Part, *, batch_size: int, seed: int, class_names=None):
        """The `Sampler` for a training part."""
        raise NotImplementedError

    def _counts(self, labels, class_names):
        if labels.ndim != 1:
            raise InputError(
                f"{self.name!r} draws examples by their class and takes one class "
                f"number each, labels of shape (n,), got {labels.shape}. "
                "'class_weights' takes any shape."
            )
        return class_counts(labels, class_names)

    def get_config(self) -> dict:
        """The name and every argument, as plain values; see `from_config`."""
        return {"name": self.name, **dataclasses.asdict(self)}

    def __repr__(self):
        shown = ", ".join(
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        )
        return f"{type(self).__name__}({shown})"

    def _set(self, **checked):
        """Replaces arguments by what their checks made of them."""
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True, repr=False)
class WithRatio(Rebalancing):
    """A rebalancing towards a ratio: rarest class to largest class."""

    ratio: float = 1.0

    def __post_init__(self):
        try:
            ratio = positive("ratio", self.ratio)
        except ValueError as error:
            raise InputError(f"{type(self).__name__}: {error}") from error
        if ratio > 1:
            raise InputError(
                f"{type(self).__name__}: `ratio` is the rarest class to the largest, "
                f"above 0 and at most 1, got {self.ratio!r}."
            )
        self._set(ratio=ratio)

    @property
    def _exact_ratio(self) -> fractions.Fraction:
        """The simplest fraction that is this float: 0.07 is 7/100, and 1/3 is 1/3.

        Quotas are rounded down, and 7 / 0.07 in floats is 99.99999999999999.
        """
        float_value = fractions.Fraction(self.ratio)
        simpler = (float_value.limit_denominator(10**n) for n in range(1, 18))
        return next((one for one in simpler if float(one) == self.ratio), float_value)

    def _raised(self, counts):
        """Counts, where every class has at least `ratio` times the largest."""
        largest, rarest = int(counts.max()), int(counts.min())
        wanted = int(largest * self._exact_ratio)
        if wanted < rarest and self.ratio < 1:
            raise InputError(
                f"The rarest class has {rarest:,} examples and the largest "
                f"{largest:,}, which is more than the ratio {self.ratio:g} already. "
                f"Give a ratio above {rarest / largest:.3g}, or leave rebalancing out."
            )
        return np.maximum(counts, wanted)


def class_counts(labels: np.ndarray, class_names=None) -> np.ndarray:
    """Examples of each class.

    Raises:
        InputError: If these are no class numbers from 0.

    >>> class_counts(np.array([0, 2, 0])).tolist()
    [2, 0, 1]
    """
    if labels.dtype.kind not in "iu":
        raise InputError(
            f"Rebalancing takes class numbers 0…K-1 as integers, got "
            f"{labels.dtype.name}. `recipes.from_arrays` numbers labels of any kind."
        )
    if labels.size == 0 or labels.min() < 0:
        got = labels.min() if labels.size else "none"
        raise InputError(f"Rebalancing takes class numbers 0…K-1, got {got}.")
    names = 0 if class_names is None else len(class_names)
    counts = np.bincount(labels.reshape(-1), minlength=names)
    if names and len(counts) > names:
        raise InputError(
            f"The label {labels.max()} is out of range: there are {names} classes."
        )
    return counts


def apportioned(total: int, shares: np.ndarray) -> np.ndarray:
    """`total` split by `shares` into whole numbers (largest remainder).

    >>> apportioned(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * (shares / shares.sum())
    whole = np.floor(exact).astype("int64")
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole
