"""Audio files of every format and encoding: what is read, clipped, and refused."""

import importlib.util
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from scipy.io import wavfile

import recipes
from recipes.sources.audio.audio_files import read_audio
from zoo.errors import InputError

RATE = 8_000
TONE = 0.5 * np.sin(np.arange(RATE) / 20)

needs_libsndfile = pytest.mark.skipif(
    importlib.util.find_spec("soundfile") is None,
    reason="soundfile has no wheel with libsndfile for this platform",
)
# Name: (format and encoding of libsndfile, largest error).
ENCODINGS = {
    "µ-law": ("WAV", "ULAW", 0.02),
    "A-law": ("WAV", "ALAW", 0.02),
    "ADPCM": ("WAV", "MS_ADPCM", 0.02),
    "wav 24 bits": ("WAV", "PCM_24", 2**-22),
    "wav 32 bits": ("WAV", "PCM_32", 2**-22),
    "wav float64": ("WAV", "DOUBLE", 2**-22),
    "wav extensible": ("WAVEX", "PCM_16", 2**-14),
    "rf64": ("RF64", "PCM_16", 2**-14),
    "flac 16 bits": ("FLAC", "PCM_16", 2**-14),
    "flac 24 bits": ("FLAC", "PCM_24", 2**-22),
    "ogg": ("OGG", "VORBIS", 0.1),
    "mp3": ("MP3", "MPEG_LAYER_III", 0.1),
    "aiff": ("AIFF", "PCM_16", 2**-14),
    "au": ("AU", "ULAW", 0.02),
}
UNSEEKABLE = {"GSM": ("WAV", "GSM610"), "G.721": ("AU", "G721_32")}


def write(path, form, encoding, samples=TONE):
    import soundfile

    soundfile.write(path, samples, RATE, format=form, subtype=encoding)
    return path


def joined(dataset):
    """Return the clips of all parts."""
    parts = (dataset.train, dataset.validation, dataset.test)
    return np.concatenate([part.inputs for part in parts])


@needs_libsndfile
@pytest.mark.parametrize("form, encoding, error", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_encoding_is_read(tmp_path, form, encoding, error, channels):
    samples = np.stack([TONE, TONE], axis=1) if channels == 2 else TONE
    audio = read_audio(write(tmp_path / "a.wav", form, encoding, samples))
    assert (audio.rate, audio.channels, audio.clipped) == (RATE, channels, False)
    np.testing.assert_allclose(audio.samples[:RATE], TONE, atol=error)


@needs_libsndfile
@pytest.mark.parametrize("form, encoding, error", ENCODINGS.values(), ids=ENCODINGS)
def test_files_that_end_early_are_refused(tmp_path, form, encoding, error):
    path = write(tmp_path / "a.wav", form, encoding)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError, match=r"is not an audio file .*, or is damaged"):
        read_audio(path)


@needs_libsndfile
@pytest.mark.parametrize("form, encoding", UNSEEKABLE.values(), ids=UNSEEKABLE)
def test_encodings_that_are_read_from_start_to_end(tmp_path, form, encoding):
    samples = read_audio(write(tmp_path / "a.wav", form, encoding)).samples
    assert RATE <= len(samples) < 1.1 * RATE
    assert 0.3 < np.abs(samples).max() < 0.7


def sized(content, riff, data):
    """A WAV file of 44 bytes and samples, with other sizes in its header."""
    return content[:4] + riff + content[8:40] + data + content[44:]


ZERO, FULL = bytes(4), b"\xff" * 4
SIZES = {  # name: the sizes that a recorder or a pipe left
    "both open": (FULL, FULL),
    "both zero": (ZERO, ZERO),
    "samples open": (None, FULL),
    "file open": (FULL, None),
    "file zero": (ZERO, None),
}


