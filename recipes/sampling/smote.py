"""SMOTE: synthetic examples between neighbours of a class, drawn in the batch."""

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from custom.arguments import integer, positive_integer, shown
from custom.formula import Section, declare
from recipes.data import randomness
from recipes.data.dataset import Part
from recipes.sampling.base import Names, Plan, WithRatio
from recipes.sampling.neighbours import mixed_rows, neighbours_within
from recipes.sampling.quotas import Quotas
from zoo.errors import InputError

SYNTHESIS = 103  # a random stream, in addition to those of `recipes.data.randomness`
MANY_COLUMNS = 100  # With more, the nearest neighbours are hardly nearer than others.
MANY_VALUES = 20  # A column of more different whole numbers is numeric.


@dataclasses.dataclass(frozen=True, repr=False)
class Smote(WithRatio):
    r"""Fills up the smaller classes with examples between neighbours.

    $$x' = x + u\,(x_{(j)} - x), \quad u \sim \mathrm{U}[0, 1),$$

    where $x_{(j)}$ is one of the $k$ nearest neighbours of $x$ in its class, all
    equally likely. Every original example comes once in the epoch. How often the
    examples of a class serve as $x$ differs by at most one. Each epoch has new
    synthetic examples; they are computed with their batch, and only the indices of
    the neighbours are kept in memory.

    Args:
        ratio: Target ratio of the rarest class to the largest, in (0, 1]. Default: 1,
            classes of equal size.
        neighbours: $k$, at least 1. Default: 5, as in the paper.

    Raises:
        InputError: If an argument is out of its range; when used, if the data are not
            a table of numbers, or a class to fill up has fewer than $k + 1$ examples.

    Warns:
        UserWarning: If there are more than 100 columns, where the nearest neighbours
            are hardly nearer than other rows.

    Compared with Keras: Keras has no samplers. imbalanced-learn has the same
    neighbours and counts, but draws the synthetic examples once, before training, and
    holds them in memory.

    Source: notes, "Common problems: unequal classes"; Chawla et al. 2002, "SMOTE:
    synthetic minority over-sampling technique", §4.2.
    """

    name = "smote"

    neighbours: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            self._set(neighbours=positive_integer("neighbours", self.neighbours))
        except ValueError as error:
            raise InputError(f"{type(self).__name__}: {error}") from error

    def targets(self, counts: np.ndarray, batch_size: int) -> np.ndarray:
        return self._raised(counts)

    def plan(
        self, labels: np.ndarray, *, batch_size: int, class_names: Names = None
    ) -> Plan:
        plan = super().plan(labels, batch_size=batch_size, class_names=class_names)
        short = (plan.targets > plan.counts) & (plan.counts <= self.neighbours)
        if short.any():
            self._refuse_short(plan, int(np.flatnonzero(short)[0]))
        return plan

    def _refuse_short(self, plan, which):
        count, name = int(plan.counts[which]), plan.class_names[which]
        if count == 1:
            raise InputError(
                f"The class {name!r} has one training example, which has no neighbour; "
                "add examples, or choose 'oversample'."
            )
        raise InputError(
            f"The class {name!r} has {count} training examples; SMOTE with "
            f"{self.neighbours} neighbours needs at least {self.neighbours + 1}. Give "
            f"neighbours={count - 1}, add examples, or choose 'oversample'."
        )

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> "Synthesis":
        self._check(part.inputs)
        if part.columns is not None and part.columns.codes:
            names = part.columns.row_names
            categories = ", ".join(names[index] for index in part.columns.codes)
            raise InputError(
                "'smote' interpolates numbers, and these columns hold categories: "
                f"{categories}; choose 'smote_nc'."
            )
        plan = self.plan(part.labels, batch_size=batch_size, class_names=class_names)
        return Synthesis(
            plan, part.labels, seed, self._neighbours_of(part.inputs, part.labels, plan)
        )

    def _check(self, inputs):
        """Refuses data that are not a table; warns if there are many columns."""
        if inputs.ndim != 2 or inputs.dtype.kind != "f":
            raise InputError(
                f"{self.name!r} interpolates rows of a table, floating, of shape "
                f"(n, columns); got {inputs.dtype.name} {inputs.shape}. Images, texts "
                "and audio cannot be interpolated: choose 'oversample' with "
                "augmentation, 'balanced' or 'class_weights', or rebalance their "
                "features, which `recipes.embed` computes."
            )
        if inputs.shape[1] > MANY_COLUMNS:
            warnings.warn(
                f"SMOTE suits few columns; with {inputs.shape[1]} the nearest "
                "neighbours are hardly nearer than other rows. Compare with "
                "'oversample' and 'class_weights', or use fewer columns.",
                stacklevel=4,
            )

    def _neighbours_of(self, inputs, labels, plan) -> list[np.ndarray | None]:
        """Neighbours within each class to fill up; `None` for the other classes."""
        return [
            self._nearest(inputs, np.flatnonzero(labels == c))
            if plan.targets[c] > plan.counts[c]
            else None
            for c in range(len(plan.counts))
        ]

    def _nearest(self, inputs, members) -> np.ndarray:
        """Neighbours of each member of a class, as indices into `members`."""
        return neighbours_within(inputs, self.neighbours, members)


