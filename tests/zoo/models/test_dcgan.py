"""The networks, images and files of DCGAN, on every backend."""

import inspect
import re

import keras
import numpy as np
import pytest

from zoo.models.dcgan import DCGAN
from zoo.models.dcgan.latents import spherical_path
from zoo.models.dcgan.quality import frechet_distance

SIZES = {  # side: (smallest side, channels of the generator's hidden layers / width)
    28: (7, (2, 1)),
    32: (4, (4, 2, 1)),
    64: (4, (8, 4, 2, 1)),
}


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(0)
    return DCGAN(width=4)


def layer_names(network):
    names = [type(layer).__name__ for layer in network.layers]
    return [name for name in names if name not in ("InputLayer", "Reshape", "Flatten")]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", SIZES)
def test_networks_are_those_of_the_paper(side, channels):
    smallest, multiples = SIZES[side]
    model = DCGAN((side, side, channels), width=3)
    hidden = len(multiples)
    assert layer_names(model.generator) == [
        *("Dense", "BatchNormalization", "ReLU"),
        *("Conv2DTranspose", "BatchNormalization", "ReLU") * (hidden - 1),
        *("Conv2DTranspose", "Activation"),
    ]
    assert layer_names(model.discriminator) == [
        *("Conv2D", "LeakyReLU"),
        *("Conv2D", "BatchNormalization", "LeakyReLU") * (hidden - 1),
        "Dense",
    ]
    reshaped = next(x for x in model.generator.layers if "reshape" in x.name)
    assert reshaped.target_shape == (smallest, smallest, 3 * multiples[0])
    up = [x for x in model.generator.layers if "transpose" in x.name]
    down = [x for x in model.discriminator.layers if "conv" in x.name]
    assert [x.filters for x in up] == [*(3 * m for m in multiples[1:]), channels]
    assert [x.filters for x in down] == [3 * m for m in reversed(multiples)]
    assert {x.strides for x in up + down} == {(2, 2)}
    assert model.generator.output_shape == (None, side, side, channels)
    assert model.discriminator.output_shape == (None, 1)
    leaks = [x for x in model.discriminator.layers if "leaky" in x.name]
    assert {x.negative_slope for x in leaks} == {0.2}


def test_weights_start_as_in_the_paper():
    model = DCGAN(width=16)
    for weight in (*model.generator.weights, *model.discriminator.weights):
        values = keras.ops.convert_to_numpy(weight)
        if "kernel" in weight.name:
            # The standard error of the mean of n numbers is their deviation / √n.
            tolerance = 5 * 0.02 / np.sqrt(values.size)
            np.testing.assert_allclose(values.mean(), 0, atol=tolerance)
            np.testing.assert_allclose(values.std(), 0.02, atol=tolerance)
        elif weight.name == "gamma":
            np.testing.assert_allclose(values, 1, atol=0.1)
            assert values.std() > 0
        else:
            expected = 1 if weight.name == "moving_variance" else 0
            np.testing.assert_array_equal(values, expected)
    kernels = [w for w in model.generator.weights if "kernel" in w.name]
    starts = {float(keras.ops.convert_to_numpy(w).flat[0]) for w in kernels}
    assert len(starts) == len(kernels)


def test_calls_return_the_generated_images_in_pixels(gan):
    latents = gan.latents(5, seed=3)
    generated = keras.ops.convert_to_numpy(gan.generator(latents, training=False))
    pixels = gan.predict(latents, verbose=0)
    assert pixels.dtype == "float32"
    np.testing.assert_allclose(pixels, (generated + 1) * 127.5, rtol=1e-5)
    images = gan.generate(5, seed=3)
    assert images.dtype == np.uint8
    assert np.abs(images - pixels).max() <= 0.5 + 1e-3
    np.testing.assert_array_equal(gan.generate(latents=latents), images)
    np.testing.assert_array_equal(gan.generate(5, seed=3, batch_size=2), images)


def test_latents_are_a_function_of_the_seed(gan):
    some, more = gan.latents(2, seed=1), gan.latents(900, seed=1)
    np.testing.assert_array_equal(gan.latents(2, seed=1), some)
    np.testing.assert_array_equal(gan.latents(2, seed=np.int64(1)), some)
    assert len(np.unique(np.concatenate([gan.latents(2, seed=2), more]), axis=0)) == 902
    assert more.shape == (900, 100)
    # 90,000 normal numbers: the bounds are five standard errors.
    np.testing.assert_allclose(more.mean(), 0, atol=5 / 300)
    np.testing.assert_allclose(more.var(), 1, atol=5 * np.sqrt(2) / 300)


def test_interpolation_includes_both_ends(gan):
    start, end = gan.latents(2, seed=5)
    images = gan.interpolate(start, end, steps=3)
    np.testing.assert_array_equal(
        images[[0, 2]], gan.generate(latents=np.stack([start, end]))
    )
    assert (images[1] != images[0]).any()
    assert (images[1] != images[2]).any()


def test_spherical_path_has_equal_angles():
    turn = np.pi / 3
    start, end = np.array([2.0, 0, 0]), 2 * np.array([np.cos(turn), 0, np.sin(turn)])
    angles = turn * np.linspace(0, 1, 5)
    expected = 2 * np.stack([np.cos(angles), 0 * angles, np.sin(angles)], axis=1)
    np.testing.assert_allclose(
        spherical_path(start, end, 5, 3), expected, rtol=1e-6, atol=1e-6
    )
    straight = spherical_path(start, 3 * start, 3, 3)
    np.testing.assert_allclose(straight, [start, 2 * start, 3 * start], rtol=1e-6)


