"""Noise and missing values in tables."""

import dataclasses

import numpy as np
import tensorflow as tf

from custom.arguments import finite, non_negative, positive
from recipes.augmentation.base import Augmentation, argument, wide
from recipes.augmentation.ranges import columns, odds, optional
from recipes.data import randomness
from zoo.errors import InputError
from zoo.kinds import Kind


@dataclasses.dataclass(frozen=True, repr=False)
class FeatureNoise(Augmentation):
    r"""Adds to every number of a row a number of its own, in its column's measure.

    $$x'_j = x_j + \sigma s_j n_j, \qquad n_j \sim N(0, 1)$$

    $s_j$ is the standard deviation of column j over the training part. A column of
    at most two different values says yes or no; $s_j$ is 0 there, and in a column
    of categories.

    Args:
        stddev: σ, above 0.
        deviations: $s_j$ of each column, at least 0. Default: what `fitted` finds,
            as `recipes.fit` has it do.

    Raises:
        InputError: If an argument is out of its range, or `deviations` are missing
            or not as many as there are columns.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [2.0, 1.0], [6.0, 0.0]])
    >>> FeatureNoise(0.1).fitted(rows)
    FeatureNoise(stddev=0.1, deviations=(2.160246899469287, 0.0))

    Against Keras: the layer `GaussianNoise` adds as much to every column, and so
    wants them standardised before.

    Source: notes, "Data augmentation: noise injection".
    """

    kind = Kind.TABLE

    stddev: float = argument(positive)
    deviations: tuple[float, ...] | None = argument(
        optional(columns(non_negative)), None
    )

    def fitted(self, inputs, codes=()):
        if self.deviations is not None:
            return self
        deviations = np.asarray(inputs).std(axis=0, dtype="float64")
        for column, values in enumerate(np.transpose(inputs)):
            if ((values == values.min()) | (values == values.max())).all():
                deviations[column] = 0
        deviations[[*codes]] = 0
        return dataclasses.replace(self, deviations=tuple(deviations.tolist()))

    def changed(self, inputs, labels, seed):
        rows = wide(inputs)
        deviations = _for_columns(self, "deviations", rows)
        noise = randomness.normals(tf.shape(rows), seed)
        return rows + self.stddev * deviations * tf.cast(noise, rows.dtype), labels


@dataclasses.dataclass(frozen=True, repr=False)
class FeatureDrop(Augmentation):
    """Takes numbers out of a row, each with the same probability.

    In their place comes the mean of the column over the training part: it is the
    zero of a standardised column and says nothing, while a zero in a column of
    temperatures or weights is a value, and may be an impossible one. The others are
    not made larger to make up for it, as dropout does: they are measurements. A
    category becomes 0, any other than those known.

    Args:
        probability: Part of the numbers that are taken out, in (0, 1].
        values: What comes in their place, for each column, such as zeros. Default:
            the means, which `fitted` finds, as `recipes.fit` has it do.

    Raises:
        InputError: If an argument is out of its range, or `values` are missing or
            not as many as there are columns.

    >>> FeatureDrop(0.5).fitted([[1.0, 0.0], [3.0, 1.0]])
    FeatureDrop(probability=0.5, values=(2.0, 0.5))

    Against Keras: the layer `Dropout` puts zeros and divides what is left by
    1 − p.
    """

    kind = Kind.TABLE

    probability: float = argument(odds)
    values: tuple[float, ...] | None = argument(optional(columns(finite)), None)

    def fitted(self, inputs, codes=()):
        if self.values is not None:
            return self
        means = np.mean(inputs, axis=0, dtype="float64")
        means[[*codes]] = 0
        return dataclasses.replace(self, values=tuple(means.tolist()))

    def changed(self, inputs, labels, seed):
        values = _for_columns(self, "values", inputs)
        draws = tf.random.stateless_uniform(tf.shape(inputs), seed)
        return tf.where(draws < self.probability, values, inputs), labels


def _for_columns(augment, name, rows):
    """An argument that has a number for each column, as a tensor."""
    values, kind = getattr(augment, name), type(augment).__name__
    if values is None:
        raise InputError(
            f"{kind} needs `{name}`, one for each column: give them, or use "
            f"{augment!r}.fitted(part.inputs)."
        )
    if rows.shape[1] not in (None, len(values)):
        raise InputError(
            f"{kind} has `{name}` for {len(values)} columns, got rows of "
            f"{rows.shape[1]}."
        )
    return tf.constant(values, rows.dtype)
