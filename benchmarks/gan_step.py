"""One training step of DCGAN against the usual one, which passes twice.

    python -m benchmarks.gan_step [--repetitions 15] [--batch-size 128] [--json]

The usual step draws images, moves the discriminator, draws others, and moves the
generator through the discriminator that has just moved. Same networks, optimizers,
losses and metrics, in `tf.function` on whatever device there is. The two take turns;
the ratio of their times is taken within one turn, and its median and range over the
turns are printed. A ratio above 1: ours is faster.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from zoo.dcgan import DCGAN, game

SIZES = (((28, 28, 1), 64), ((32, 32, 3), 64), ((64, 64, 3), 32))  # shape, width
GOAL = 1.35


class TwoPasses(DCGAN):
    """The same model, trained as Keras's and PyTorch's guides train it."""

    def train_step(self, data):
        real = self._real_images(data)
        fake = self.generator(self._draw(self.training_seed, real), training=True)
        with tf.GradientTape() as tape:
            first = game.judge(self, real, fake, training=True)
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
        return self._track(first)


def move(tape, loss, optimizer, network):
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)


def compiled(model_class, shape, width, images):
    """A training step on the same images each time, run twice beforehand."""
    keras.utils.set_random_seed(0)
    model = model_class(shape, width=width)
    model.compile()
    step = tf.function(model.train_step)

    def run():
        return {name: float(value) for name, value in step(images).items()}

    run()
    run()
    return run


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(repetitions, batch_size):
    for shape, width in SIZES:
        pixels = np.random.default_rng(0).integers(0, 256, (batch_size, *shape))
        images = tf.constant(pixels, tf.uint8)
        ours = compiled(DCGAN, shape, width, images)
        usual = compiled(TwoPasses, shape, width, images)
        turns = [(seconds(ours), seconds(usual)) for _ in range(repetitions)]
        ratios = [theirs / own for own, theirs in turns]
        yield {
            "shape": list(shape),
            "width": width,
            "batch_size": batch_size,
            "images_per_second": batch_size / statistics.median(t for t, _ in turns),
            "ratio": statistics.median(ratios),
            "quartiles": statistics.quantiles(ratios, n=4)[::2],
            "range": [min(ratios), max(ratios)],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = list(measure(arguments.repetitions, arguments.batch_size))
    if arguments.json:
        print(json.dumps(results))
        return
    print(f"shape        width  images/s  ratio (quartiles; range), goal {GOAL}")
    for r in results:
        shape = "×".join(map(str, r["shape"]))
        low, high, least, most = (*r["quartiles"], *r["range"])
        print(
            f"{shape:12}{r['width']:6}{r['images_per_second']:10.0f}  {r['ratio']:.2f} "
            f"({low:.2f} to {high:.2f}; {least:.2f} to {most:.2f})"
        )


if __name__ == "__main__":
    main()
