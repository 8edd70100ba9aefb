"""Noise, loudness and time shift of waveforms.

A clip ends with its last sample that is not zero, as the models see it; what is
behind is padding, and stays padding.
"""

import dataclasses

import tensorflow as tf

from custom.arguments import positive_integer
from custom.formula import Section, formula
from recipes.augmentation.base import Augmentation, argument, wide
from recipes.augmentation.ranges import amount, between, choice, optional
from recipes.data import randomness
from zoo.errors import InputError
from zoo.kinds import Kind

LOUDEST = 100  # decibels, either way


@dataclasses.dataclass(frozen=True, repr=False)
class Sound(Augmentation):
    """What changes waveforms `(batch, samples)`; values beyond ±1 are not clipped."""

    kind = Kind.AUDIO


@formula("More data: audio with noise", Section.REGULARIZATION)
@dataclasses.dataclass(frozen=True, repr=False)
class WhiteNoise(Sound):
    r"""Adds white noise at a signal-to-noise ratio.

    $$x'_t = x_t + \sqrt{\frac{P_x}{P_n}\,10^{-r/10}}\;n_t, \qquad
    n_t \sim N(0, 1), \quad r \sim U(\text{low}, \text{high})$$

    $P_x$ and $P_n$ are the mean squares of the clip and of the noise over the clip's
    samples, without padding, so that the ratio $r$, in decibels, is met exactly. A
    silent clip stays silent.

    Args:
        snr: r in decibels: one number, or `(low, high)`, within ±100. 0 is noise as
            loud as the clip, 20 a tenth of its amplitude.

    Raises:
        InputError: If the range is reversed or reaches too far.

    >>> import tensorflow as tf
    >>> clip = tf.sin(tf.range(8000.0))[tf.newaxis]
    >>> noisy, _ = WhiteNoise(20)(clip, [0], seed=(1, 2))
    >>> round(float(tf.reduce_mean((noisy - clip) ** 2) / tf.reduce_mean(clip**2)), 4)
    0.01

    Compared with Keras: `GaussianNoise` adds the same noise to quiet and loud clips,
    and also to the padding.

    Source: notes, "Data augmentation".
    """

    snr: tuple[float, float] = argument(between(-LOUDEST, LOUDEST))

    def changed(self, inputs, labels, seed):
        sounds = wide(inputs)
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        decibels = drawn(sounds, self.snr, seeds[0])
        noise = randomness.normals(tf.shape(sounds), seeds[1])
        noise = tf.cast(noise, sounds.dtype)
        noise = tf.where(real(sounds), noise, 0)
        # The clip's samples are as many above as below.
        ratio = tf.math.divide_no_nan(_energy(sounds), _energy(noise))
        return sounds + tf.sqrt(ratio * 10 ** (-decibels / 10)) * noise, labels


@dataclasses.dataclass(frozen=True, repr=False)
class Gain(Sound):
    r"""Makes a clip louder or quieter.

    $$x'_t = 10^{g/20}\,x_t, \qquad g \sim U(\text{low}, \text{high})$$

    The zoo's own readers of sounds measure a clip against its loudest band and so
    hear no difference; other models do.

    Args:
        decibels: g, drawn from −n…n or `(low, high)`, within ±100.

    Raises:
        InputError: If the range is reversed or reaches too far.

    >>> Gain((20, 20))([[0.5, -1.0]], [0], seed=(1, 2))[0].numpy().tolist()
    [[5.0, -10.0]]

    Against Keras: it has none.
    """

    decibels: tuple[float, float] = argument(amount(LOUDEST))

    def changed(self, inputs, labels, seed):
        sounds = wide(inputs)
        return sounds * 10 ** (drawn(sounds, self.decibels, seed) / 20), labels


@dataclasses.dataclass(frozen=True, repr=False)
class TimeShift(Sound):
    r"""Moves a clip within its length, later or earlier.

    $$x'_t = x_{t-s} \text{ for } 0 \le t - s < n, \qquad
    s \sim U(\text{low}, \text{high})$$

    s is rounded to whole samples and n is the length of the clip without padding.
    What leaves the length is lost. With `fill="wrap"` it comes back at the other
    end: the index is $(t - s) \bmod n$. Silence at the end of a clip moved to an
    earlier time counts as padding from then on.

    Args:
        shift: Part of the clip, drawn from −n…n or `(low, high)`, within ±1;
            positive is later. In seconds where `sample_rate` is given.
        fill: What comes in: `"silence"` or `"wrap"`.
        sample_rate: Samples in a second, for a shift in seconds.

    Raises:
        InputError: If an argument is out of its range.

    >>> clip = [[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]]
    >>> TimeShift((0.25, 0.25))(clip, [0], seed=(1, 2))[0].numpy().tolist()
    [[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]]
    >>> TimeShift((0.25, 0.25), fill="wrap")(clip, [0], (1, 2))[0].numpy().tolist()
    [[4.0, 1.0, 2.0, 3.0, 0.0, 0.0]]

    Against Keras: it has none for sequences.
    """

    shift: tuple[float, float] = argument(amount(3600))
    fill: str = argument(choice("silence", "wrap"), "silence")
    sample_rate: int | None = argument(optional(positive_integer), None)

    def __post_init__(self):
        super().__post_init__()
        if self.sample_rate is None and max(map(abs, self.shift)) > 1:
            raise InputError(
                f"TimeShift: `shift` must be parts of the clip, in [-1, 1], got "
                f"{self.shift}. For seconds give `sample_rate`."
            )

    def changed(self, inputs, labels, seed):
        length = lengths(inputs)
        unit = tf.cast(
            length if self.sample_rate is None else self.sample_rate, "float32"
        )
        low, high = self.shift
        draws = tf.random.stateless_uniform([tf.shape(inputs)[0]], seed)
        shift = tf.cast(tf.round((low + (high - low) * draws) * unit), tf.int32)
        number, samples = tf.unstack(tf.shape(inputs))
        time, length = tf.range(samples)[tf.newaxis], length[:, tf.newaxis]
        source = time - shift[:, tf.newaxis]
        if self.fill == "wrap":
            source %= tf.maximum(length, 1)
            there = time < length
        else:
            there = (source >= 0) & (source < length) & (time < length)
        # One gather from all samples: faster than a gather within each clip.
        source = tf.where(there, source, 0) + samples * tf.range(number)[:, tf.newaxis]
        moved = tf.gather(tf.reshape(inputs, [-1]), source)
        return tf.where(there, moved, tf.zeros([], inputs.dtype)), labels


def lengths(sounds):
    """Samples of each clip without padding, int32 `(batch,)`."""
    ends = tf.range(1, tf.shape(sounds)[1] + 1)
    return tf.reduce_max(tf.where(sounds != 0, ends, 0), axis=1)


def real(sounds):
    """Which samples are no padding."""
    return tf.range(tf.shape(sounds)[1]) < lengths(sounds)[:, tf.newaxis]


def drawn(sounds, bounds, seed):
    """A number between the bounds for each clip, shaped to meet its samples."""
    low, high = bounds
    draws = tf.random.stateless_uniform([tf.shape(sounds)[0], 1], seed)
    return tf.cast(low + (high - low) * draws, sounds.dtype)


def _energy(sounds):
    return tf.reduce_sum(tf.square(sounds), axis=1, keepdims=True)
