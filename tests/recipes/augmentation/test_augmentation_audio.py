"""Audio augmentations against their formulas in NumPy's float64."""

import numpy as np
import pytest
from scipy.stats import kstest

from recipes.augmentation import FrequencyMask, Gain, TimeMask, TimeShift, WhiteNoise

NUMBER, SAMPLES, RATE = 400, 512, 8000
RNG = np.random.default_rng(0)
CLIPS = RNG.uniform(0.1, 1, (NUMBER, SAMPLES)) * RNG.choice([-1, 1], (NUMBER, SAMPLES))
LENGTHS = RNG.integers(200, SAMPLES + 1, NUMBER)
LENGTHS[:4] = SAMPLES
for row, length in zip(CLIPS, LENGTHS, strict=True):
    row[length:] = 0
CLIPS[5] = 0
LENGTHS[5] = 0
PADDING = np.arange(SAMPLES) >= LENGTHS[:, None]
LABELS = np.zeros(NUMBER)
EVERY = [
    WhiteNoise((0, 30)),
    Gain(20),
    TimeShift(0.5),
    TimeShift(0.5, fill="wrap"),
    TimeMask(0.5),
    FrequencyMask(0.5),
]


def applied(augment, audio=CLIPS, seed=(1, 2)):
    return augment(audio, LABELS[: len(audio)], seed)[0].numpy()


@pytest.mark.parametrize("augment", EVERY, ids=repr)
def test_padding_stays_padding_and_silence_silent(augment):
    changed = applied(augment)
    assert (changed[PADDING] == 0).all()
    assert np.isfinite(changed).all()
    assert (changed[6] != CLIPS[6]).any()


@pytest.mark.parametrize("augment", EVERY, ids=repr)
def test_padding_does_not_change_the_clip(augment):
    longer = np.pad(CLIPS[:8], ((0, 0), (0, 100)))
    if isinstance(augment, WhiteNoise | FrequencyMask):  # draws, or frequencies, of all
        assert (applied(augment, longer)[:, SAMPLES:] == 0).all()
    else:
        expected = np.pad(applied(augment, CLIPS[:8]), ((0, 0), (0, 100)))
        np.testing.assert_array_equal(applied(augment, longer), expected)


def ratios(changed):
    """Decibels of each clip over what was added, in its own samples."""
    found = []
    for before, after, length in zip(CLIPS, changed, LENGTHS, strict=True):
        if length:
            noise = (after - before)[:length]
            power = np.mean(before[:length] ** 2) / np.mean(noise**2)
            found.append(10 * np.log10(power))
    return np.array(found)


def test_noise_has_the_ratio_asked_for():
    np.testing.assert_allclose(ratios(applied(WhiteNoise(13))), 13, atol=1e-5)
    assert (
        kstest(ratios(applied(WhiteNoise((5, 25)))), "uniform", (5, 20)).pvalue > 1e-3
    )
    single = applied(WhiteNoise(13), CLIPS.astype("float32"))
    np.testing.assert_allclose(ratios(single), 13, atol=1e-3)


def test_noise_is_white_and_normal():
    loud = np.tile(CLIPS[:1], (NUMBER, 1))
    noise = applied(WhiteNoise(0), loud) - loud
    power = (np.abs(np.fft.rfft(noise)) ** 2).mean(axis=0)[1:-1]
    assert power.max() / power.min() < 2  # of 400 draws a bin; five deviations apart
    assert kstest(noise[::8].ravel() / noise.std(), "norm").pvalue > 1e-3


def test_gain_is_its_formula():
    changed = applied(Gain((-6, 12)))
    factors = changed[~PADDING] / CLIPS[~PADDING]
    decibels = 20 * np.log10(changed[:, 0][LENGTHS > 0] / CLIPS[:, 0][LENGTHS > 0])
    assert kstest(decibels, "uniform", (-6, 18)).pvalue > 1e-3
    expected = np.repeat(10 ** (decibels / 20), LENGTHS[LENGTHS > 0])
    np.testing.assert_allclose(factors, expected, rtol=1e-12)


