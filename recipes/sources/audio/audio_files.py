"""Audio files: one channel, at one sample rate, in −1…1."""

import dataclasses
import io
import math
import os
import pathlib
import warnings

import numpy as np

from recipes.data.memory import check_memory
from recipes.sources.files.file_kinds import EncodedFile, refuse_foreign
from zoo.errors import InputError

FASTEST = 2_000_000  # samples per second; the filter grows with it
SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"}
SUFFIXES |= {".aifc", ".caf", ".rf64", ".snd", ".voc", ".w64"}
SUFFIXES |= {".aac", ".amr", ".m4a", ".wma"}  # audio that is refused by its name
KINDS = (
    *("a WAV file", "a FLAC file", "an Ogg file"),
    *("an MP3 file", "an AIFF file", "an AU file"),
)
UNKNOWN_SIZES = (0, 2**32 - 1)  # in the header of a WAV file that was not closed
BLOCK = 2**20  # samples read at a time: a header may promise any number
LOUDEST = 8.0  # +18 dB: floats up to it were mixed too loud; above it they are no audio


@dataclasses.dataclass(frozen=True)
class Audio:
    """The content of an audio file.

    Attributes:
        samples: `float32` `(n,)`, one channel.
        rate: Samples per second.
        channels: Number of channels in the file; several were averaged.
        clipped: Whether samples beyond ±1 were set to ±1.
        unclosed: Whether the header did not say how long the file is.
    """

    samples: np.ndarray
    rate: int
    channels: int
    clipped: bool = False
    unclosed: bool = False


def read_audio(file: str | os.PathLike | EncodedFile) -> Audio:
    """Reads a WAV, FLAC, Ogg, MP3, AIFF or AU file with any number of channels.

    WAV files may hold PCM of 8 to 64 bits, floats, µ-law, A-law or ADPCM.

    Raises:
        InputError: If the file is damaged, empty, or of another format.
    """
    file = file if isinstance(file, EncodedFile) else pathlib.Path(file)
    unclosed = False
    try:
        content = file.read_bytes()
        content, unclosed = _with_true_sizes(content)
        rate, samples = _read(content, str(file))
        if not 1 <= rate <= FASTEST:
            raise ValueError(f"{rate} samples per second")
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror}; remove it.") from error
    except Exception as error:  # SciPy raises many types, such as ZeroDivisionError.
        remedy = "convert it to WAV or FLAC, for example with ffmpeg, or remove it"
        refuse_foreign(file, KINDS, remedy)
        raise InputError(
            f"{file} is not an audio file (WAV, FLAC, Ogg, MP3, AIFF or AU), or is "
            f"damaged; {remedy}."
        ) from error
    if samples.size == 0:
        raise InputError(f"{file} holds no samples; remove it.")
    clipped = exceeds_unit_range(samples)
    samples = in_unit_range(samples, str(file))
    channels = 1
    if samples.ndim == 2:
        channels = samples.shape[1]
        samples = samples.mean(axis=1, dtype="float32")
    return Audio(samples, rate, channels, clipped, unclosed)


def _with_true_sizes(content: bytes) -> tuple[bytes, bool]:
    """A WAV file with the sizes that a recorder or a pipe left open, and if it did."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return content, False
    size = int.from_bytes(content[4:8], "little")
    start = 12
    while start + 8 <= len(content) and content[start : start + 4] != b"data":
        start += 8 + int.from_bytes(content[start + 4 : start + 8], "little")
    held = int.from_bytes(content[start + 4 : start + 8], "little")
    rest = len(content) - start - 8
    is_open = held == max(UNKNOWN_SIZES) or (held == 0 and size in UNKNOWN_SIZES)
    if rest <= 0 or not (is_open or size in UNKNOWN_SIZES):
        return content, False
    frame = int.from_bytes(content[32:34], "little")  # bytes, behind `fmt `
    if is_open:
        held = rest - rest % max(frame, 1)
        content = content[: start + 8 + held]
    total = (len(content) - 8).to_bytes(4, "little")
    data = content[8 : start + 4] + held.to_bytes(4, "little") + content[start + 8 :]
    return content[:4] + total + data, True


def _read(content: bytes, name: str) -> tuple[int, np.ndarray]:
    """Sample rate and samples, by SciPy or, if it lacks the encoding, libsndfile."""
    from scipy.io import wavfile

    if content[:4] not in (b"RIFF", b"RIFX", b"RF64"):
        return _read_by_libsndfile(content, name)
    try:
        with warnings.catch_warnings():
            # A file that ends early is an error; chunks other than the audio and its
            # format, such as titles, are ignored.
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk", wavfile.WavFileWarning)
            rate, samples = wavfile.read(io.BytesIO(content))
    except wavfile.WavFileWarning as error:
        raise EOFError(str(error)) from error
    except ValueError as error:
        if "Unknown wave file format" not in str(error):
            raise
        return _read_by_libsndfile(content, name)
    bits = 8 * samples.itemsize
    if samples.dtype.kind == "i" and bits > 16:  # 24 fill the upper bits of 32.
        samples = samples / 2.0 ** (bits - 1)
    return rate, samples


def _read_by_libsndfile(content: bytes, name: str) -> tuple[int, np.ndarray]:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise InputError(
            f"{name} needs libsndfile: `pip install soundfile`, or convert it to WAV "
            "with PCM."
        ) from error
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        blocks = [file.read(BLOCK, dtype="float32")]
        while len(blocks[-1]) == BLOCK:
            blocks.append(file.read(BLOCK, dtype="float32"))
        samples = np.concatenate(blocks)
        # Its log tells sizes that a file promises and has not.
        if len(samples) < file.frames or "(should be" in file.extra_info:
            raise EOFError("The file is cut off.")
        return file.samplerate, samples


def exceeds_unit_range(samples: np.ndarray) -> bool:
    """Whether float samples go beyond ±1; they are clipped then."""
    return samples.dtype.kind == "f" and bool((np.abs(samples) > 1).any())


def in_unit_range(samples: np.ndarray, name: str) -> np.ndarray:
    """Scales samples to `float32` in −1…1; floats a little beyond are clipped.

    Args:
        samples: Integers of any type with 16-bit values, `uint8` with silence at
            128, or floats in −1…1.
        name: Name of the samples in an error.

    >>> in_unit_range(np.int16([0, 16384, -32768]), "clip")
    array([ 0. ,  0.5, -1. ], dtype=float32)
    >>> in_unit_range(np.float32([0.5, 1.25]), "clip")
    array([0.5, 1. ], dtype=float32)
    """
    if samples.dtype.kind not in "iuf":
        raise InputError(f"{name} must hold numbers, got {samples.dtype.name}.")
    if samples.dtype == np.uint8:  # as in WAV files of 8 bits
        return (samples.astype("float32") - 128) / 128
    is_float = samples.dtype.kind == "f"
    with np.errstate(invalid="ignore"):  # of a NaN that signals; refused below
        wide = samples.astype("float64")
    # Also true for NaN.
    outside = ~(np.abs(wide) <= (LOUDEST if is_float else 2**15))
    if outside.any():
        found = wide[outside][0]
        raise InputError(
            f"{name} has the sample {found:g}; samples must lie in −1…1 as floats, or "
            "be 16-bit integers. Divide by the largest value they can have."
        )
    return np.clip(wide / (1 if is_float else 2**15), -1, 1).astype("float32")


def clipped_note(number: int, total: int) -> list[str]:
    """The note that clips were clipped, if any were."""
    told = f"{number:,} of {total:,} clips have samples beyond ±1, which were clipped"
    return [told] if number else []


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
