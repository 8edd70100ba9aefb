"""Training of DCGAN: gradients, both optimizers, random state, pictures."""

import collections
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo.models.dcgan import DCGAN, SampleGrids
from zoo.models.dcgan.pictures import grid

tf = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("DCGAN trains on TensorFlow", allow_module_level=True)

from zoo.models.dcgan import adversarial_step  # noqa: E402

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 28, 28, 1), dtype="uint8")


def new(seed=1, **arguments):
    keras.utils.set_random_seed(seed)
    return DCGAN(**{"width": 2, "latent_dim": 5, "seed": seed, **arguments})


def sgd(rate=0.1):
    return keras.optimizers.SGD(rate)


def state(model):
    """Every number that training continues from."""
    model_state = [*model.generator.weights, *model.discriminator.weights]
    model_state += [model.training_seed.state]
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        model_state += optimizer.variables
    return [keras.ops.convert_to_numpy(variable) for variable in model_state]


def assert_same_state(model, other):
    for a, b in zip(state(model), state(other), strict=True):
        np.testing.assert_array_equal(a, b)


class TwoPasses:
    """The gradients by their formulas, with a separate run for each loss.

    Computed in float64 with basic operations of TensorFlow. Batch normalisation uses
    the statistics of the real and of the generated images separately.
    """

    def __init__(self, model, loss, smoothing):
        self.g, self.d = (
            [tf.constant(w.numpy(), tf.float64) for w in network.trainable_variables]
            for network in (model.generator, model.discriminator)
        )
        self.loss, self.smoothing = loss, smoothing

    @staticmethod
    def normalized(x, gamma, beta):
        mean, variance = tf.nn.moments(x, tuple(range(x.ndim - 1)))
        return (x - mean) / tf.sqrt(variance + 1e-5) * gamma + beta

    def generate(self, z):
        dense, gamma_1, beta_1, kernel_1, gamma_2, beta_2, kernel_2, bias = self.g
        n, (w, w_2) = len(z), kernel_1.shape[2:]
        x = tf.reshape(z @ dense, (n, 7, 7, w_2))
        x = tf.nn.relu(self.normalized(x, gamma_1, beta_1))
        x = tf.nn.conv2d_transpose(x, kernel_1, (n, 14, 14, w), 2)
        x = tf.nn.relu(self.normalized(x, gamma_2, beta_2))
        return tf.tanh(tf.nn.conv2d_transpose(x, kernel_2, (n, 28, 28, 1), 2) + bias)

    def logits(self, x):
        kernel_1, bias, kernel_2, gamma, beta, dense, bias_2 = self.d
        x = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel_1, 2, "SAME") + bias, 0.2)
        x = self.normalized(tf.nn.conv2d(x, kernel_2, 2, "SAME"), gamma, beta)
        x = tf.nn.leaky_relu(x, 0.2)
        return tf.reshape(x, (len(x), -1)) @ dense + bias_2

    def gradients(self, images, z):
        """With ln D = −softplus(−logit) and ln(1 − D) = −softplus(logit)."""
        x, z = tf.constant(images / 127.5 - 1), tf.constant(z, tf.float64)
        s, softplus = self.smoothing, tf.math.softplus
        with tf.GradientTape() as tape:
            tape.watch(self.g)
            logits = self.logits(self.generate(z))
            log_loss = {
                "non_saturating": softplus(-logits),
                "minimax": -softplus(logits),
            }
            loss = tf.reduce_mean(log_loss[self.loss])
        generator_gradients = tape.gradient(loss, self.g)
        fake = self.generate(z)
        with tf.GradientTape() as tape:
            tape.watch(self.d)
            on_real = self.logits(x)
            real = (1 - s) * softplus(-on_real) + s * softplus(on_real)
            loss = tf.reduce_mean(real) + tf.reduce_mean(softplus(self.logits(fake)))
        return generator_gradients, tape.gradient(loss, self.d)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["non_saturating", "minimax"])
