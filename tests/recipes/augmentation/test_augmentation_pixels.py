"""Colour, erasing and mixing against their formulas in NumPy's float64."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import beta as beta_distribution, chisquare, kstest

from recipes.augmentation import (
    Brightness,
    Contrast,
    CutMix,
    Cutout,
    GaussianNoise,
    Mixup,
)
from recipes.augmentation.mixing import beta

RNG = np.random.default_rng(0)
NUMBER, HEIGHT, WIDTH, CLASSES = 3000, 6, 8, 4
IMAGES = RNG.uniform(0, 255, (NUMBER, HEIGHT, WIDTH, 2))
LABELS = RNG.integers(0, CLASSES, NUMBER)
TARGETS = np.eye(CLASSES)[LABELS]


def applied(augment, images=IMAGES, targets=TARGETS, seed=(7, 8)):
    images, targets = augment(images, targets, seed)
    return images.numpy(), targets.numpy()


def test_brightness_adds_one_number_to_an_image():
    changed, _ = applied(Brightness((-0.2, 0.4)))
    added = (changed - IMAGES).reshape(NUMBER, -1) / 255
    np.testing.assert_allclose(added, added[:, :1].repeat(96, axis=1), atol=1e-6)
    assert kstest((added[:, 0] + 0.2) / 0.6, "uniform").pvalue > 1e-3


def test_contrast_scales_about_the_mean_of_each_channel():
    changed, _ = applied(Contrast((0.5, 2.0)))
    mean = IMAGES.mean(axis=(1, 2), keepdims=True)
    factors = ((changed - mean) / (IMAGES - mean)).reshape(NUMBER, -1)
    middle = np.median(factors, axis=1)
    np.testing.assert_allclose(
        changed, mean + middle[:, None, None, None] * (IMAGES - mean), atol=1e-3
    )
    assert kstest((middle - 0.5) / 1.5, "uniform").pvalue > 1e-3


def test_noise_is_normal_and_its_own_for_every_pixel():
    changed, _ = applied(GaussianNoise(0.1))
    noise = (changed - IMAGES) / 25.5
    assert kstest(noise.ravel()[:20_000], "norm").pvalue > 1e-3
    for axis in range(4):
        neighbours = np.moveaxis(noise, axis, 0)
        one, other = neighbours[:-1].ravel(), neighbours[1:].ravel()
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def box_of(mask):
    """Rows and columns of a filled rectangle in one image."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert mask.sum() == len(rows) * len(columns)
    return rows, columns


@pytest.mark.parametrize("size", [1, 3, 4, 6])
def test_cutout_paints_squares_about_uniform_middles(size):
    changed, _ = applied(Cutout(size, fill_value=0))
    painted = (changed == 0).all(axis=-1)
    np.testing.assert_array_equal(changed[~painted], IMAGES[~painted])
    middles = np.zeros((HEIGHT, WIDTH))
    for mask in painted:
        rows, columns = box_of(mask)
        assert len(rows) <= size
        assert len(columns) <= size
        # A square that the border cuts tells its middle by its other end.
        place = []
        for found, side in ((rows, HEIGHT), (columns, WIDTH)):
            if found[0] > 0 or len(found) == size:
                place.append(found[0] + size // 2)
            else:
                place.append(found[-1] + 1 - size + size // 2)
            assert 0 <= place[-1] < side
        middles[tuple(place)] += 1
    assert chisquare(middles.ravel()).pvalue > 1e-3


def test_cutout_leaves_the_other_images_alone():
    changed, _ = applied(Cutout(6, probability=0.25))
    touched = (changed != IMAGES).any(axis=(1, 2, 3)).mean()
    assert touched == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.2, 1.0, 3.0, 1000.0])
