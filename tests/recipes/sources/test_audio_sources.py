"""Sounds from WAV folders, arrays and data sets, and what is wrong with bad ones."""

import wave

import numpy as np
import pytest
from scipy.io import wavfile

import recipes
from recipes.pipeline import training_batches
from recipes.sources.audio import audio
from recipes.sources.audio.audio_files import in_unit_range, read_audio, resampled
from tests.recipes.sources.source_files import prepare_tfds
from zoo.errors import InputError

RATE = 8_000


def tone(number, seconds=0.05, rate=RATE, hertz=440):
    """A tone in −1…1; its level and length grow with the number."""
    times = np.arange(round((seconds + number / 1000) * rate)) / rate
    return (0.1 + number / 400) * np.sin(2 * np.pi * hertz * times)


def clips(number=40):
    """Return low and high tones, and their labels."""
    hertz = (300, 1200)
    sounds = [tone(n, hertz=hertz[n % 2]).astype("float32") for n in range(number)]
    return sounds, [("low", "high")[n % 2] for n in range(number)]


def write_wav(path, samples, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, samples)
    return path


def write_sounds(root, number=12, **tones):
    """Write `root/{high,low}/N_SPEAKER.wav` of 16 bits, from three speakers."""
    for n in range(number):
        for name, hertz in (("low", 300), ("high", 1200)):
            samples = np.int16(tone(n, hertz=hertz, **tones) * 2**15)
            write_wav(root / name / f"{n}_s{n % 3}.wav", samples)
    return root


def parts(dataset):
    return dataset.train, dataset.validation, dataset.test


def test_clips_of_different_lengths_are_padded():
    sounds, labels = clips()
    dataset = recipes.from_arrays(sounds, labels, sample_rate=np.int64(RATE))
    assert (dataset.kind, dataset.sample_rate) == ("audio", RATE)
    assert type(dataset.sample_rate) is int  # as JSON needs it
    assert dataset.input_shape == (len(sounds[-1]),)
    seen = {}
    for part in parts(dataset):
        assert part.inputs.dtype == "float32"
        assert part.lengths.dtype == part.labels.dtype == "int64"
        for clip, length, label in zip(
            part.inputs, part.lengths, part.labels, strict=True
        ):
            assert not clip[length:].any()
            seen[bytes(clip[:length])] = dataset.class_names[label]
    assert seen == {bytes(s): label for s, label in zip(sounds, labels, strict=True)}
    assert "clips of 0.07 s (median) and at most 0.09 s at 8,000 Hz" in (
        dataset.describe()
    )


def test_the_longest_hundredth_of_clips_is_cut():
    sounds, labels = clips(300)
    sounds[7] = np.ones(80_000, "float32")
    dataset = recipes.from_arrays(sounds, labels, sample_rate=RATE)
    assert dataset.input_shape[0] < 4_000
    assert any("were cut to their first 0.3" in note for note in dataset.notes)
    given = recipes.from_arrays(sounds, labels, sample_rate=RATE, clip_seconds=0.01)
    assert given.input_shape == (80,)
    assert any("300 of 300 clips were cut" in note for note in given.notes)


@pytest.mark.parametrize(
    "kind, scale", [("float64", 1), ("int16", 2**15), ("int64", 2**15)]
)
def test_samples_of_every_type_are_accepted(kind, scale):
    sounds, labels = clips()
    given = [np.array(sound * scale, kind) for sound in sounds]
    dataset = recipes.from_arrays(given, labels, sample_rate=RATE)
    sent = {len(sound): sound for sound in sounds}
    for clip, length in zip(dataset.test.inputs, dataset.test.lengths, strict=True):
        np.testing.assert_allclose(clip[:length], sent[length], atol=1.01 / 2**15)


