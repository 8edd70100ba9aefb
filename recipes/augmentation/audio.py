"""Noise, loudness and time shift of audio.

A clip ends with its last nonzero sample, as in the models. The zeros after it are
padding, and stay padding.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from custom.arguments import positive_integer
from custom.formula import Section, formula
from recipes.augmentation.base import Augmentation, Batch, argument, wide
from recipes.augmentation.ranges import Range, amount, between, choice
from recipes.data import randomness
from recipes.data.options import optional
from zoo.errors import InputError
from zoo.kinds import Kind

LOUDEST = 100  # decibels, positive or negative


@dataclasses.dataclass(frozen=True, repr=False)
class AudioChange(Augmentation):
    """Base class: changes audio `(batch, samples)`, without clipping values at ±1."""

    kind = Kind.AUDIO


@formula("More data: audio with noise", Section.REGULARIZATION)
@dataclasses.dataclass(frozen=True, repr=False)
class WhiteNoise(AudioChange):
    r"""Adds white noise at a signal-to-noise ratio.

    $$x'_t = x_t + \sqrt{\frac{P_x}{P_n}\,10^{-r/10}}\;n_t, \qquad
    n_t \sim N(0, 1), \quad r \sim U(\text{low}, \text{high})$$

    $P_x$ and $P_n$ are the mean squares of the clip and of the noise over the samples
    of the clip, without padding, so the ratio $r$, in decibels, is exact. A silent clip
    stays silent.

    Args:
        snr: r in decibels: one number, or `(low, high)`, within ±100. With 0 the noise
            is as loud as the clip, with 20 it has a tenth of its amplitude.

    Raises:
        InputError: If the range is reversed or exceeds the limits.

    >>> import tensorflow as tf
    >>> clip = tf.sin(tf.range(8000.0))[tf.newaxis]
    >>> noisy, _ = WhiteNoise(20)(clip, [0], seed=(1, 2))
    >>> round(float(tf.reduce_mean((noisy - clip) ** 2) / tf.reduce_mean(clip**2)), 4)
    0.01

    Compared with Keras: `GaussianNoise` adds the same noise to quiet and loud clips,
    and also to the padding.

    Source: notes, "Data augmentation".
    """

    snr: Range = argument(between(-LOUDEST, LOUDEST))

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        audio = wide(inputs)
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        decibels = _drawn(audio, self.snr, seeds[0])
        noise = randomness.normals(tf.shape(audio), seeds[1])
        noise = tf.cast(noise, audio.dtype)
        noise = tf.where(not_padding(audio), noise, 0)
        # Sums instead of means: both are over the same number of samples.
        ratio = tf.math.divide_no_nan(_energy(audio), _energy(noise))
        return audio + tf.sqrt(ratio * 10 ** (-decibels / 10)) * noise, labels


@dataclasses.dataclass(frozen=True, repr=False)
class Gain(AudioChange):
    r"""Makes a clip louder or quieter.

    $$x'_t = 10^{g/20}\,x_t, \qquad g \sim U(\text{low}, \text{high})$$

    The audio models of the zoo measure a clip relative to its loudest band, so this
    makes no difference to them; it does to other models.

    Args:
        decibels: g, drawn from −n…n or `(low, high)`, within ±100.

    Raises:
        InputError: If the range is reversed or exceeds the limits.

    >>> Gain((20, 20))([[0.5, -1.0]], [0], seed=(1, 2))[0].numpy().tolist()
    [[5.0, -10.0]]

    Compared with Keras: Keras has no equivalent.
    """

    decibels: Range = argument(amount(LOUDEST))

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        audio = wide(inputs)
        return audio * 10 ** (_drawn(audio, self.decibels, seed) / 20), labels


@dataclasses.dataclass(frozen=True, repr=False)
class TimeShift(AudioChange):
    r"""Shifts a clip in time, within its length.

    $$x'_t = x_{t-s} \text{ for } 0 \le t - s < n, \qquad
    s \sim U(\text{low}, \text{high})$$

    s is rounded to whole samples and n is the length of the clip without padding.
    Samples that are shifted out are lost. With `fill="wrap"` they come back at the
    other end: the index is $(t - s) \bmod n$. If a clip is shifted to an earlier time,
    the silence at its end counts as padding from then on.

    Args:
        shift: Fraction of the clip, drawn from −n…n or `(low, high)`, within ±1;
            positive means later. With `sample_rate`: in seconds.
        fill: What fills the gap: `"silence"` or `"wrap"`.
        sample_rate: Samples per second. If given, `shift` is in seconds.

    Raises:
        InputError: If an argument is out of its range.

    >>> clip = [[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]]
    >>> TimeShift((0.25, 0.25))(clip, [0], seed=(1, 2))[0].numpy().tolist()
    [[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]]
    >>> TimeShift((0.25, 0.25), fill="wrap")(clip, [0], (1, 2))[0].numpy().tolist()
    [[4.0, 1.0, 2.0, 3.0, 0.0, 0.0]]

    Compared with Keras: Keras has no equivalent.
    """

    shift: Range = argument(amount(3600))
    fill: str = argument(choice("silence", "wrap"), "silence")
    sample_rate: int | None = argument(optional(positive_integer), None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sample_rate is None and np.abs(self.shift).max() > 1:
            raise InputError(
                "TimeShift: `shift` must be a fraction of the clip, in [-1, 1], got "
                f"{self.shift}. For seconds give `sample_rate`."
            )

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        length = lengths(inputs)
        unit = tf.cast(
            length if self.sample_rate is None else self.sample_rate, "float32"
        )
        low, high = np.asarray(self.shift)
        draws = tf.random.stateless_uniform([tf.shape(inputs)[0]], seed)
        shift = tf.cast(tf.round((low + (high - low) * draws) * unit), tf.int32)
        number, samples = tf.unstack(tf.shape(inputs))
        time, length = tf.range(samples)[tf.newaxis], length[:, tf.newaxis]
        source = time - shift[:, tf.newaxis]
        if self.fill == "wrap":
            source %= tf.maximum(length, 1)
            filled = time < length
        else:
            filled = (source >= 0) & (source < length) & (time < length)
        # One gather from all samples is faster than a gather within each clip.
        source = tf.where(filled, source, 0) + samples * tf.range(number)[:, tf.newaxis]
        moved = tf.gather(tf.reshape(inputs, [-1]), source)
        return tf.where(filled, moved, tf.zeros([], inputs.dtype)), labels


def lengths(audio: tf.Tensor) -> tf.Tensor:
    """Returns the number of samples of each clip without padding, int32 `(batch,)`."""
    ends = tf.range(1, tf.shape(audio)[1] + 1)
    return tf.reduce_max(tf.where(audio != 0, ends, 0), axis=1)


def not_padding(audio: tf.Tensor) -> tf.Tensor:
    """Whether each sample belongs to its clip and not to the padding."""
    return tf.range(tf.shape(audio)[1]) < lengths(audio)[:, tf.newaxis]


def _drawn(audio, bounds, seed):
    """Draws a number between the bounds for each clip, `(batch, 1)`."""
    low, high = bounds
    draws = tf.random.stateless_uniform([tf.shape(audio)[0], 1], seed)
    return tf.cast(low + (high - low) * draws, audio.dtype)


def _energy(audio):
    return tf.reduce_sum(tf.square(audio), axis=1, keepdims=True)