@dataclasses.dataclass(frozen=True, repr=False)
class SmoteNC(Smote):
    r"""SMOTE for tables with numeric and categorical columns.

    Numeric columns are interpolated as in `Smote`. A categorical column takes the most
    frequent value among the $k$ neighbours; if several are equally frequent, that of
    the nearest neighbour. In the distance, each categorical column that differs adds
    the square of the median of the numeric columns' standard deviations in the class.

    Args:
        ratio: Target ratio of the rarest class to the largest, in (0, 1]. Default: 1,
            classes of equal size.
        neighbours: $k$, at least 1. Default: 5, as in the paper.
        categorical: Indices of the columns that hold the codes of categories. Default:
            the columns of words, if the data set has any; otherwise the columns with
            at most 20 different values, all of them whole numbers.

    Raises:
        InputError: As for `Smote`; also if a column does not exist, or no column is
            numeric.

    Source: Chawla et al. 2002, "SMOTE: synthetic minority over-sampling technique",
    §6.1.
    """

    name = "smote_nc"

    categorical: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.categorical is None:
            return
        given = self.categorical
        try:
            if not isinstance(given, list | tuple):
                raise TypeError
            indices = {integer("categorical", index, 0) for index in given}
        except (TypeError, ValueError):
            raise InputError(
                "SmoteNC: `categorical` must be indices of columns, from 0, got "
                f"{shown(given)}."
            ) from None
        self._set(categorical=tuple(sorted(indices)))

    def for_inputs(self, inputs: np.ndarray) -> "SmoteNC":
        """Returns a copy with the categorical columns filled in."""
        self._check(inputs)
        columns = self.categorical
        if columns is None:
            columns = tuple(c for c in range(inputs.shape[1]) if _is_code(inputs[:, c]))
        if columns and columns[-1] >= inputs.shape[1]:
            raise InputError(
                f"SmoteNC: there is no column {columns[-1]}; the columns are "
                f"0…{inputs.shape[1] - 1}."
            )
        if not columns:
            raise InputError("No column is categorical; choose 'smote'.")
        if len(columns) == inputs.shape[1]:
            raise InputError(
                "All columns are categorical, but SMOTE-NC needs numeric columns for "
                "its distances; choose 'oversample', or list fewer columns in "
                "SmoteNC(categorical=…)."
            )
        return dataclasses.replace(self, categorical=columns)

    def sampler(
        self, part: Part, *, batch_size: int, seed: int, class_names: Names = None
    ) -> "MixedSynthesis":
        decided = self
        if self.categorical is None and part.columns is not None:
            decided = dataclasses.replace(self, categorical=part.columns.codes)
        decided = decided.for_inputs(part.inputs)
        plan = self.plan(part.labels, batch_size=batch_size, class_names=class_names)
        neighbours = decided._neighbours_of(part.inputs, part.labels, plan)
        return MixedSynthesis(
            plan,
            part.labels,
            seed,
            neighbours,
            decided.categorical or (),
            part.inputs.shape[1],
        )

    def _nearest(self, inputs, members):
        rows = mixed_rows(inputs[members], self.categorical)
        return neighbours_within(rows, self.neighbours)


def _is_code(column: np.ndarray) -> bool:
    """Whether a column holds few different values, all of them whole numbers."""
    values = np.unique(column)
    return len(values) <= MANY_VALUES and bool((values == np.rint(values)).all())