def test_gradients_equal_those_of_two_passes(loss, smoothing):
    model = new()
    model.compile(generator_loss=loss, label_smoothing=smoothing)
    z = model.latents(len(IMAGES), seed=3)
    expected = TwoPasses(model, loss, smoothing).gradients(IMAGES, z)
    real = tf.constant(IMAGES / 127.5 - 1, tf.float32)
    _, found = adversarial_step.compute_gradients(model, real, tf.constant(z))
    for network, wanted in zip(found, expected, strict=True):
        for gradient, exact in zip(network, wanted, strict=True):
            largest = np.abs(exact).max()
            assert largest > 0
            np.testing.assert_allclose(gradient, exact, rtol=1e-4, atol=1e-5 * largest)


def test_both_networks_are_updated_from_the_same_parameters():
    model = new()
    model.compile(sgd(0.5), sgd(0.25), run_eagerly=True)
    seed = keras.random.SeedGenerator(1)
    real = tf.constant(IMAGES / 127.5 - 1, tf.float32)
    z = adversarial_step.draw_latents(seed, len(IMAGES), model.latent_dim)
    _, gradients = adversarial_step.compute_gradients(model, real, z)
    weights = (
        model.generator.trainable_variables,
        model.discriminator.trainable_variables,
    )
    expected = [
        [w.numpy() - rate * g.numpy() for w, g in zip(*pairs, strict=True)]
        for rate, *pairs in zip((0.5, 0.25), weights, gradients, strict=True)
    ]
    model.train_on_batch(IMAGES)
    for network, wanted in zip(weights, expected, strict=True):
        for weight, value in zip(network, wanted, strict=True):
            np.testing.assert_allclose(weight, value, rtol=1e-6, atol=1e-7)


def test_a_step_runs_each_network_once_on_each_batch(monkeypatch):
    runs = collections.Counter()
    model = new()
    for network in (model.generator, model.discriminator):
        run = network.call

        def counted(*args, run=run, name=network.name, **kwargs):
            runs[name] += 1
            return run(*args, **kwargs)

        monkeypatch.setattr(network, "call", counted)
    model.compile(run_eagerly=True)
    model.train_on_batch(IMAGES)
    assert runs == {"generator": 1, "discriminator": 2}


