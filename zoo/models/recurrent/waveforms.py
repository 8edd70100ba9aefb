"""Waveforms as sequences of log-mel spectra."""

import keras
import numpy as np
from keras import ops

from custom.arguments import positive, positive_integer
from zoo.models.recurrent.padding import at_least_the_first, up_to_the_last

DYNAMIC_RANGE = 80.0  # decibels below the loudest band of a clip that count as silence


@keras.saving.register_keras_serializable(package="zoo")
class LogMelSpectra(keras.layers.Layer):
    r"""Loudness in mel bands, one vector for each step of a waveform.

    $$m_{tb} = \sum_k M_{kb}\,\bigl|\mathrm{DFT}_k(w \cdot x_t)\bigr|^2, \qquad
    y_{tb} = 1 + \frac{1}{40}\max\Bigl(10 \log_{10}
    \frac{m_{tb}}{\max_{t,b} m_{tb}},\, -80\Bigr)$$

    $x_t$ are `frame_length` seconds from $t\,\cdot$ `frame_step` on, with zeros behind
    the end; $w$ is the Hann window and $M$ the triangles of `mel_bands` bands, equally
    wide in mel, from 20 Hz to half the sample rate. Each clip is measured against its
    own loudest band, so that $y \in [-1, 1]$ whatever the gain of the recording.

    Input `(batch, samples)`, output `(batch, ⌈samples / step⌉, mel_bands)` in the
    layer's compute dtype. Zeros behind a clip are padding: their frames are masked, and
    no other frame depends on how many there are.

    Args:
        sample_rate: Samples a second.
        frame_length: Seconds in a frame. Defaults to 0.025, as usual for speech.
        frame_step: Seconds from one frame to the next. Defaults to 0.01.
        mel_bands: Number of bands. Defaults to 40.
        mask: Whether the frames behind a clip are masked.
        **kwargs: `name`, `dtype` and what else any Keras layer takes.

    Raises:
        ValueError: If an argument is out of its range, or the frames are too short to
            tell so many bands apart.

    >>> import numpy as np
    >>> LogMelSpectra(sample_rate=8000)(np.ones((2, 4000), "float32")).shape
    TensorShape([2, 50, 40])

    Against Keras: `MelSpectrogram` clips to a range below the loudest clip of the
    *batch*, so that an answer depends on its neighbours, and mirrors a clip at its end,
    so that it depends on the padding; its symbolic length is one too great for some
    lengths.

    Source: triangles in mel: Davis and Mermelstein 1980, "Comparison of parametric
    representations for monosyllabic word recognition"; mel as
    $2595 \log_{10}(1 + f/700)$: O'Shaughnessy 1987, "Speech communication".
    """

    def __init__(
        self,
        sample_rate=16000,
        frame_length=0.025,
        frame_step=0.01,
        mel_bands=40,
        mask=True,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.sample_rate = positive_integer("sample_rate", sample_rate)
        self.frame_length = positive("frame_length", frame_length)
        self.frame_step = positive("frame_step", frame_step)
        self.mel_bands = positive_integer("mel_bands", mel_bands)
        self._frame = round(self.frame_length * self.sample_rate)
        self._step = round(self.frame_step * self.sample_rate)
        for name, samples in (
            ("frame_length", self._frame),
            ("frame_step", self._step),
        ):
            if samples < 2:
                raise ValueError(
                    f"`{name}` must span at least 2 samples, got {getattr(self, name)} "
                    f"seconds at {sample_rate} samples a second."
                )
        self._fft = 2 ** (self._frame - 1).bit_length()
        self._matrix = mel_matrix(self._fft // 2 + 1, self.mel_bands, self.sample_rate)
        self._window = np.hanning(self._frame + 1)[:-1].astype("float32")
        self.mask = mask
        self.supports_masking = True

    def call(self, waveforms):
        x = ops.cast(waveforms, "float32")
        # One frame of zeros more than the last step needs, at the most.
        x = ops.pad(x, [[0, 0], [0, self._frame + self._step]])
        steps = self._steps(ops.shape(waveforms)[1])
        x = x[:, : (steps - 1) * self._step + self._frame]
        frames = ops.extract_sequences(x, self._frame, self._step)
        real, imaginary = ops.rfft(
            frames * ops.convert_to_tensor(self._window), self._fft
        )
        power = ops.square(real) + ops.square(imaginary)
        mel = ops.matmul(power, ops.convert_to_tensor(self._matrix))
        # The loudest band of a silent clip is 0, and all of it silence.
        loudest = ops.maximum(ops.max(mel, axis=(1, 2), keepdims=True), 1e-20)
        least = 10 ** (-DYNAMIC_RANGE / 10)
        decibels = 10 * ops.log10(ops.maximum(mel / loudest, least))
        return ops.cast(1 + decibels / (DYNAMIC_RANGE / 2), self.compute_dtype)

    def compute_mask(self, waveforms, previous_mask=None):
        """True for the frames that begin before the last sample that is not zero."""
        if not self.mask:
            return None
        there = up_to_the_last(ops.not_equal(waveforms, 0))
        return at_least_the_first(there[:, :: self._step])

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        steps = None if samples is None else self._steps(samples)
        return (batch, steps, self.mel_bands)

    def get_config(self):
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "frame_length": self.frame_length,
            "frame_step": self.frame_step,
            "mel_bands": self.mel_bands,
            "mask": self.mask,
        }

    def _steps(self, samples):
        return (samples + self._step - 1) // self._step


def mel_matrix(bins, bands, sample_rate):
    """The weight of each frequency in each band: triangles of height 1, float32.

    Raises:
        ValueError: If a band is too narrow to hold a frequency.
    """
    edges = np.linspace(_mel(20.0), _mel(sample_rate / 2), bands + 2)
    frequencies = _mel(np.linspace(0, sample_rate / 2, bins))[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequencies - lower) / (centre - lower)
    falling = (upper - frequencies) / (upper - centre)
    matrix = np.maximum(0, np.minimum(rising, falling))
    if (matrix.sum(axis=0) == 0).any():
        raise ValueError(
            f"`mel_bands` {bands} are too many to tell apart in frames of this "
            "length: give fewer, or a greater `frame_length`."
        )
    return matrix.astype("float32")


def _mel(frequency):
    return 2595 * np.log10(1 + frequency / 700)
