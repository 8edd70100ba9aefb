"""Warps, flips and crops against their formulas in NumPy's float64, and SciPy."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from scipy.stats import chisquare, kstest

from recipes.augmentation import Compose, CropWithPadding, Flip, Warp

RNG = np.random.default_rng(0)
HEIGHT, WIDTH = 9, 12
IMAGES = RNG.integers(0, 256, (5, HEIGHT, WIDTH, 3), dtype="uint8")

EXACT = {  # ranges of one value, so that the formula has nothing to draw
    "rotation": {"rotation": 37},
    "rotation back": {"rotation": -120},
    "zoom in": {"zoom": 1.7},
    "zoom out": {"zoom": 0.6},
    "shift": {"shift": 0.22},
    "shear": {"shear": 25},
    "all": {"rotation": -17, "zoom": 1.2, "shift": -0.1, "shear": -12},
}
SCIPY_MODES = {"constant": "grid-constant", "nearest": "nearest", "reflect": "reflect"}


def input_to_output(rotation=0.0, zoom=1.0, shift=0.0, shear=0.0):
    """The docstring's map, (x, y, 1) to (x, y, 1), each factor a matrix."""
    turn, lean = np.radians([rotation, shear])
    middle = np.eye(3)
    middle[:2, 2] = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    moved = np.eye(3)
    moved[:2, 2] = shift * WIDTH, shift * HEIGHT
    # y points down: counter-clockwise takes the right (1, 0) up (0, -1).
    rotated = np.array(
        [[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    sheared = np.array([[1, np.tan(lean), 0], [0, 1, 0], [0, 0, 1]])
    zoomed = np.diag([zoom, zoom, 1])
    return middle @ moved @ rotated @ sheared @ zoomed @ np.linalg.inv(middle)


def reflected(place, side):
    """`(d c b a | a b c d | d c b a)`."""
    place = np.mod(place, 2 * side)
    return np.where(place < side, place, 2 * side - 1 - place)


OUTSIDE = {
    "nearest": lambda place, side: np.clip(place, 0, side - 1),
    "reflect": reflected,
}


def bilinear(image, output_to_input, fill, fill_value):
    """Each output pixel from the four input pixels about its place, in float64."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    places = np.stack([columns, rows, np.ones_like(rows)]).reshape(3, -1)
    x, y, _ = output_to_input @ places
    total = np.zeros((HEIGHT * WIDTH, image.shape[-1]))
    for column in (np.floor(x), np.floor(x) + 1):
        for row in (np.floor(y), np.floor(y) + 1):
            weight = (1 - abs(x - column)) * (1 - abs(y - row))
            if fill == "constant":
                within = (column >= 0) & (column < WIDTH) & (row >= 0) & (row < HEIGHT)
                r, c = np.clip(row, 0, HEIGHT - 1), np.clip(column, 0, WIDTH - 1)
                values = image[r.astype(int), c.astype(int)].astype("float64")
                values[~within] = fill_value
            else:
                r, c = OUTSIDE[fill](row, HEIGHT), OUTSIDE[fill](column, WIDTH)
                values = image[r.astype(int), c.astype(int)].astype("float64")
            total += weight[:, None] * values
    return total.reshape(image.shape)


def once(augment, images=IMAGES, seed=(1, 2)):
    changed, _ = augment(images, np.arange(len(images)), seed)
    return changed.numpy()


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect"])
@pytest.mark.parametrize("values", EXACT.values(), ids=EXACT)
def test_warp_follows_its_formula(values, fill):
    ranges = {name: (value, value) for name, value in values.items()}
    warp = Warp(**ranges, fill=fill, fill_value=40)
    back = np.linalg.inv(input_to_output(**values))
    expected = np.stack([bilinear(image, back, fill, 40) for image in IMAGES])
    computed = once(warp, IMAGES.astype("float32"))
    np.testing.assert_allclose(computed, expected, atol=0.02)
    whole = once(warp)
    assert np.abs(whole - expected).max() <= 0.52  # rounded, not cut off
    assert (whole == np.rint(expected)).mean() > 0.99


@pytest.mark.parametrize("fill", SCIPY_MODES)
@pytest.mark.parametrize("values", EXACT.values(), ids=EXACT)
def test_warp_agrees_with_scipy(values, fill):
    ranges = {name: (value, value) for name, value in values.items()}
    computed = once(Warp(**ranges, fill=fill, fill_value=40), IMAGES.astype("float32"))
    # From (row, column) of the output to those of the input.
    back = np.linalg.inv(input_to_output(**values))[[1, 0, 2]][:, [1, 0, 2]]
    for image, warped in zip(IMAGES, computed, strict=True):
        for channel in range(3):
            expected = ndimage.affine_transform(
                image[..., channel].astype("float64"),
                back[:2, :2],
                back[:2, 2],
                order=1,
                mode=SCIPY_MODES[fill],
                cval=40,
            )
            np.testing.assert_allclose(warped[..., channel], expected, atol=0.02)


def test_directions_are_the_documented_ones():
    """One white pixel right of the middle of a black square."""
    image = np.zeros((1, 5, 5, 1), "uint8")
    image[0, 2, 4] = 255

    def place(**arguments):
        rows, columns = np.nonzero(once(Warp(**arguments), image)[0, ..., 0] > 127)
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    assert place(rotation=(90, 90)) == [(0, 2)]
    assert place(shift=(-0.4, -0.4)) == [(0, 2)]
    assert place(shift=(0.2, 0.2)) == []
    assert place(zoom=(0.5, 0.5)) == [(2, 3)]
    assert place(rotation=(180, 180)) == [(2, 0)]
    # A column below the middle leans right with positive shear.
    image[:] = 0
    image[0, 4, 2] = 255
    assert place(shear=(45, 45)) == [(4, 4)]


def test_nothing_asked_changes_nothing():
    for fill in SCIPY_MODES:
        np.testing.assert_array_equal(once(Warp(fill=fill)), IMAGES)


def test_whole_turns_and_mirrors_are_exact():
    square = IMAGES[:, :, :HEIGHT]
    turn = Warp(rotation=(90, 90))
    turned = once(turn, square)
    np.testing.assert_array_equal(turned, np.rot90(square, axes=(1, 2)))
    np.testing.assert_array_equal(once(Compose(*[turn] * 4), square), square)
    half = once(Warp(rotation=(180, 180)))
    np.testing.assert_array_equal(half, IMAGES[:, ::-1, ::-1])


def test_shifts_by_whole_pixels_are_exact_and_come_back():
    there = once(Warp(shift=(1 / 3, 1 / 3)))  # 3 rows, 4 columns
    np.testing.assert_array_equal(there[:, 3:, 4:], IMAGES[:, :-3, :-4])
    assert not there[:, :3].any()
    assert not there[:, :, :4].any()
    back = once(Warp(shift=(-1 / 3, -1 / 3)), there)
    np.testing.assert_array_equal(back[:, :-3, :-4], IMAGES[:, :-3, :-4])


FLIPS = {
    "Flip": Flip(vertical=True),
    "Warp": Warp(horizontal_flip=True, vertical_flip=True),
}


@pytest.mark.parametrize("augment", FLIPS.values(), ids=FLIPS)
def test_flips_are_exact_and_each_as_likely(augment):
    images = np.tile(IMAGES[:1], [2000, 1, 1, 1])
    looks = {
        image.tobytes(): 0
        for rows in (1, -1)
        for columns in (1, -1)
        for image in [IMAGES[0, ::rows, ::columns]]
    }
    for image in once(augment, images):
        looks[image.tobytes()] += 1  # any other look is a KeyError
    assert chisquare(list(looks.values())).pvalue > 1e-3


@pytest.mark.parametrize(
    "augment, axis",
    [
        (Flip(), 2),
        (Flip(horizontal=False, vertical=True), 1),
        (Warp(horizontal_flip=True), 2),
        (Warp(vertical_flip=True), 1),
    ],
    ids=repr,
)
def test_a_flip_mirrors_its_own_axis_alone(augment, axis):
    mirrored, seen = np.flip(IMAGES, axis), set()
    for seed in range(10):
        for number, image in enumerate(once(augment, seed=(0, seed))):
            same = np.array_equal(image, IMAGES[number])
            assert same or np.array_equal(image, mirrored[number])
            seen.add(same)
    assert seen == {True, False}


@pytest.mark.parametrize(
    "fill, mode",
    [("constant", {"constant_values": 9}), ("reflect", {"mode": "symmetric"})],
)
def test_crops_are_cut_from_the_padded_image(fill, mode):
    padded = np.pad(IMAGES[0], [(2, 2), (2, 2), (0, 0)], **mode)
    counts = {
        padded[row : row + HEIGHT, column : column + WIDTH].tobytes(): 0
        for row in range(5)
        for column in range(5)
    }
    assert len(counts) == 25
    augment = CropWithPadding(2, fill=fill, fill_value=9)
    for image in once(augment, np.tile(IMAGES[:1], [5000, 1, 1, 1])):
        counts[image.tobytes()] += 1  # any other crop is a KeyError
    assert chisquare(list(counts.values())).pvalue > 1e-3


def drawn(warp, number=4000):
    """The parameters of many maps, by name, recovered from their six numbers."""
    height, width = tf.constant(HEIGHT), tf.constant(WIDTH)
    maps = warp.maps(number, height, width, (5, 6)).numpy().astype("float64")
    a, b, c, d, e, f = maps[:, :6].T
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    linear = np.stack([[a, b], [d, e]]).transpose(2, 0, 1)
    offset = middle - np.stack([c, f], axis=1)
    moved = np.linalg.solve(linear, offset[..., None])[..., 0] - middle
    zoom = 1 / np.hypot(d, e)
    turn = np.arctan2(d, e)
    # Of z⁻¹ S⁻¹ R⁻¹, times R z from the right: [[1, -tan φ], [0, 1]].
    lean = -zoom * (a * np.sin(turn) + b * np.cos(turn))
    return {
        "rotation": np.degrees(turn),
        "zoom": zoom,
        "shear": np.degrees(np.arctan(lean)),
        "shift down": moved[:, 1] / HEIGHT,
        "shift right": moved[:, 0] / WIDTH,
    }


def test_parameters_are_uniform_in_their_ranges_and_independent():
    ranges = {
        "rotation": (-20, 35),
        "zoom": (0.7, 1.4),
        "shear": (-5, 15),
        "shift": (-0.1, 0.3),
    }
    parameters = drawn(Warp(**ranges))
    for name, values in parameters.items():
        low, high = ranges[name.split()[0]]
        slack = 1e-4 * (high - low)
        assert values.min() >= low - slack
        assert values.max() <= high + slack
        parts = (values - low) / (high - low)
        assert kstest(parts, "uniform").pvalue > 1e-3, name
    correlations = np.corrcoef(list(parameters.values())) - np.eye(5)
    assert np.abs(correlations).max() < 0.06