class Synthesis(Quotas):
    """Quotas whose slots beyond a class's own examples hold synthetic examples.

    `neighbours` holds, for each class, the neighbours of its examples as indices within
    the class `(count, k)`, or `None` for a class that is not filled up.
    """

    def __init__(
        self,
        plan: Plan,
        labels: np.ndarray,
        seed: int,
        neighbours: Sequence[np.ndarray | None],
    ) -> None:
        super().__init__(plan, labels, seed)
        self._synthesis_seed = randomness.fold(self._seed, SYNTHESIS)
        tables = [table for table in neighbours if table is not None]
        # Without a class to fill up, the graph still reads a table, but ignores it.
        table = np.concatenate(tables) if tables else np.zeros((1, 1), "int32")
        sizes = [0 if table is None else len(table) for table in neighbours]
        with tf.device("CPU"):
            self._table = tf.constant(table)
            self._first_rows = tf.constant(np.cumsum([0, *sizes[:-1]]), tf.int64)

    def batch(
        self, all_inputs: tf.Tensor, epoch: tf.Tensor, positions: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        classes, slots = self._class_slots(epoch, positions)
        counts = tf.gather(self._counts, classes)
        rows = self._rows(epoch, classes, slots)
        first = tf.gather(self._starts, classes)
        examples = tf.cast(tf.gather(self._members, first + rows), tf.int64)
        inputs = tf.gather(all_inputs, examples)
        synthetic = slots >= counts
        at = tf.where(synthetic, tf.gather(self._first_rows, classes) + rows, 0)
        near = tf.where(synthetic[:, tf.newaxis], tf.gather(self._table, at), 0)
        members = first[:, tf.newaxis] + tf.cast(near, tf.int64)
        near = tf.cast(tf.gather(self._members, members), tf.int64)
        seed = randomness.fold(
            randomness.fold(self._synthesis_seed, epoch), positions[0]
        )
        between = self._between(all_inputs, inputs, near, seed)
        return examples, tf.where(synthetic[:, tf.newaxis], between, inputs)

    def _between(self, all_inputs, inputs, near, seed):
        """Rows between each input and one of its neighbours `near` `(n, k)`."""
        number = tf.shape(near)[0]
        which = tf.random.stateless_uniform(
            [number], randomness.fold(seed, 0), 0, near.shape[1], tf.int64
        )
        part = tf.random.stateless_uniform(
            [number, 1], randomness.fold(seed, 1), dtype=inputs.dtype
        )
        others = tf.gather(all_inputs, tf.gather(near, which, batch_dims=1))
        # Not (1 - u) x + u y, which may change a column where x and y are equal.
        return inputs + part * (others - inputs)


class MixedSynthesis(Synthesis):
    """Synthesis in which the columns `categorical` take the mode of the neighbours."""

    def __init__(
        self,
        plan: Plan,
        labels: np.ndarray,
        seed: int,
        neighbours: Sequence[np.ndarray | None],
        categorical: tuple[int, ...],
        num_columns: int,
    ) -> None:
        super().__init__(plan, labels, seed, neighbours)
        self._categorical = tf.constant(categorical, tf.int64)
        numeric = np.setdiff1d(np.arange(num_columns), categorical)
        # The index of each column among the numeric, then the categorical columns.
        self._order = tf.constant(np.argsort([*numeric, *categorical]), tf.int64)
        self._numeric = tf.constant(numeric, tf.int64)

    def _between(self, all_inputs, inputs, near, seed):
        between = super()._between(all_inputs, inputs, near, seed)
        rows = tf.gather(all_inputs, near)
        values = tf.gather(rows, self._categorical, axis=2)
        equal = values[:, :, tf.newaxis] == values[:, tf.newaxis]
        votes = tf.reduce_sum(tf.cast(equal, tf.int32), axis=2)
        # Of equally frequent values the first one: the nearest neighbours come first.
        winner = tf.argmax(votes, axis=1)
        chosen = tf.gather(tf.transpose(values, [0, 2, 1]), winner, batch_dims=2)
        both = tf.concat([tf.gather(between, self._numeric, axis=1), chosen], axis=1)
        return tf.gather(both, self._order, axis=1)


declare("Unequal classes: synthetic sampling", Section.PROBLEMS, Smote, SmoteNC)
