"""One training step of DCGAN, compared with the usual step of two passes.

    python -m benchmarks.gan_step [--repetitions 15] [--batch-size 128] [--json]

The usual step generates images and updates the discriminator, then generates new images
and updates the generator through the updated discriminator. Networks, optimizers,
losses and metrics are the same, in `tf.function` on the available device, and the same
step is also measured in PyTorch. Ours is measured twice: in Keras's `fit`, and in
`recipes.fit` with fused kernels. The sides take turns. The ratio of their rates is
computed within one turn; its median and interval are printed. Above 1, ours is faster.
"""

import argparse
import contextlib
import dataclasses
import itertools
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from benchmarks.comparison import alternated, pairs, row, seconds, threads
from recipes.training.kernels import fused
from zoo.models.dcgan import DCGAN, adversarial_step

SIZES = (((28, 28, 1), 64), ((32, 32, 3), 64), ((64, 64, 3), 32))  # shape, width
IN_KERAS, IN_RECIPES = "Keras's fit", "recipes.fit"  # the loop around our step
GOALS = {(IN_RECIPES, "two passes"): 1.35}  # smallest ratio to reach


class TwoPasses(DCGAN):
    """The same model, trained as in the guides of Keras and PyTorch."""

    def train_step(self, data):
        real = self._real_images(data)
        fake = self.generator(self._draw(self.training_seed, real), training=True)
        with tf.GradientTape() as tape:
            first = adversarial_step.compute_losses(self, real, fake, training=True)
            loss = first.discriminator_loss
        move(tape, loss, self.discriminator_optimizer, self.discriminator)
        latents = self._draw(self.training_seed, real)
        with tf.GradientTape() as tape:
            logits = self.discriminator(
                self.generator(latents, training=True), training=True
            )
            with keras.name_scope("losses"):
                loss = self.generator_loss(None, logits)
        move(tape, loss, self.generator_optimizer, self.generator)
        return self._update_metrics(first)


def move(tape, loss, optimizer, network):
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)


def side(name, shape, width, batch_size):
    """A side: images per second of a step that gets the same images each time."""
    pixels = np.random.default_rng(0).integers(0, 256, (batch_size, *shape), "uint8")
    if name == "pytorch":
        from benchmarks.peers import gan_step

        step = gan_step(shape, width, pixels)
    else:
        keras.utils.set_random_seed(0)
        model = (TwoPasses if name == "two passes" else DCGAN)(shape, width=width)
        model.compile()
        function, images = tf.function(model.train_step), tf.constant(pixels)

        def step():
            return {key: float(value) for key, value in function(images).items()}

    with fused(model) if name == IN_RECIPES else contextlib.nullcontext():
        step()

    def measure():
        return {"images_per_second": batch_size / seconds(step)}

    return measure


PEERS = {"two passes": "two-pass step in Keras", "pytorch": "PyTorch"}


def rows(quick=False, machine=None, repetitions=15, batch_size=128):
    """One row per size and peer."""
    for shape, width in SIZES[:1] if quick else SIZES:
        names = (IN_KERAS, IN_RECIPES, *PEERS)
        turns = alternated(
            {name: (side, name, shape, width, batch_size) for name in names},
            1 if quick else repetitions,
        )
        for ours, peer in itertools.product((IN_KERAS, IN_RECIPES), PEERS):
            yield row(
                "gan",
                f"DCGAN in {ours}, {'×'.join(map(str, shape))}, width {width}",
                PEERS[peer],
                "images/s",
                pairs(turns, ours, peer, "images_per_second"),
                goal=GOALS.get((ours, peer)),
                memory=(turns[-1][ours]["memory"], turns[-1][peer]["memory"]),
                facts={"precision": "float32", "xla": False, "threads": threads()},
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = list(
        rows(repetitions=arguments.repetitions, batch_size=arguments.batch_size)
    )
    if arguments.json:
        print(json.dumps([dataclasses.asdict(result) for result in results]))
        return
    for result in results:
        low, high = result.interval
        print(
            f"{result.setting:44}{result.peer:24}{result.ours:8.0f} images/s, "
            f"{result.ratio:.2f} times the peer's ({low:.2f} to {high:.2f})"
        )


if __name__ == "__main__":
    main()
