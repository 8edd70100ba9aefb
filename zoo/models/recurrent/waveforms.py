"""Log-mel spectrograms of waveforms."""

from typing import Any

import keras
import numpy as np
from keras import ops

from custom.arguments import positive, positive_integer
from custom.types import Shape, Tensor
from zoo.models.recurrent.padding import up_to_last, with_first_step

DYNAMIC_RANGE = 80.0  # decibels below the loudest band of a clip that count as silence


@keras.saving.register_keras_serializable(package="zoo")
class LogMelSpectra(keras.layers.Layer):
    r"""Log-mel spectrogram: the loudness in mel bands for each frame of a waveform.

    $$m_{tb} = \sum_k M_{kb}\,\bigl|\mathrm{DFT}_k(w \cdot x_t)\bigr|^2, \qquad
    y_{tb} = 1 + \frac{1}{40}\max\Bigl(10 \log_{10}
    \frac{m_{tb}}{\max_{t,b} m_{tb}},\, -80\Bigr)$$

    $x_t$ are the `frame_length` seconds that start at $t\,\cdot$ `frame_step`, padded
    with zeros at the end of the clip; $w$ is the Hann window. $M$ holds the triangular
    filters of `mel_bands` bands, equally wide on the mel scale, from 20 Hz to half the
    sample rate. Each clip is measured against its own loudest band, so that
    $y \in [-1, 1]$ whatever the gain of the recording.

    Input `(batch, samples)`, output `(batch, ⌈samples / step⌉, mel_bands)` in the
    layer's compute dtype. Zeros at the end of a clip are padding: their frames are
    masked, and no other frame depends on the amount of padding.

    Args:
        sample_rate: Number of samples per second.
        frame_length: Length of a frame in seconds. Defaults to 0.025, as usual for
            speech.
        frame_step: Seconds from one frame to the next. Defaults to 0.01.
        mel_bands: Number of bands. Defaults to 40.
        mask: Whether to mask the frames of the padding.
        **kwargs: `name`, `dtype` and other arguments of every Keras layer.

    Raises:
        ValueError: If an argument is out of its range, or the frames are too short to
            separate so many bands.

    >>> import numpy as np
    >>> LogMelSpectra(sample_rate=8000)(np.ones((2, 4000), "float32")).shape
    TensorShape([2, 50, 40])

    Compared with Keras: `MelSpectrogram` clips to a range below the loudest clip of
    the *batch*, so that an answer depends on the other clips. It pads a clip with
    its mirror image, so that the last frames depend on the padding. Its symbolic
    length is one too large for some lengths.

    Source: triangular mel filters: Davis and Mermelstein 1980, "Comparison of
    parametric representations for monosyllabic word recognition"; mel as
    $2595 \log_{10}(1 + f/700)$: O'Shaughnessy 1987, "Speech communication".
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        frame_length: float = 0.025,
        frame_step: float = 0.01,
        mel_bands: int = 40,
        mask: bool = True,
        **kwargs: Any,
    ) -> None:
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
                    f"seconds at {sample_rate} samples per second."
                )
        bins = _fft_length(self._frame) // 2 + 1
        self._filters = mel_filters(bins, self.mel_bands, self.sample_rate)
        self.mask = mask
        self.supports_masking = True

    def call(self, waveforms: Tensor) -> Tensor:
        decibels = spectrogram(waveforms, self._frame, self._step, self._filters)
        return ops.cast(1 + decibels / (DYNAMIC_RANGE / 2), self.compute_dtype)

    def compute_mask(
        self, waveforms: Tensor, previous_mask: Tensor | None = None
    ) -> Tensor | None:
        """True for the frames that start before the last sample that is not zero."""
        if not self.mask:
            return None
        real = up_to_last(ops.not_equal(waveforms, 0))
        return with_first_step(real[:, :: self._step])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, samples = input_shape
        frames = None if samples is None else _frame_count(samples, self._step)
        return (batch, frames, self.mel_bands)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "frame_length": self.frame_length,
            "frame_step": self.frame_step,
            "mel_bands": self.mel_bands,
            "mask": self.mask,
        }


def spectrogram(
    waveforms: Tensor, frame: int, step: int, filters: np.ndarray | None = None
) -> Tensor:
    """Power in each frequency or band, in decibels below the loudest of its clip.

    Args:
        waveforms: `(batch, samples)`.
        frame: Number of samples in a frame.
        step: Number of samples from one frame to the next.
        filters: Weight of each frequency in each band, `(frequencies, bands)`, as
            `mel_filters` returns it. Default: every frequency on its own.

    Returns:
        float32 `(batch, ⌈samples / step⌉, frequencies or bands)`, from −80 to 0.
    """
    x = ops.cast(waveforms, "float32")
    # The last frame reaches at most one frame and one step beyond the last sample.
    x = ops.pad(x, [[0, 0], [0, frame + step]])
    count = _frame_count(ops.shape(waveforms)[1], step)
    x = x[:, : (count - 1) * step + frame]
    window = np.hanning(frame + 1)[:-1].astype("float32")
    frames = ops.extract_sequences(x, frame, step) * ops.convert_to_tensor(window)
    real, imaginary = ops.rfft(frames, _fft_length(frame))
    power = ops.square(real) + ops.square(imaginary)
    if filters is not None:
        power = ops.matmul(power, ops.convert_to_tensor(filters))
    # The loudest band of a silent clip has power 0: all bands count as silence.
    loudest = ops.maximum(ops.max(power, axis=(1, 2), keepdims=True), 1e-20)
    least = 10 ** (-DYNAMIC_RANGE / 10)
    return 10 * ops.log10(ops.maximum(power / loudest, least))


def mel_filters(bins: int, bands: int, sample_rate: int) -> np.ndarray:
    """Triangular filters of height 1, float32 `(bins, bands)`."""
    edges = np.linspace(_mel(20.0), _mel(sample_rate / 2), bands + 2)
    frequencies = _mel(np.linspace(0, sample_rate / 2, bins))[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequencies - lower) / (centre - lower)
    falling = (upper - frequencies) / (upper - centre)
    filters = np.maximum(0, np.minimum(rising, falling))
    if (filters.sum(axis=0) == 0).any():
        raise ValueError(
            f"`mel_bands` is {bands}, too many to separate in frames of this length: "
            "use fewer bands, or a greater `frame_length`."
        )
    return filters.astype("float32")


def mel_centres(bands: int, sample_rate: int) -> np.ndarray:
    """The frequency in Hz at which the filter of each band is 1."""
    mel = np.linspace(_mel(20.0), _mel(sample_rate / 2), bands + 2)[1:-1]
    return 700 * (10 ** (mel / 2595) - 1)


def _frame_count(samples: Any, step: int) -> Any:
    return (samples + step - 1) // step


def _fft_length(frame: int) -> int:
    return 2 ** (frame - 1).bit_length()


def _mel(frequency: Any) -> Any:
    return 2595 * np.log10(1 + frequency / 700)