@pytest.mark.parametrize("riff, data", SIZES.values(), ids=SIZES)
def test_files_without_a_length_are_read_to_their_end_and_told(tmp_path, riff, data):
    for n in range(20):
        path = tmp_path / "ab"[n % 2] / f"{n}.wav"
        path.parent.mkdir(exist_ok=True)
        wavfile.write(path, RATE, np.int16(1000 * TONE[: 90 + n]))
    content = path.read_bytes()
    open_sizes = [size or content[a : a + 4] for size, a in ((riff, 4), (data, 40))]
    path.write_bytes(sized(content, *open_sizes) + b"\0" * (data == FULL))
    audio = read_audio(path)
    assert (len(audio.samples), audio.unclosed) == (109, True)
    note = "1 of 20 clips do not say how long they are, and were read to their end"
    assert note in recipes.load(tmp_path).notes


@needs_libsndfile
@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "aiff"])
def test_a_folder_of_other_formats_is_audio(tmp_path, suffix):
    for n in range(20):
        path = tmp_path / "ab"[n % 2] / f"{n}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        write(path, suffix.upper(), None, (0.5 + n / 50) * TONE[:2000])
    dataset = recipes.load(tmp_path)
    assert (dataset.kind, dataset.sample_rate) == ("audio", RATE)
    assert sum(map(len, (dataset.train, dataset.validation, dataset.test))) == 20


@needs_libsndfile
@pytest.mark.parametrize("content", [bytes(99), b"fLaC" + bytes(40)])
def test_files_without_audio_are_refused(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"is not an audio file .*, or is damaged"):
        read_audio(tmp_path / "a.wav")


@pytest.mark.parametrize("peak", [1.001, 2.0, -8.0])
def test_floats_beyond_one_are_clipped_and_told(tmp_path, peak):
    for n in range(24):
        samples = np.float32(TONE[: 100 + n])
        if n % 8 == 0:
            samples[5] = peak
        path = tmp_path / "ab"[n % 2] / f"{n}.wav"
        path.parent.mkdir(exist_ok=True)
        wavfile.write(path, RATE, samples)
    dataset = recipes.load(tmp_path)
    assert (joined(dataset)[:, 5] == np.sign(peak)).sum() == 3
    note = "3 of 24 clips have samples beyond ±1, which were clipped"
    assert note in dataset.notes


def test_clips_in_arrays_are_clipped_and_told():
    clips = [np.float32(TONE[: 100 + n]) for n in range(20)]
    clips[3][7] = -1.25
    dataset = recipes.from_arrays(clips, [n % 2 for n in range(20)], sample_rate=RATE)
    note = "1 of 20 clips have samples beyond ±1, which were clipped"
    assert note in dataset.notes
    assert joined(dataset).min() == -1


def test_clips_in_records_are_clipped_and_told(tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        for n in range(300):
            floats = [0.5] * 10 if n % 100 else [1.5] * 10
            values = tf.train.FloatList(value=floats)
            label = tf.train.Int64List(value=[n % 2])
            features = {
                "x": tf.train.Feature(float_list=values),
                "label": tf.train.Feature(int64_list=label),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    dataset = recipes.load(tmp_path / "a.tfrecord", sample_rate=RATE)
    note = "3 of 300 clips have samples beyond ±1, which were clipped"
    assert dataset.notes.count(note) == 1
    assert joined(dataset).max() == 1


def test_silence_of_8_bit_files_is_silent(tmp_path):
    for name, value in (("a", 128), ("b", 127)):
        (tmp_path / name).mkdir()
        for n in range(10):
            samples = np.full(50 + n, value, "uint8")
            wavfile.write(tmp_path / name / f"{n}.wav", RATE, samples)
    dataset = recipes.load(tmp_path)
    assert "10 clips are silent from beginning to end" in dataset.notes
    quiet = dataset.train.inputs[dataset.train.labels == 1]
    assert set(quiet[:, :50].ravel()) == {np.float32(-1 / 128)}


def test_bits_beyond_16_are_read_whole(tmp_path):
    for bits in (32, 64):
        samples = (TONE * 2.0 ** (bits - 1)).astype(f"int{bits}")
        wavfile.write(tmp_path / "a.wav", RATE, samples)
        read = read_audio(pathlib.Path(tmp_path, "a.wav")).samples
        np.testing.assert_allclose(read, TONE, atol=2**-22)
