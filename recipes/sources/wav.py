"""Sound from WAV files: one channel, at one rate, in −1…1."""

import dataclasses
import math
import os
import pathlib
import struct
import warnings

import numpy as np

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Sound:
    """What a WAV file holds.

    Attributes:
        samples: `float32` `(n,)`, one channel.
        rate: Samples in a second.
        channels: How many channels the file had; several were averaged.
    """

    samples: np.ndarray
    rate: int
    channels: int


def read_wav(path: str | os.PathLike) -> Sound:
    """Reads PCM of 8 to 32 bits, or floats, with any number of channels.

    Raises:
        InputError: If it is no such file, is damaged, or holds no samples.
    """
    from scipy.io import wavfile

    path = pathlib.Path(path)
    try:
        with warnings.catch_warnings():
            # A file that ends early is an error here; chunks that are neither
            # sound nor its format (titles, loops) are passed over in silence.
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk", wavfile.WavFileWarning)
            rate, samples = wavfile.read(path)
    except (ValueError, struct.error, wavfile.WavFileWarning, EOFError) as error:
        raise InputError(
            f"{path} is no WAV file, or is damaged; remove it, or go on without such "
            "files with --skip-corrupt."
        ) from error
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    if samples.dtype == np.int32:  # Of 24 bits too, which fill the upper ones.
        samples = samples / 2**31
    samples = in_unit_range(samples, str(path))
    channels = 1
    if samples.ndim == 2:
        channels = samples.shape[1]
        samples = samples.mean(axis=1, dtype="float32")
    if len(samples) == 0:
        raise InputError(f"{path} holds no samples; remove it.")
    return Sound(samples, rate, channels)


def in_unit_range(samples: np.ndarray, name: str) -> np.ndarray:
    """Samples as `float32` in −1…1.

    Args:
        samples: Integers of any type with 16-bit values, `uint8` with silence at
            128, or floats in −1…1.
        name: What to call them in an error.

    Raises:
        InputError: If values lie outside, or are no numbers.

    >>> in_unit_range(np.int16([0, 16384, -32768]), "clip")
    array([ 0. ,  0.5, -1. ], dtype=float32)
    """
    if samples.dtype.kind not in "iuf":
        raise InputError(f"{name} must hold numbers, got {samples.dtype.name}.")
    if samples.dtype == np.uint8:  # As WAV files of 8 bits have it.
        return (samples.astype("float32") - 128) / 128
    limit = 1 if samples.dtype.kind == "f" else 2**15
    wide = samples.astype("float64")
    # Written so that NaN is refused too.
    outside = ~(np.abs(wide) <= limit)
    if outside.any():
        found = wide[outside][0]
        raise InputError(
            f"{name} has the sample {found:g}; samples must lie in −1…1 as floats, or "
            "be 16-bit integers. Divide by the largest value they can have."
        )
    return (wide / limit).astype("float32")


def resampled(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    """The same sound at another rate, low-pass filtered against aliasing.

    >>> resampled(np.zeros(100, "float32"), 16_000, 8_000).shape
    (50,)
    """
    if rate == target:
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(rate, target)
    sound = resample_poly(samples.astype("float64"), target // common, rate // common)
    # The filter rings by a few percent beside steps.
    return np.clip(sound, -1, 1).astype("float32")