@pytest.mark.parametrize("columns", [1, 3])
def test_frechet_distance_follows_its_formula(columns):
    """With tr (AB)^½ = tr (A^½ B A^½)^½, and covariances with the divisor n − 1."""
    rng = np.random.default_rng(0)
    one = rng.normal(size=(columns + 2, columns))
    other = 2 * rng.normal(size=(columns + 3, columns)) + 1

    def covariance(x):
        return (x - x.mean(0)).T @ (x - x.mean(0)) / (len(x) - 1)

    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T

    a, b = covariance(one), covariance(other)
    cross = root(root(a) @ b @ root(a))
    expected = np.sum((one.mean(0) - other.mean(0)) ** 2) + np.trace(a + b - 2 * cross)
    np.testing.assert_allclose(frechet_distance(one, other), expected, rtol=1e-9)
    assert frechet_distance(one, one) < 1e-6


def test_every_argument_is_saved(tmp_path):
    arguments = {
        "image_shape": (32, 32, 3),
        "latent_dim": 7,
        "width": 3,
        "seed": 11,
        "dtype": "mixed_bfloat16",
        "name": "another",
    }
    assert set(arguments) == set(inspect.signature(DCGAN).parameters)
    model = DCGAN(**arguments)
    config = model.get_config()
    saved = {**config, "dtype": config["dtype"]["config"]["name"]}
    assert saved == {**arguments, "image_shape": [32, 32, 3]}
    assert DCGAN.from_config(config).get_config() == config
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.get_config() == config
    np.testing.assert_array_equal(loaded.generate(2), model.generate(2))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_generates_nearly_the_same_images(gan, dtype):
    half = DCGAN(width=4, dtype=dtype)
    half.set_weights(gan.get_weights())
    latents = gan.latents(4)
    pixels = half.predict(latents, verbose=0)
    assert pixels.dtype == "float32"
    np.testing.assert_allclose(pixels, gan.predict(latents, verbose=0), atol=2)
    logits = half.discriminator(pixels / 127.5 - 1)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


BAD_ARGUMENTS = {  # error: (arguments, part of the message)
    "other size": ({"image_shape": (30, 30, 1)}, "28, 32 or 64 pixels"),
    "not square": ({"image_shape": (28, 32, 1)}, "(side, side, channels)"),
    "two channels": ({"image_shape": (28, 28, 2)}, "1 or 3 channels"),
    "no channels": ({"image_shape": (28, 28)}, "(side, side, channels)"),
    "no latents": ({"latent_dim": 0}, "latent_dim"),
    "half a channel": ({"width": 2.5}, "width"),
    "negative seed": ({"seed": -1}, "seed"),
    "unknown precision": ({"dtype": "float31"}, "float31"),
}


@pytest.mark.parametrize(
    "arguments, message", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS
)
def test_bad_argument_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        DCGAN(**arguments)


Z = np.zeros((1, 100), "float32")
X = np.eye(100)
BAD_CALLS = {  # error: (call, part of the message)
    "latents of another size": (lambda g: g(Z[:, 1:]), "(n, 100), got (1, 99)"),
    "one latent vector": (lambda g: g.generate(latents=X[0]), "(n, 100), got (100,)"),
    "latents too long": (
        lambda g: g.generate(latents=np.zeros((2, 101))),
        "(n, 100), got (2, 101)",
    ),
    "latents not finite": (lambda g: g.generate(latents=Z + np.nan), "finite"),
    "neither number nor latents": (lambda g: g.generate(), "either `n`"),
    "number and latents": (lambda g: g.generate(1, latents=Z), "either `n`"),
    "no images": (lambda g: g.generate(0), "`n`"),
    "seed too large": (lambda g: g.generate(1, seed=2**31), "at most 2,147,483,647"),
    "seed not whole": (lambda g: g.generate(1, seed=0.5), "`seed`"),
    "single step": (lambda g: g.interpolate(X[0], X[1], 1), "at least 2"),
    "end of another size": (lambda g: g.interpolate(X[0], X[1, :9]), "`end`"),
    "zero start": (lambda g: g.interpolate(Z[0], X[1]), "not all zero"),
    "opposite ends": (lambda g: g.interpolate(X[0], -X[0]), "opposite"),
    "unknown loss": (lambda g: g.compile(generator_loss="hinge"), "minimax"),
    "smoothing above one": (lambda g: g.compile(label_smoothing=1.5), "smoothing"),
    "unknown optimizer": (lambda g: g.compile("adamm"), "adamm"),
}


@pytest.mark.parametrize("call, message", BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_call_is_refused(gan, call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(gan)


def test_same_optimizer_for_both_networks_is_refused(gan):
    adam = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="two objects"):
        gan.compile(adam, adam)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_training_on_other_backends_is_refused(method):
    if keras.backend.backend() == "tensorflow":
        pytest.skip("DCGAN trains on TensorFlow")
    model = DCGAN(width=2)
    model.compile()
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        getattr(model, method)(np.zeros((2, 28, 28, 1), "uint8"), verbose=0)