def write_24_bits(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(RATE)
        values = np.round(samples * (2**23 - 1)).astype("<i4")
        file.writeframes(values.view("u1").reshape(-1, 4)[:, :3].tobytes())


FORMATS = {  # name: (writer of samples in −1…1, rounding of one sample)
    "8 bits": (lambda path, x: write_wav(path, np.uint8(x * 127 + 128)), 1 / 64),
    "16 bits": (lambda path, x: write_wav(path, np.int16(x * 2**15)), 1 / 2**14),
    "24 bits": (write_24_bits, 1 / 2**22),
    "32 bits": (lambda path, x: write_wav(path, np.int32(x * 2**31)), 1 / 2**22),
    "float": (lambda path, x: write_wav(path, np.float32(x)), 1 / 2**22),
    "stereo": (
        lambda path, x: write_wav(path, np.int16(x[:, None] * [2**15, 2**14])),
        1 / 2**14,
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_wav_files_of_every_format_are_read(tmp_path, name):
    write, rounding = FORMATS[name]
    samples = tone(20)
    write(tmp_path / "a.wav", samples)
    sound = read_audio(tmp_path / "a.wav")
    assert (sound.rate, sound.channels) == (RATE, 2 if name == "stereo" else 1)
    assert sound.samples.dtype == "float32"
    expected = samples * (0.75 if name == "stereo" else 1)
    np.testing.assert_allclose(sound.samples, expected, atol=rounding)


def test_samples_of_8_bits_are_centred():
    samples = in_unit_range(np.uint8([0, 64, 128, 192, 255]), "clip")
    np.testing.assert_array_equal(samples, [-1, -0.5, 0, 0.5, 127 / 128])


@pytest.mark.parametrize("source, target", [(16_000, 8_000), (8_000, 11_025)])
def test_resampling_keeps_the_tone(source, target):
    low = resampled(np.float32(tone(40, 0.2, source)), source, target)
    expected = tone(40, 0.2, target)
    assert abs(len(low) - len(expected)) <= 1
    middle = slice(200, len(expected) - 200)  # away from the ends, which ring
    np.testing.assert_allclose(low[middle], expected[middle], atol=2e-3)


def test_resampling_removes_frequencies_above_the_new_limit():
    high = np.float32(tone(40, 0.2, 16_000, hertz=7_000))
    assert np.abs(resampled(high, 16_000, 8_000)[200:-200]).max() < 2e-3


def test_a_folder_of_wav_files_is_loaded(tmp_path):
    dataset = recipes.load(write_sounds(tmp_path))
    assert (dataset.kind, dataset.sample_rate) == ("audio", RATE)
    assert dataset.class_names == ("high", "low")
    assert sum(map(len, parts(dataset))) == 24
    again = recipes.load(tmp_path)
    np.testing.assert_array_equal(again.train.inputs, dataset.train.inputs)
    np.testing.assert_array_equal(again.test.lengths, dataset.test.lengths)
    assert not any("resampled" in note for note in dataset.notes)


def test_other_rates_and_channels_are_converted_with_a_note(tmp_path):
    write_sounds(tmp_path)
    write_wav(tmp_path / "low" / "f_s1.wav", np.float32(tone(9, rate=16_000)), 16_000)
    write_wav(tmp_path / "low" / "st_s1.wav", np.float32(np.ones((500, 2)) / 2))
    write_wav(tmp_path / "low" / "zero_s1.wav", np.zeros(400, "int16"))
    dataset = recipes.load(tmp_path)
    assert dataset.sample_rate == RATE
    notes = "; ".join(dataset.notes)
    assert "1 of 27 clips were resampled from 16,000 Hz to 8,000 Hz" in notes
    assert "1 of 27 clips have several channels, which were averaged" in notes
    assert "1 clip is silent from beginning to end" in notes
    assert recipes.load(tmp_path, sample_rate=4_000).sample_rate == 4_000


def test_whole_speakers_are_held_out(tmp_path):
    write_sounds(tmp_path)
    dataset = recipes.load(tmp_path, group="_(.+)[.]", test_groups=("s1",))
    lengths = {len(tone(n)) for n in range(1, 12, 3)}
    assert set(dataset.test.lengths) == lengths
    assert lengths.isdisjoint({*dataset.train.lengths, *dataset.validation.lengths})


def test_audio_in_an_npz_file_is_loaded(tmp_path):
    sounds = np.stack([tone(n)[:300] for n in range(30)])
    speakers = [f"s{n % 4}" for n in range(30)]
    labels = np.arange(30) // 2 % 2
    np.savez(tmp_path / "a.npz", x=sounds, y=labels, speakers=speakers)
    dataset = recipes.load(
        tmp_path / "a.npz", sample_rate=RATE, group="speakers", test_groups=("s0",)
    )
    assert (dataset.kind, len(dataset.test)) == ("audio", 8)
    with pytest.raises(InputError, match="no array 'who' to group by"):
        recipes.load(tmp_path / "a.npz", sample_rate=RATE, group="who")


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Tiny spoken digits, as TensorFlow Datasets keeps them."""
    import tensorflow_datasets as tfds

    features = {
        "audio": tfds.features.Audio(file_format="wav", sample_rate=RATE),
        "audio/filename": tfds.features.Text(),
        "label": tfds.features.ClassLabel(num_classes=10),
    }
    examples = [
        {
            "audio": np.int64(tone(n % 30, hertz=300 + 100 * (n % 10)) * 2**15),
            "audio/filename": f"{n % 10}_s{n // 10 % 5}_{n}.wav",
            "label": n % 10,
        }
        for n in range(100)
    ]
    folder = tmp_path_factory.mktemp("tfds")
    split = {"train": examples}
    return prepare_tfds(folder, "spoken_digit/1.0.9", features, split), examples


def test_audio_of_tensorflow_datasets_is_loaded(spoken):
    folder, examples = spoken
    options = {"data_dir": folder, "download": False}
    dataset = recipes.load("spoken_digit", **options)
    assert (dataset.kind, dataset.sample_rate) == ("audio", RATE)
    assert [len(part) for part in parts(dataset)] == [70, 10, 20]
    sent = sorted(np.float32(e["audio"] / 2**15).tobytes() for e in examples)
    assert sent == sorted(
        clip[:length].tobytes()
        for part in parts(dataset)
        for clip, length in zip(part.inputs, part.lengths, strict=True)
    )
    halved = recipes.load("spoken_digit", sample_rate=4_000, **options)
    assert "audio clips were resampled from 8,000 Hz to 4,000 Hz" in halved.notes
    assert abs(2 * halved.input_shape[0] - dataset.input_shape[0]) <= 2


def test_audio_of_one_length_of_tensorflow_datasets_is_loaded(tmp_path):
    import tensorflow_datasets as tfds

    features = {
        "audio": tfds.features.Audio(shape=(300,), sample_rate=RATE),
        "audio/filename": tfds.features.Text(),
        "label": tfds.features.ClassLabel(num_classes=10),
    }
    sounds = [np.int64(tone(n)[:300] * 2**15) for n in range(60)]
    examples = [
        {"audio": sound, "audio/filename": "a.wav", "label": n % 10}
        for n, sound in enumerate(sounds)
    ]
    prepare_tfds(tmp_path, "spoken_digit/1.0.9", features, {"train": examples})
    dataset = recipes.load("spoken_digit", data_dir=tmp_path, download=False)
    assert dataset.input_shape == (300,)
    assert sum(map(len, parts(dataset))) == 60


def test_whole_speakers_of_tensorflow_datasets_are_held_out(spoken):
    folder, examples = spoken
    dataset = recipes.load(
        "spoken_digit",
        data_dir=folder,
        download=False,
        group="_(.+)_",
        test_groups=("s3",),
    )
    expected = [len(e["audio"]) for e in examples if "_s3_" in e["audio/filename"]]
    assert sorted(dataset.test.lengths) == sorted(expected)
    assert any("that no other part has: s3" in note for note in dataset.notes)


def write_bad_sounds(root, case):
    write_sounds(root)
    bad = root / "low" / "bad.wav"
    if case == "text":
        bad.write_text("RIFF no sound")
    elif case == "truncated":
        whole = (root / "low" / "3_s0.wav").read_bytes()
        bad.write_bytes(whole[:-200])
    elif case == "header":
        bad.write_bytes((root / "low" / "3_s0.wav").read_bytes()[:30])
    elif case == "empty":
        write_wav(bad, np.zeros(0, "int16"))
    elif case == "loud":
        write_wav(bad, np.float32([0, 15, -2]))
    elif case == "nan":
        write_wav(bad, np.float32([0, np.nan]))


@pytest.mark.parametrize(
    "case, message",
    {
        "text": r"bad.wav is a text; .*--skip-corrupt",
        "truncated": "not an audio file .*, or is damaged",
        "header": "not an audio file .*, or is damaged",
        "empty": "bad.wav holds no samples",
        "loud": "has the sample 15; samples must lie in −1…1",
        "nan": "has the sample nan",
    }.items(),
)
def test_bad_files_are_refused_or_skipped(tmp_path, case, message):
    write_bad_sounds(tmp_path, case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)
    dataset = recipes.load(tmp_path, skip_corrupt=True)
    assert sum(map(len, parts(dataset))) == 24
    assert any("1 unreadable files were skipped" in note for note in dataset.notes)


SOUNDS, NAMES = clips(10)
BAD_CLIPS = {
    "stereo": ([np.zeros((9, 2))] * 10, {}, r"Clip 0 .* \(9, 2\); average its"),
    "empty": ([np.zeros(0), *SOUNDS[1:]], {}, "Clip 0 of the train part is empty"),
    "text": (["a"] * 10, {}, r"must have the shape \(samples,\)"),
    "words": ([np.array(["a", "b"])] * 10, {}, "must hold numbers, got str32"),
    "loud": ([clip * 100 for clip in SOUNDS], {}, "must lie in −1…1"),
    "rate": (SOUNDS, {"sample_rate": 0}, "`sample_rate` must be a positive integer"),
    "float rate": (SOUNDS, {"sample_rate": 8e3}, "got 8000.0"),
    "seconds": (SOUNDS, {"clip_seconds": 0}, "must be finite and above 0"),
    "memory": (SOUNDS, {"clip_seconds": 1e9}, "choose a lower --clip-seconds"),
}


@pytest.mark.parametrize("x, options, message", BAD_CLIPS.values(), ids=BAD_CLIPS)
def test_bad_clips_are_refused(x, options, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(x, NAMES, **{"sample_rate": RATE, **options})


def test_batches_of_audio_are_a_function_of_seed_and_step():
    sounds, labels = clips()
    part = recipes.from_arrays(sounds, labels, sample_rate=RATE).train
    size = audio.padded(sounds, part.inputs.shape[1])[0].nbytes // 40

    def batches(start, number):
        taken = training_batches(part, batch_size=8, seed=3, start_step=start)
        return [
            (x.numpy().tobytes(), y.numpy().tobytes()) for x, y in taken.take(number)
        ]

    straight = batches(0, 8)
    assert batches(3, 5) == straight[3:]
    epoch = b"".join(x for x, _ in straight[:4])
    seen = {epoch[start : start + size] for start in range(0, len(epoch), size)}
    assert seen == {clip.tobytes() for clip in part.inputs}
