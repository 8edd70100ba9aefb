"""Noise and missing values in the rows of tables."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from custom.arguments import finite, non_negative, positive
from recipes.augmentation.base import Augmentation, Batch, argument, wide
from recipes.augmentation.ranges import columns, odds
from recipes.data import randomness
from recipes.data.options import optional
from zoo.errors import InputError
from zoo.kinds import Kind


@dataclasses.dataclass(frozen=True, repr=False)
class FeatureNoise(Augmentation):
    r"""Adds noise to every number of a row, in proportion to the spread of its column.

    $$x'_j = x_j + \sigma s_j n_j, \qquad n_j \sim N(0, 1)$$

    $s_j$ is the standard deviation of column j over the training part. It is 0 in a
    column of categories, and in a column with at most two different values, which
    probably means yes and no.

    Args:
        stddev: σ, above 0.
        deviations: $s_j$ of each column, at least 0. Default: computed by `fitted`,
            which `recipes.fit` calls.

    Raises:
        InputError: If an argument is out of its range, or `deviations` are missing
            or their number is not the number of columns.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [2.0, 1.0], [6.0, 0.0]])
    >>> FeatureNoise(0.1).fitted(rows)
    FeatureNoise(stddev=0.1, deviations=(2.160246899469287, 0.0))

    Compared with Keras: the layer `GaussianNoise` adds the same noise to every column,
    so columns must be standardised first.

    Source: notes, "Data augmentation: noise injection".
    """

    kind = Kind.TABLE

    stddev: float = argument(positive)
    deviations: Sequence[float] | None = argument(optional(columns(non_negative)), None)

    def fitted(self, inputs: np.ndarray, codes: Sequence[int] = ()) -> "FeatureNoise":
        if self.deviations is not None:
            return self
        deviations = np.asarray(inputs).std(axis=0, dtype="float64")
        for column, values in enumerate(np.transpose(inputs)):
            if ((values == values.min()) | (values == values.max())).all():
                deviations[column] = 0
        deviations[[*codes]] = 0
        return dataclasses.replace(self, deviations=tuple(deviations.tolist()))

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        rows = wide(inputs)
        deviations = _for_columns(self, "deviations", rows)
        noise = randomness.normals(tf.shape(rows), seed)
        return rows + self.stddev * deviations * tf.cast(noise, rows.dtype), labels


@dataclasses.dataclass(frozen=True, repr=False)
class FeatureDrop(Augmentation):
    """Replaces numbers of a row, each with the same probability.

    A dropped number becomes the mean of its column over the training part. The mean is
    the zero of a standardised column and carries no information, while a zero in a
    column of temperatures or weights is a value, and may be an impossible one. The
    other numbers are measurements, so they are not scaled up as in dropout. A category
    becomes 0, the code of unknown categories.

    Args:
        probability: Fraction of the numbers that are replaced, in (0, 1].
        values: The replacement for each column, such as zeros. Default: the means,
            computed by `fitted`, which `recipes.fit` calls.

    Raises:
        InputError: If an argument is out of its range, or `values` are missing or
            their number is not the number of columns.

    >>> FeatureDrop(0.5).fitted([[1.0, 0.0], [3.0, 1.0]])
    FeatureDrop(probability=0.5, values=(2.0, 0.5))

    Compared with Keras: the layer `Dropout` inserts zeros and divides the other numbers
    by 1 − p.
    """

    kind = Kind.TABLE

    probability: float = argument(odds)
    values: Sequence[float] | None = argument(optional(columns(finite)), None)

    def fitted(self, inputs: np.ndarray, codes: Sequence[int] = ()) -> "FeatureDrop":
        if self.values is not None:
            return self
        means = np.mean(inputs, axis=0, dtype="float64")
        means[[*codes]] = 0
        return dataclasses.replace(self, values=tuple(means.tolist()))

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        values = _for_columns(self, "values", inputs)
        draws = tf.random.stateless_uniform(tf.shape(inputs), seed)
        return tf.where(draws < self.probability, values, inputs), labels


def _for_columns(augment, name, rows):
    """Returns an argument that has a number for each column, as a tensor."""
    values, operation = getattr(augment, name), type(augment).__name__
    if values is None:
        raise InputError(
            f"{operation} needs `{name}`, one for each column: give them, or use "
            f"{augment!r}.fitted(part.inputs)."
        )
    if rows.shape[1] not in (None, len(values)):
        raise InputError(
            f"{operation} has `{name}` for {len(values)} columns, got rows of "
            f"{rows.shape[1]}."
        )
    return tf.constant(values, rows.dtype)
