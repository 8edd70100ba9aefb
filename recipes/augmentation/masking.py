"""Time and frequency masking of waveforms, after SpecAugment.

The paper masks log-mel spectra; the zoo's models make these themselves, from the
waveform, so that the masks are laid over the waveform here.
"""

import dataclasses
import math

import tensorflow as tf

from custom.arguments import positive, positive_integer
from recipes.augmentation.base import argument, wide
from recipes.augmentation.ranges import odds, optional
from recipes.augmentation.sounds import Sound, lengths, real
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True, repr=False)
class TimeMask(Sound):
    r"""Silences stretches of a clip.

    $$x'_t = 0 \text{ for } t_0 \le t < t_0 + \tau, \qquad
    \tau \sim U(0, T), \quad t_0 \sim U(0, n - \tau)$$

    in whole samples; n is the length of the clip without padding. A stretch that
    reaches the end shortens the clip.

    Args:
        length: T, the longest stretch, as part of the clip, in (0, 1]; in seconds
            where `sample_rate` is given, and at most the clip.
        number: How many stretches, which may overlap.
        sample_rate: Samples in a second, for a length in seconds.

    Raises:
        InputError: If an argument is out of its range.

    >>> import tensorflow as tf
    >>> masked, _ = TimeMask(0.5)(tf.ones([1, 8]), [0], seed=(1, 2))
    >>> masked.numpy().tolist()
    [[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]

    Against Keras: it has none for sequences; `SpatialDropout1D` drops features, not
    steps.

    Source: Park et al. 2019, "SpecAugment: a simple data augmentation method for
    automatic speech recognition", §2, on log-mel frames.
    """

    length: float = argument(positive)
    number: int = argument(positive_integer, 1)
    sample_rate: int | None = argument(optional(positive_integer), None)

    def __post_init__(self):
        super().__post_init__()
        if self.sample_rate is None and self.length > 1:
            raise InputError(
                f"TimeMask: `length` must be a part of the clip, in (0, 1], got "
                f"{self.length}. For seconds give `sample_rate`."
            )

    def changed(self, inputs, labels, seed):
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
class FrequencyMask(Sound):
    r"""Takes bands of frequencies out of a clip.

    $$X'_k = 0 \text{ for } m_0 \le m(f_k) < m_0 + \omega, \qquad
    \omega \sim U(0, W M), \quad m_0 \sim U(0, M - \omega)$$

    X is the discrete Fourier transform of the clip, M the mel of half the sample
    rate and $m(f) = 2595 \log_{10}(1 + f/700)$, so that the mask hides as many mel
    bands wherever it lies. As the paper's masks span all of time, one transform of
    the whole clip takes the place of a short-time one: half its time, no leakage
    beside the band, and the rest exactly as it was. What rings beyond the end of the
    clip is cut. In the model's log-mel the band is silent, where the
    paper fills with the mean.

    Args:
        width: W, the widest band as part of the mel scale, in (0, 1]. The paper's
            policies hide up to 27 and 15 of 80 bands, 0.34 and 0.19.
        number: How many bands, which may overlap.
        sample_rate: Samples in a second. Default: 16000, as for `LogMelSpectra`.

    Raises:
        InputError: If an argument is out of its range.

    >>> import tensorflow as tf
    >>> noise = tf.random.stateless_normal([1, 4096], (1, 2))
    >>> masked, _ = FrequencyMask(0.5)(noise, [0], seed=(1, 2))
    >>> before, after = (tf.norm(sound) for sound in (noise, masked))
    >>> bool(0.3 < after / before < 0.99)
    True

    Against Keras: it has none.

    Source: Park et al. 2019, "SpecAugment: a simple data augmentation method for
    automatic speech recognition", §2, on log-mel frames.
    """

    width: float = argument(odds)
    number: int = argument(positive_integer, 1)
    sample_rate: int = argument(positive_integer, 16000)

    def changed(self, inputs, labels, seed):
        sounds = wide(inputs)
        samples = tf.shape(sounds)[1]
        # A power of 2 is fast whatever the length, and keeps the ends apart.
        transform = _power_of_two(samples)
        frequencies = tf.range(transform // 2 + 1) / transform * self.sample_rate
        mel = _mel(tf.cast(frequencies, tf.float32))
        draws = _draws(self.number, sounds, seed)
        highest = 2595 * math.log10(1 + self.sample_rate / 1400)
        band = draws[0] * self.width * highest
        hidden = _inside_any(mel, draws[1] * (highest - band), band)
        length = transform[tf.newaxis]
        spectrum = tf.signal.rfft(sounds, length)
        spectrum *= tf.cast(~hidden, spectrum.dtype)
        filtered = tf.signal.irfft(spectrum, length)[:, :samples]
        return tf.where(real(sounds), filtered, tf.zeros([], sounds.dtype)), labels


def _draws(number, sounds, seed):
    """Two numbers in [0, 1) for each mask of each clip, `(2, number, batch)`."""
    return tf.random.stateless_uniform([2, number, tf.shape(sounds)[0]], seed)


def _inside_any(places, first, size):
    """Which places lie in one of the masks, `(batch, places)`.

    `first` and `size` are `(number, batch)`.
    """
    first = first[..., tf.newaxis]
    inside = (places >= first) & (places < first + size[..., tf.newaxis])
    return tf.reduce_any(inside, axis=0)


def _power_of_two(number):
    """The least power of 2 that is no less."""
    powers = tf.constant([2**exponent for exponent in range(1, 31)])
    return powers[tf.searchsorted(powers, number[tf.newaxis])[0]]


def _mel(frequency):
    return 2595 / math.log(10) * tf.math.log1p(frequency / 700)
