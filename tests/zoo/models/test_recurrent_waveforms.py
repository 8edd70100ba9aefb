"""Log-mel spectrograms of waveforms."""

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork
from zoo.models.recurrent.waveforms import LogMelSpectra


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def triangular_filters(bins, bands, sample_rate):
    """Triangles whose half width is the distance of their centres, in mel."""

    def mel(frequency):
        return 2595 * np.log10(1 + frequency / 700)

    least = mel(20)
    width = (mel(sample_rate / 2) - least) / (bands + 1)
    centres = least + width * np.arange(1, bands + 1)
    frequencies = mel(np.arange(bins) * sample_rate / 2 / (bins - 1))
    return np.maximum(0, 1 - abs(frequencies[:, None] - centres) / width)


class TestSpectrogram:
    def test_follows_its_formula(self):
        rng = np.random.default_rng(0)
        clips = rng.normal(size=(2, 1010)) * [[0.3], [1e-4]]
        clips = clips.astype("float32")
        layer = LogMelSpectra(8000, frame_length=0.02, frame_step=0.01, mel_bands=12)
        outputs = as_numpy(layer(clips))
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(160) / 160)
        matrix = triangular_filters(129, 12, 8000)
        for clip, spectra in zip(clips.astype("float64"), outputs, strict=True):
            clip = np.append(clip, np.zeros(320))
            frames = [clip[80 * t : 80 * t + 160] * window for t in range(13)]
            power = np.abs(np.fft.rfft(frames, 256)) ** 2
            mel = power @ matrix
            decibels = np.maximum(10 * np.log10(mel / mel.max()), -80)
            np.testing.assert_allclose(spectra, 1 + decibels / 40, atol=2e-4)

    def test_tone_is_loudest_in_its_band(self):
        time = np.arange(4000) / 8000
        tone = np.sin(2 * np.pi * 1000 * time)[None].astype("float32")
        loudest = as_numpy(LogMelSpectra(8000)(tone)).mean(axis=(0, 1)).argmax()
        edges = 2595 * np.log10(1 + np.array([20, 1000, 4000]) / 700)
        band = (edges[1] - edges[0]) / (edges[2] - edges[0]) * 41 - 1
        assert abs(loudest - band) <= 0.5

    @pytest.mark.parametrize("samples", [1, 79, 80, 81, 1000])
    def test_symbolic_shape_is_that_of_a_call(self, samples):
        layer = LogMelSpectra(8000)
        real = layer(np.zeros((2, samples), "float32")).shape
        assert tuple(real) == layer.compute_output_shape((2, samples))

    def test_output_for_silence_is_finite(self):
        model = RecurrentNetwork(num_classes=2, inputs="waveform", units=4)
        assert np.isfinite(as_numpy(model(np.zeros((1, 4000), "float32")))).all()
