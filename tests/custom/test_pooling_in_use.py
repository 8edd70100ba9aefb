"""The pooling layers: saving, training with unknown sizes, and invalid arguments."""

import math

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from custom import layers
from tests.custom.gradients import value_and_gradient
from tests.custom.pooling_formulas import (
    CASES,
    FAMILIES,
    FORMULAS,
    IDS,
    build,
    norm,
    numbers,
    reference,
)


@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_survives_saving(family, arguments, formula, tmp_path):
    given = {
        "pool_size": (3, 2),
        "strides": (2, 3),
        "padding": "same",
        "data_format": "channels_last",
        **arguments,
    }
    layer = build(family, 2, **given)
    config = layer.get_config()
    assert {name: config[name] for name in given} == given
    model = keras.Sequential([keras.Input((6, 7, 2)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = numbers((2, 6, 7, 2))
    assert_array_equal(
        keras.ops.convert_to_numpy(loaded(x)), keras.ops.convert_to_numpy(model(x))
    )


def test_saves_its_random_state(tmp_path):
    x = np.abs(numbers((2, 8, 8, 3)))
    layer = layers.StochasticPooling2D(seed=1)
    model = keras.Sequential([keras.Input((8, 8, 3)), layer])
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    following = keras.ops.convert_to_numpy(model(x, training=True))
    assert_array_equal(keras.ops.convert_to_numpy(loaded(x, training=True)), following)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_trains_with_unknown_sizes(family, jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("PyTorch needs a C++ compiler")
    # XLA on TensorFlow needs the sizes only when it compiles.
    model = keras.Sequential(
        [
            keras.Input((None, None, 2)),
            build(family, 2, pool_size=3, strides=2, padding="same"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", jit_compile=jit_compile)
    for length in (6, 9):
        x, y = numbers((4, length, length, 2)), np.ones((4, 1))
        assert np.isfinite(model.train_on_batch(x, y))
        assert_allclose(
            model.predict_on_batch(x), keras.ops.convert_to_numpy(model(x)), rtol=1e-4
        )


BAD = [
    *(("LpPooling", "p", p) for p in (0.5, -1, math.nan, "2", None, True)),
    *(("StochasticPooling", "seed", seed) for seed in (1.5, "a", True)),
    *(("MixedPooling", "mix", mix) for mix in (-0.1, 1.1, math.nan, "half")),
    ("MixedPooling", "learn", "pixel"),
    *(
        (family, name, value)
        for family in FAMILIES
        for name, value in [
            ("pool_size", 0),
            ("pool_size", (2, 2, 2)),
            ("pool_size", 1.5),
            ("strides", -1),
            ("strides", (1, 0)),
            ("padding", "full"),
            ("data_format", "last"),
        ]
    ),
]


@pytest.mark.parametrize("family, name, value", BAD)
def test_refuses_invalid_arguments(family, name, value):
    with pytest.raises(ValueError, match=f"`{name}`"):
        build(family, 2, **{name: value})


@pytest.mark.parametrize("mix", [0, 1])
def test_refuses_to_learn_from_0_or_1(mix):
    with pytest.raises(ValueError, match="`mix`"):
        layers.MixedPooling2D(mix, learn="layer")


@pytest.mark.parametrize("family", FAMILIES)
def test_refuses_inputs_that_do_not_fit(family):
    with pytest.raises(ValueError, match="ndim=4"):
        build(family, 2)(numbers((2, 6, 3)))
    with pytest.raises(ValueError, match="`pool_size`"):
        build(family, 2, pool_size=4)(numbers((1, 3, 6, 1)))


SCALES = {  # of the two examples in a batch, by family and arguments
    "p=16": ("LpPooling", {"p": 16}, (1e-4, 1e4)),
    "p=2": ("LpPooling", {"p": 2}, (1e-25, 1e25)),
    "p=3, powers below the normal float32": ("LpPooling", {"p": 3}, (2e-13, 1.0)),
    "p=inf": ("LpPooling", {"p": math.inf}, (1e-25, 1e25)),
    "stochastic": ("StochasticPooling", {}, (1e-25, 1e25)),
    "median": ("MedianPooling", {}, (1e-25, 1e25)),
    "mixed": ("MixedPooling", {"mix": 0.3}, (1e-25, 1e25)),
}


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("family, arguments, scales", SCALES.values(), ids=SCALES)
def test_an_example_does_not_depend_on_the_rest_of_its_batch(
    family, arguments, scales, padding
):
    batch = np.reshape(scales, (2, 1, 1, 1)).astype("float32") * numbers((2, 7, 7, 2))
    batch[0, :3, :3] = 0  # a window of zeros, as a ReLU gives it
    batch[1, 3:, 3:] *= np.float32(scales[0] / scales[1])  # small beside large windows
    layer = build(family, 2, pool_size=3, strides=2, padding=padding, **arguments)
    value, gradient = value_and_gradient(layer, batch)
    for one in (slice(0, 1), slice(1, 2)):
        value_alone, gradient_alone = value_and_gradient(layer, batch[one])
        assert_allclose(value[one], value_alone, rtol=1e-6)
        assert_allclose(gradient[one], gradient_alone, rtol=1e-5)
    formula = FORMULAS[family][0][1] if "p" not in arguments else norm(arguments["p"])
    wide = batch.astype("float64")
    expected, slope = reference(wide, formula, (3, 3), (2, 2), padding)
    # The mean of a window with large and small numbers has the error of the large ones.
    size = np.abs(wide).max(axis=(1, 2, 3), keepdims=True)
    atol = 1e-6 * size if family == "MixedPooling" else 0 * size
    assert (np.abs(value - expected) <= 2e-5 * np.abs(expected) + atol).all()
    sloped = batch != 0  # at 0 the absolute value has no slope
    assert_allclose(gradient[sloped], slope[sloped], rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [2, 3])
@pytest.mark.parametrize("family, arguments, formula", CASES, ids=IDS)
def test_an_empty_batch_gives_an_empty_result(
    family, arguments, formula, strides, padding
):
    layer = build(family, 2, pool_size=3, strides=strides, padding=padding, **arguments)
    empty = np.zeros((0, 6, 7, 2), "float32")
    trains = family in ("StochasticPooling", "MedianPooling")
    for options in [{}, {"training": True}] if trains else [{}]:
        value, gradient = value_and_gradient(lambda x, o=options: layer(x, **o), empty)
        assert value.shape == layer.compute_output_shape(empty.shape)
        assert gradient.shape == empty.shape