def test_evaluation_follows_the_formula_and_repeats_its_draws():
    model = new()
    model.compile(label_smoothing=0.2)
    measured = model.evaluate(IMAGES, batch_size=10, verbose=0, return_dict=True)
    assert (
        model.evaluate(IMAGES, batch_size=10, verbose=0, return_dict=True) == measured
    )
    z = adversarial_step.draw_latents(
        keras.random.SeedGenerator(0), 10, model.latent_dim
    )
    logits = [
        model.discriminator(x, training=False).numpy().astype("float64")
        for x in (IMAGES / 127.5 - 1, model.generator(z, training=False))
    ]
    real, fake = (1 / (1 + np.exp(-logit)) for logit in logits)
    expected = {
        "discriminator_loss": -np.mean(0.8 * np.log(real) + 0.2 * np.log(1 - real))
        - np.mean(np.log(1 - fake)),
        "generator_loss": -np.mean(np.log(fake)),
        "d_real": real.mean(),
        "d_fake": fake.mean(),
    }
    assert set(measured) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(measured[name], value, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_training_continues_exactly_from_a_file(dtype, tmp_path):
    def fit(model, epochs):
        model.fit(IMAGES, batch_size=4, shuffle=False, epochs=epochs, verbose=0)

    def compiled():
        model = new(dtype=dtype)
        model.compile(
            keras.optimizers.RMSprop(1e-3),
            generator_loss="minimax",
            label_smoothing=0.1,
            jit_compile=False,
        )
        return model

    model, whole = compiled(), compiled()
    fit(model, 1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.get_compile_config() == model.get_compile_config()
    assert_same_state(loaded, model)
    fit(loaded, 2)
    fit(whole, 3)
    assert_same_state(loaded, whole)
    scaled = isinstance(
        loaded.discriminator_optimizer, keras.optimizers.LossScaleOptimizer
    )
    assert scaled == (dtype == "mixed_float16")


def test_uncompiled_model_loads_uncompiled(tmp_path):
    model = new()
    model.save(tmp_path / "model.keras")
    assert not keras.saving.load_model(tmp_path / "model.keras").compiled


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_every_weight_moves(dtype, jit_compile):
    """The last batch has one image, and batch sizes are unknown to the graph."""
    model = new(dtype=dtype)
    model.compile(sgd(), sgd(), jit_compile=jit_compile)
    weights = [*model.generator.trainable_variables]
    weights += model.discriminator.trainable_variables
    before = [weight.numpy() for weight in weights]
    batches = tf.data.Dataset.from_tensor_slices(IMAGES[:9]).batch(4)
    history = model.fit(batches, shuffle=False, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    for weight, old in zip(weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all(), weight.path
        assert (weight.numpy() != old).any(), weight.path


def test_loss_scaling_does_not_change_the_update():
    """A step in float16 moves the weights about as much as one in float32."""
    moves = []
    for dtype in ("float32", "mixed_float16"):
        model = new(dtype=dtype, width=4)
        model.compile(sgd(), sgd(), jit_compile=False)
        weights = model.discriminator.trainable_variables
        before = [weight.numpy() for weight in weights]
        model.train_on_batch(IMAGES)
        after = [weight.numpy() for weight in weights]
        moves.append([new - old for new, old in zip(after, before, strict=True)])
    for wide, half in zip(*moves, strict=True):
        # A wrong scale, off by at least a factor of two, would differ by half or more.
        assert np.linalg.norm(half - wide) < 0.2 * np.linalg.norm(wide)


def test_fit_ends_with_the_averaged_weights():
    """With momentum 1 the average keeps its first value, the weights of step one."""

    def trained(images, **options):
        model = new()
        first, second = (keras.optimizers.SGD(0.1, **options) for _ in range(2))
        model.compile(first, second)
        model.fit(images, batch_size=5, shuffle=False, verbose=0)
        networks = (model.generator, model.discriminator)
        return [w.numpy() for n in networks for w in n.trainable_variables]

    averaged = trained(IMAGES, use_ema=True, ema_momentum=1.0)
    for weight, expected in zip(averaged, trained(IMAGES[:5]), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-6)


def test_sample_grids_show_generated_images_and_do_not_change_training(tmp_path):
    with_pictures, without = new(), new()
    for model, callbacks in (
        (with_pictures, [SampleGrids(tmp_path / "grids", rows=2, columns=3, every=2)]),
        (without, []),
    ):
        model.compile()
        model.fit(
            IMAGES,
            batch_size=5,
            shuffle=False,
            epochs=4,
            callbacks=callbacks,
            verbose=0,
        )
    assert_same_state(with_pictures, without)
    names = [path.name for path in sorted((tmp_path / "grids").iterdir())]
    assert names == ["epoch_0002.png", "epoch_0004.png"]
    picture = tf.io.decode_png((tmp_path / "grids" / names[1]).read_bytes()).numpy()
    images = with_pictures.generate(6)
    np.testing.assert_array_equal(picture, grid(images, columns=3))
    for number, image in enumerate(images):
        top, left = 30 * (number // 3), 30 * (number % 3)
        np.testing.assert_array_equal(picture[top : top + 28, left : left + 28], image)


BAD_DATA = {  # error: (positional arguments of `fit`, part of the message)
    "float images": ((IMAGES / 255,), "uint8 in 0…255, got float"),
    "wider integers": ((IMAGES.astype("int32"),), "uint8 in 0…255, got int32"),
    "other size": ((IMAGES[:, 2:, 2:],), "got (None, 26, 26, 1)"),
    "no channels": ((IMAGES[..., 0],), "(n, 28, 28, 1)"),
    "weights": ((IMAGES, np.zeros(10), np.ones(10)), "no sample weights"),
}


@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize("data, message", BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused(data, message, method):
    model = new()
    model.compile()
    arguments = dict(zip(("x", "y", "sample_weight"), data, strict=False))
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(model, method)(**arguments, verbose=0)


def test_labels_are_ignored():
    plain, labelled = new(), new()
    for model, data in ((plain, (IMAGES,)), (labelled, (IMAGES, np.arange(10)))):
        model.compile()
        model.fit(*data, batch_size=5, shuffle=False, verbose=0)
    assert_same_state(plain, labelled)


@pytest.mark.slow
def test_step_on_two_devices_equals_the_step_on_one():
    """In another process, because devices are configured before TensorFlow starts."""
    script = pathlib.Path(__file__).with_name("dcgan_on_two_devices.py")
    subprocess.run([sys.executable, script], check=True, cwd=script.parents[3])
