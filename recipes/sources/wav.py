"""Audio from WAV files: one channel, at one sample rate, in −1…1."""

import dataclasses
import math
import os
import pathlib
import warnings

import numpy as np

from recipes.data.memory import check_memory
from zoo.errors import InputError

FASTEST = 2_000_000  # samples per second; the filter grows with it


@dataclasses.dataclass(frozen=True)
class Audio:
    """The content of a WAV file.

    Attributes:
        samples: `float32` `(n,)`, one channel.
        rate: Samples per second.
        channels: Number of channels in the file; several were averaged.
    """

    samples: np.ndarray
    rate: int
    channels: int


def read_wav(path: str | os.PathLike) -> Audio:
    """Reads PCM of 8 to 32 bits, or floats, with any number of channels."""
    from scipy.io import wavfile

    path = pathlib.Path(path)
    try:
        with warnings.catch_warnings():
            # A file that ends early is an error; chunks other than the audio and its
            # format, such as titles, are ignored.
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk", wavfile.WavFileWarning)
            rate, samples = wavfile.read(path)
        if not 1 <= rate <= FASTEST:
            raise ValueError(f"{rate} samples per second")
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    except Exception as error:  # SciPy raises many types, such as ZeroDivisionError.
        raise InputError(
            f"{path} is not a WAV file, or is damaged; remove it, or skip such files "
            "with --skip-corrupt."
        ) from error
    if samples.dtype == np.int32:  # 24 bits as well: they fill the upper ones.
        samples = samples / 2**31
    samples = in_unit_range(samples, str(path))
    channels = 1
    if samples.ndim == 2:
        channels = samples.shape[1]
        samples = samples.mean(axis=1, dtype="float32")
    if len(samples) == 0:
        raise InputError(f"{path} holds no samples; remove it.")
    return Audio(samples, rate, channels)


def in_unit_range(samples: np.ndarray, name: str) -> np.ndarray:
    """Scales samples to `float32` in −1…1.

    Args:
        samples: Integers of any type with 16-bit values, `uint8` with silence at
            128, or floats in −1…1.
        name: Name of the samples in an error.

    >>> in_unit_range(np.int16([0, 16384, -32768]), "clip")
    array([ 0. ,  0.5, -1. ], dtype=float32)
    """
    if samples.dtype.kind not in "iuf":
        raise InputError(f"{name} must hold numbers, got {samples.dtype.name}.")
    if samples.dtype == np.uint8:  # as in WAV files of 8 bits
        return (samples.astype("float32") - 128) / 128
    limit = 1 if samples.dtype.kind == "f" else 2**15
    wide = samples.astype("float64")
    # Also true for NaN.
    outside = ~(np.abs(wide) <= limit)
    if outside.any():
        found = wide[outside][0]
        raise InputError(
            f"{name} has the sample {found:g}; samples must lie in −1…1 as floats, or "
            "be 16-bit integers. Divide by the largest value they can have."
        )
    return (wide / limit).astype("float32")


def resampled(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    """Resamples audio to another rate, with a low-pass filter against aliasing.

    >>> resampled(np.zeros(100, "float32"), 16_000, 8_000).shape
    (50,)
    """
    if rate == target:
        return samples
    from scipy.signal import resample_poly

    check_memory(
        len(samples) * target // rate * 8,
        f"{len(samples):,} samples at {rate:,} Hz, resampled to {target:,} Hz,",
        "choose a lower --sample-rate",
    )
    common = math.gcd(rate, target)
    wide = resample_poly(samples.astype("float64"), target // common, rate // common)
    # The filter overshoots by a few percent next to steps.
    return np.clip(wide, -1, 1).astype("float32")
