"""Time and frequency masking of audio, after SpecAugment.

The paper masks log-mel spectra. The models of the zoo compute these themselves, so here
the masks are applied to the waveform.
"""

import dataclasses
import math

import tensorflow as tf

from custom.arguments import positive, positive_integer
from recipes.augmentation.audio import AudioChange, lengths, not_padding
from recipes.augmentation.base import Batch, argument, wide
from recipes.augmentation.ranges import odds
from recipes.data.options import optional
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True, repr=False)
class TimeMask(AudioChange):
    r"""Silences stretches of a clip.

    $$x'_t = 0 \text{ for } t_0 \le t < t_0 + \tau, \qquad
    \tau \sim U(0, T), \quad t_0 \sim U(0, n - \tau)$$

    in whole samples, where n is the length of the clip without padding. A stretch that
    reaches the end shortens the clip.

    Args:
        length: T, the longest stretch, as a fraction of the clip, in (0, 1]. With
            `sample_rate`: in seconds, at most the length of the clip.
        number: Number of stretches, which may overlap.
        sample_rate: Samples per second. If given, `length` is in seconds.

    Raises:
        InputError: If an argument is out of its range.

    >>> import tensorflow as tf
    >>> masked, _ = TimeMask(0.5)(tf.ones([1, 8]), [0], seed=(1, 2))
    >>> masked.numpy().tolist()
    [[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]

    Compared with Keras: Keras has no equivalent; `SpatialDropout1D` drops features, not
    steps.

    Source: Park et al. 2019, "SpecAugment: a simple data augmentation method for
    automatic speech recognition", §2, on log-mel frames.
    """

    length: float = argument(positive)
    number: int = argument(positive_integer, 1)
    sample_rate: int | None = argument(optional(positive_integer), None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sample_rate is None and self.length > 1:
            raise InputError(
                "TimeMask: `length` must be a fraction of the clip, in (0, 1], got "
                f"{self.length}. For seconds give `sample_rate`."
            )

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        whole = tf.cast(lengths(inputs), tf.float32)
        unit = whole if self.sample_rate is None else float(self.sample_rate)
        longest = tf.floor(tf.minimum(self.length * unit, whole))
        draws = _draws(self.number, inputs, seed)
        stretch = tf.floor(draws[0] * (longest + 1))
        first = tf.floor(draws[1] * (whole - stretch + 1))
        time = tf.range(tf.shape(inputs)[1])
        hidden = _inside_any(
            time, tf.cast(first, time.dtype), tf.cast(stretch, time.dtype)
        )
        return tf.where(hidden, tf.zeros([], inputs.dtype), inputs), labels


@dataclasses.dataclass(frozen=True, repr=False)
class FrequencyMask(AudioChange):
    r"""Removes bands of frequencies from a clip.

    $$X'_k = 0 \text{ for } m_0 \le m(f_k) < m_0 + \omega, \qquad
    \omega \sim U(0, W M), \quad m_0 \sim U(0, M - \omega)$$

    X is the discrete Fourier transform of the clip, M is the mel of half the sample
    rate and $m(f) = 2595 \log_{10}(1 + f/700)$, so the mask hides equally many mel
    bands at any position. The masks of the paper span the whole clip, so one transform
    of the clip replaces the short-time transform: it takes half the time, nothing leaks
    beside the band, and all other frequencies stay exactly the same. What rings beyond
    the end of the clip is cut. In the log-mel spectra of the model the band is silent;
    the paper fills it with the mean.

    Args:
        width: W, the widest band as a fraction of the mel scale, in (0, 1]. The
            paper's policies hide up to 27 and 15 of 80 bands, 0.34 and 0.19.
        number: Number of bands, which may overlap.
        sample_rate: Samples per second. Default: 16000, as for `LogMelSpectra`.

    Raises:
        InputError: If an argument is out of its range.

    >>> import tensorflow as tf
    >>> noise = tf.random.stateless_normal([1, 4096], (1, 2))
    >>> masked, _ = FrequencyMask(0.5)(noise, [0], seed=(1, 2))
    >>> before, after = (tf.norm(audio) for audio in (noise, masked))
    >>> bool(0.3 < after / before < 0.99)
    True

    Compared with Keras: Keras has no equivalent.

    Source: Park et al. 2019, "SpecAugment: a simple data augmentation method for
    automatic speech recognition", §2, on log-mel frames.
    """

    width: float = argument(odds)
    number: int = argument(positive_integer, 1)
    sample_rate: int = argument(positive_integer, 16000)

    def changed(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Batch:
        audio = wide(inputs)
        samples = tf.shape(audio)[1]
        # A power of 2 is always fast, and it separates the ends of the clip.
        transform = _power_of_two(samples)
        frequencies = tf.range(transform // 2 + 1) / transform * self.sample_rate
        mel = _mel(tf.cast(frequencies, tf.float32))
        draws = _draws(self.number, audio, seed)
        highest = 2595 * math.log10(1 + self.sample_rate / 1400)
        band = draws[0] * self.width * highest
        hidden = _inside_any(mel, draws[1] * (highest - band), band)
        length = transform[tf.newaxis]
        spectrum = tf.signal.rfft(audio, length)
        spectrum *= tf.cast(~hidden, spectrum.dtype)
        filtered = tf.signal.irfft(spectrum, length)[:, :samples]
        return tf.where(not_padding(audio), filtered, tf.zeros([], audio.dtype)), labels


def _draws(number, audio, seed):
    """Two numbers in [0, 1) for each mask of each clip, `(2, number, batch)`."""
    return tf.random.stateless_uniform([2, number, tf.shape(audio)[0]], seed)


def _inside_any(positions, first, size):
    """Whether each position lies inside any of the masks, `(batch, positions)`.

    `first` and `size` are `(number, batch)`.
    """
    first = first[..., tf.newaxis]
    inside = (positions >= first) & (positions < first + size[..., tf.newaxis])
    return tf.reduce_any(inside, axis=0)


def _power_of_two(number):
    """The smallest power of 2 that is at least `number`, and at least 2."""
    powers = tf.constant([2**exponent for exponent in range(1, 31)])
    return powers[tf.searchsorted(powers, number[tf.newaxis])[0]]


def _mel(frequency):
    return 2595 / math.log(10) * tf.math.log1p(frequency / 700)