def test_beta_is_beta(alpha):
    shares = beta(alpha, 5000, tf.constant([1, 2])).numpy().astype("float64")
    assert np.isfinite(shares).all()
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    if alpha >= 0.2:
        assert kstest(shares, beta_distribution(alpha, alpha).cdf).pvalue > 1e-3
    else:  # nearly all are the float nearest to 0 or 1: compare halves and ends
        assert (shares < 0.5).mean() == pytest.approx(0.5, abs=0.03)
        expected = 2 * beta_distribution(alpha, alpha).cdf(1e-6)
        ends = np.minimum(shares, 1 - shares) < 1e-6
        assert ends.mean() == pytest.approx(expected, abs=0.03)


def others(batch):
    """The example before each example."""
    return np.concatenate([batch[-1:], batch[:-1]])


def test_mixup_mixes_images_and_targets_in_one_proportion():
    changed, targets = applied(Mixup(1.0))
    differ = others(LABELS) != LABELS
    own = targets[np.arange(NUMBER), LABELS]
    assert kstest(own[differ], "uniform").pvalue > 1e-3
    share = own[differ][:, None, None, None]
    mixed = share * IMAGES[differ] + (1 - share) * others(IMAGES)[differ]
    np.testing.assert_allclose(changed[differ], mixed, atol=1e-3)
    share = share[..., 0, 0]
    expected = share * TARGETS[differ] + (1 - share) * others(TARGETS)[differ]
    np.testing.assert_allclose(targets[differ], expected, atol=1e-6)
    np.testing.assert_allclose(targets[~differ], TARGETS[~differ], atol=1e-6)


def test_cutmix_mixes_targets_by_the_area_of_the_box():
    changed, targets = applied(CutMix(1.0))
    foreign = (changed == others(IMAGES)).all(axis=-1)
    np.testing.assert_array_equal(changed[~foreign], IMAGES[~foreign])
    for mask in foreign:
        if mask.any():
            box_of(mask)
    share = 1 - foreign.mean(axis=(1, 2))[:, None]
    expected = share * TARGETS + (1 - share) * others(TARGETS)
    np.testing.assert_allclose(targets, expected, atol=1e-6)


def test_cutmix_boxes_have_the_size_of_the_paper():
    """Where no border cuts them, sides are H√(1 − λ) and W√(1 − λ), rounded."""
    large = RNG.uniform(0, 255, (400, 40, 60, 1))
    changed, _ = applied(CutMix(1.0), large, np.eye(400))
    uncut = 0
    for mask in (changed == others(large)).all(axis=-1):
        if not mask.any():
            continue
        rows, columns = box_of(mask)
        assert len(rows) <= 40
        inside = rows[0] > 0 and rows[-1] < 39 and columns[0] > 0 and columns[-1] < 59
        if inside:
            uncut += 1
            assert abs(len(rows) / 40 - len(columns) / 60) <= 0.5 / 40 + 0.5 / 60
    assert uncut > 50


def test_cutmix_boxes_lie_anywhere():
    """Their middles, where no border cuts them: rows, columns and share independent."""
    large = RNG.uniform(0, 255, (3000, 20, 20, 1))
    changed, _ = applied(CutMix(1.0), large, np.ones((3000, 1)))
    found = []
    for mask in (changed == others(large)).all(axis=-1):
        if 0 < mask.sum() <= 16:
            rows, columns = box_of(mask)
            if min(rows[0], columns[0]) > 0 and max(rows[-1], columns[-1]) < 19:
                found.append((rows.mean(), columns.mean(), len(rows)))
    assert len(found) > 80
    correlations = np.corrcoef(np.array(found).T) - np.eye(3)
    assert np.abs(correlations).max() < 4 / np.sqrt(len(found))
    assert np.ptp([row for row, _, _ in found]) > 12
    assert np.ptp([column for _, column, _ in found]) > 12


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_mixing_leaves_the_other_images_alone(kind):
    changed, targets = applied(kind(5.0, probability=0.5))
    touched = (changed != IMAGES).any(axis=(1, 2, 3))
    assert touched.mean() == pytest.approx(0.5, abs=0.03)
    assert targets[~touched].tobytes() == TARGETS[~touched].tobytes()