@pytest.mark.parametrize("fill", ["silence", "wrap"])
@pytest.mark.parametrize("unit", ["part", "seconds"])
def test_shift_is_its_formula(fill, unit):
    if unit == "part":
        augment, reach = TimeShift((-0.2, 0.3), fill=fill), LENGTHS
    else:
        seconds = (-0.2 * 200 / RATE, 0.3 * 200 / RATE)
        augment = TimeShift(seconds, fill=fill, sample_rate=RATE)
        reach = np.full(NUMBER, 200)
    changed, parts = applied(augment), []
    for before, after, length, size in zip(CLIPS, changed, LENGTHS, reach, strict=True):
        if not length:
            continue
        found = []
        for shift in range(-round(0.2 * size), round(0.3 * size) + 1):
            expected = np.zeros(SAMPLES)
            clip = np.roll(before[:length], shift)
            if fill == "silence" and shift > 0:
                clip[:shift] = 0
            elif fill == "silence" and shift < 0:
                clip[shift:] = 0
            expected[:length] = clip
            if np.array_equal(after, expected):
                found.append(shift / size)
        assert len(found) == 1
        parts += found
    jitter = RNG.uniform(-0.5, 0.5, len(parts)) / 300
    assert kstest(parts + jitter, "uniform", (-0.2, 0.5)).pvalue > 1e-3


def independent(one, other):
    """Whether the correlation is within four standard deviations of none."""
    return abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(one))


@pytest.mark.parametrize("rate", [None, RATE])
def test_time_mask_is_one_stretch(rate):
    length = 0.5 if rate is None else 100 / rate
    changed = applied(TimeMask(length, sample_rate=rate))
    stretches, room, hidden_parts = [], [], []
    for before, after, size in zip(CLIPS, changed, LENGTHS, strict=True):
        if not size:
            continue
        hidden = np.flatnonzero((after == 0)[:size])
        kept = np.ones(SAMPLES, bool)
        kept[hidden] = False
        np.testing.assert_array_equal(after[kept], before[kept])
        assert len(hidden) == 0 or hidden[-1] - hidden[0] + 1 == len(hidden)
        longest = size // 2 if rate is None else 100
        assert len(hidden) <= longest
        stretches.append((len(hidden) + RNG.uniform()) / (longest + 1))
        if len(hidden):
            room.append((hidden[0] + RNG.uniform()) / (size - len(hidden) + 1))
            hidden_parts.append(stretches[-1])
    assert kstest(stretches, "uniform").pvalue > 1e-3
    assert kstest(room, "uniform").pvalue > 1e-3
    assert independent(hidden_parts, room)


def test_several_masks_hide_more():
    one, three = (
        (applied(TimeMask(0.2, number=n))[~PADDING] == 0).mean() for n in (1, 3)
    )
    assert one == pytest.approx(0.1, abs=0.01)
    assert three == pytest.approx(1 - 0.9**3, abs=0.03)


def mel(frequency):
    return 2595 * np.log10(1 + frequency / 700)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-9), ("float32", 1e-4)])
def test_frequency_mask_takes_out_one_band(dtype, tolerance):
    """The clips fill a transform, so that nothing is cut: other bins stay exactly."""
    audio = RNG.uniform(-1, 1, (NUMBER, SAMPLES)).astype(dtype)
    changed = applied(FrequencyMask(0.5, sample_rate=RATE), audio).astype("float64")
    before, after = np.fft.rfft(audio.astype("float64")), np.fft.rfft(changed)
    scale = mel(np.fft.rfftfreq(SAMPLES, 1 / RATE))
    widths, places = [], []
    for whole, masked in zip(before, after, strict=True):
        hidden = np.abs(masked) < tolerance
        bins = np.flatnonzero(hidden)
        if len(bins) == 0:
            continue
        assert bins[-1] - bins[0] + 1 == len(bins)
        np.testing.assert_allclose(masked[~hidden], whole[~hidden], atol=tolerance)
        widths.append(scale[bins[-1]] - scale[bins[0]])
        places.append((scale[bins[0]] + scale[bins[-1]]) / 2)
    highest = mel(RATE / 2)
    room = (np.array(places) - np.array(widths) / 2) / (highest - np.array(widths))
    assert independent(widths, room)
    assert max(widths) <= 0.5 * highest
    assert np.mean(widths) == pytest.approx(0.25 * highest, rel=0.1)
    assert np.mean(places) == pytest.approx(highest / 2, rel=0.1)


def test_frequency_mask_of_a_clip_with_padding():
    """The masked transform of the padded clip, cut at the clip's end.

    The masks are those that the same seed lays over clips that fill a transform.
    """
    augment = FrequencyMask(0.5, sample_rate=RATE)
    full = RNG.uniform(-1, 1, (NUMBER, SAMPLES))
    masks = np.abs(np.fft.rfft(applied(augment, full))) > 1e-9
    expected = np.fft.irfft(np.fft.rfft(CLIPS) * masks)
    expected[PADDING] = 0
    np.testing.assert_allclose(applied(augment), expected, atol=1e-12)
    # For other lengths, the transform has the next power of 2 as its length.
    short, lasting = CLIPS[:, :400], np.copy(CLIPS)
    lasting[:, 400:] = 0
    found = applied(augment, short)
    np.testing.assert_allclose(found, applied(augment, lasting)[:, :400], atol=1e-12)
