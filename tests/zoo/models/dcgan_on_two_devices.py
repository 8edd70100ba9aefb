"""A script that asserts that a step on two devices equals the step on one device.

Each replica normalises by the statistics of its half of the batch. Here both halves
have the same images and latents, so that these are the statistics of the whole batch.
"""

import os
import pathlib
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
sys.path.insert(0, str(pathlib.Path(__file__).parents[3]))

import keras
import numpy as np
import tensorflow as tf

from zoo.models.dcgan import DCGAN, adversarial_step

HALF = 4
IMAGES = np.random.default_rng(0).integers(0, 256, (HALF, 28, 28, 1), dtype="uint8")
BATCH = np.concatenate([IMAGES, IMAGES])
LATENTS = np.random.default_rng(1).normal(size=(HALF, 5)).astype("float32")


def trained(strategy, dtype, steps):
    with strategy.scope():
        keras.utils.set_random_seed(0)
        gan = DCGAN(latent_dim=5, width=2, seed=3, dtype=dtype)
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    start = weights(gan)
    history = gan.fit(
        np.concatenate([BATCH] * steps), batch_size=2 * HALF, shuffle=False, verbose=0
    )
    moves = [new - old for new, old in zip(weights(gan), start, strict=True)]
    return gan, moves, history.history


def weights(gan):
    return [
        keras.ops.convert_to_numpy(weight)
        for network in (gan.generator, gan.discriminator)
        for weight in network.weights
    ]


def check_step(one, two, dtype, near):
    """The changes of weights and moving statistics are the same, and the metrics."""
    original = adversarial_step.draw_latents
    adversarial_step.draw_latents = same_latents
    try:
        _, expected, metrics = trained(one, dtype, steps=1)
        _, found, other = trained(two, dtype, steps=1)
    finally:
        adversarial_step.draw_latents = original
    for move, wanted in zip(found, expected, strict=True):
        largest = np.abs(wanted).max()
        np.testing.assert_allclose(move, wanted, rtol=near, atol=near * largest)
    for name, values in metrics.items():
        np.testing.assert_allclose(other[name], values, rtol=near, err_msg=name)


def same_latents(seed_generator, count, latent_dim):
    return tf.gather(LATENTS, tf.range(count) % HALF)


def check_latents_differ(strategy):
    """Replicas draw different latents, and their random state stays the same."""
    with strategy.scope():
        seed_generator = keras.random.SeedGenerator(3)
    draw = tf.function(
        lambda: strategy.run(adversarial_step.draw_latents, (seed_generator, 4, 5))
    )
    drawn = [strategy.experimental_local_results(draw()) for _ in range(2)]
    rows = np.concatenate([np.concatenate(values) for values in drawn])
    assert len(np.unique(rows)) == rows.size, rows
    (state,) = {tuple(map(int, v)) for v in seed_generator.state.value.values}
    assert state == (3, 2), state


def check_training_continues(strategy, folder):
    """A model trained on two devices loads and trains on two devices and on one."""
    gan, _, history = trained(strategy, "float32", steps=2)
    assert np.isfinite(list(history.values())).all(), history
    path = pathlib.Path(folder, "model.keras")
    gan.save(path)
    for target in (strategy, tf.distribute.get_strategy()):
        with target.scope():
            loaded = keras.saving.load_model(path)
        for a, b in zip(weights(loaded), weights(gan), strict=True):
            np.testing.assert_array_equal(a, b)
        history = loaded.fit(BATCH, batch_size=2 * HALF, verbose=0).history
        assert np.isfinite(list(history.values())).all(), history
        assert np.isfinite(loaded.evaluate(BATCH, verbose=0)).all()
        assert loaded.generate(3).shape == (3, 28, 28, 1)


def main(folder):
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    one = tf.distribute.get_strategy()
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    check_step(one, two, "float32", near=1e-4)
    check_step(one, two, "mixed_float16", near=0.02)
    check_latents_differ(two)
    check_training_continues(two, folder)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        main(folder)
