"""Augmentation in the pipeline, compared with Keras's layers and `tf.image`.

    python -m benchmarks.augmentation [--repetitions 5] [--training] [--json]

The images have CIFAR-10's shape: uint8, 32×32×3, in batches of 128. The variants take
turns. The ratio is computed within each turn; its median and range over all turns are
printed for wall-clock time and for processor time, which other work on the machine
disturbs less. Keras's layers get their batches from our pipeline, so that only the
augmentation differs. `--training` compares training steps on examples that are
augmented on the fly with steps on examples that were augmented beforehand. It uses the
default models for images, audio and texts, with clips of half a second at 8,000 Hz and
texts of 20 words.
"""

import argparse
import collections
import dataclasses
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.comparison import row, threads
from recipes.augmentation import Compose, CropWithPadding, Flip, Warp, presets
from recipes.augmentation.thesaurus import ENGLISH, read
from recipes.data.dataset import Dataset, Part
from recipes.pipeline import steps_per_epoch, training_batches
from recipes.training.models import build

NUMBER, BATCH = 25_600, 128
STEPS_TRAINED = 40  # in one measurement of training
SOME = STEPS_TRAINED * BATCH
RATE = 8_000  # audio samples per second
IMAGES = np.random.default_rng(0).integers(0, 256, (NUMBER, 32, 32, 3), dtype="uint8")
LABELS = np.arange(NUMBER) % 10
PART = Part(IMAGES, LABELS)
STEPS = steps_per_epoch(NUMBER, BATCH)

TURN, ZOOM, SHIFT = 36, 0.2, 0.1  # degrees; fractions of the side
WARP = Warp(rotation=TURN, zoom=ZOOM, horizontal_flip=True, fill="reflect")
SHIFTED = Warp(
    rotation=TURN, zoom=ZOOM, shift=SHIFT, horizontal_flip=True, fill="reflect"
)
CROP = Compose(CropWithPadding(4), Flip())


def keras_layers(*more):
    """The same changes with Keras's layers, which fill by reflection."""
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(TURN / 360),
            keras.layers.RandomZoom(ZOOM),
            *more,
        ]
    )


def translation():
    return keras.layers.RandomTranslation(SHIFT, SHIFT)


def ours(augment):
    return lambda: training_batches(PART, batch_size=BATCH, augment=augment)


def over_batches(*more):
    """Keras's layers mapped over the engine's batches."""

    def make():
        layers = keras_layers(*(layer() for layer in more))
        batches = training_batches(PART, batch_size=BATCH)
        return mapped(batches, lambda x, y: (layers(x, training=True), y))

    return make


def per_example(*more):
    """Keras's layers mapped over single examples, as in many tutorials."""

    def make():
        layers = keras_layers(*(layer() for layer in more))
        slices = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
        changed = mapped(
            slices.shuffle(NUMBER), lambda x, y: (layers(x, training=True), y)
        )
        return changed.batch(BATCH).prefetch(tf.data.AUTOTUNE)

    return make


def cropped_per_example():
    """Crop and flip with `tf.image`, as in the tutorials."""

    def change(image, label):
        image = tf.image.resize_with_crop_or_pad(image, 40, 40)
        image = tf.image.random_crop(image, [32, 32, 3])
        return tf.image.random_flip_left_right(image), label

    slices = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    changed = mapped(slices.shuffle(NUMBER), change)
    return changed.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def mapped(batches, change):
    changed = batches.map(change, num_parallel_calls=tf.data.AUTOTUNE)
    return changed.prefetch(tf.data.AUTOTUNE)


CASES = {  # name: (ours, peer)
    "flip, rotation, zoom: Keras over batches": (ours(WARP), over_batches()),
    "flip, rotation, zoom: Keras per example": (ours(WARP), per_example()),
    "and shift: Keras over batches": (ours(SHIFTED), over_batches(translation)),
    "and shift: Keras per example": (ours(SHIFTED), per_example(translation)),
    "crop and flip: tf.image per example": (ours(CROP), cropped_per_example),
    "crop and flip: as one warp": (
        ours(CROP),
        ours(Warp(shift=1 / 8, horizontal_flip=True)),
    ),
}
GOALS = {  # smallest ratio to reach
    "and shift: Keras over batches": 2.5,
    "and shift: Keras per example": 5.0,
    "training on images": 1 / 1.1,
}


def check_same_work() -> None:
    """Checks that both sides give changed images in 0…255 of the same shape."""
    for mine, peer in CASES.values():
        for make in (mine, peer):
            images, labels = next(iter(make()))
            assert images.shape == (BATCH, 32, 32, 3)
            assert labels.shape == (BATCH,)
            pixels = tf.cast(images, tf.float32)
            assert 0 <= tf.reduce_min(pixels) < 20
            assert 235 < tf.reduce_max(pixels) < 256


@dataclasses.dataclass(frozen=True)
class Rate:
    """Images per second of wall-clock time and of processor time."""

    clock: float
    processor: float


def timed(examples: int, work) -> Rate:
    start, used = time.perf_counter(), time.process_time()
    work()
    return Rate(
        examples / (time.perf_counter() - start),
        examples / (time.process_time() - used),
    )


def rate(make) -> Rate:
    """Time of one pass, measured from the first batch on."""
    batches = iter(make().take(STEPS))
    next(batches)
    return timed((STEPS - 1) * BATCH, lambda: collections.deque(batches, maxlen=0))


def images_to_train_on() -> tuple[Dataset, object]:
    return dataset_of("images", Part(IMAGES[:SOME], LABELS[:SOME])), WARP


def sounds_to_train_on():
    rng = np.random.default_rng(0)
    clips = rng.uniform(-0.5, 0.5, (SOME, RATE // 2)).astype("float32")
    lengths = np.full(SOME, RATE // 2)
    data = dataset_of("audio", Part(clips, LABELS[:SOME], lengths))
    return data, presets.choose("light", data)


def texts_to_train_on():
    rng = np.random.default_rng(0)
    words = np.array([*read(ENGLISH), *(f"word{n}" for n in range(2000))], object)
    texts = np.array([" ".join(rng.choice(words, 20)) for _ in range(SOME)], object)
    data = dataset_of("text", Part(texts, LABELS[:SOME]))
    return data, presets.choose("light", data)


def dataset_of(kind, part):
    rate = RATE if kind == "audio" else None
    names = tuple("0123456789")
    return Dataset("made", kind, part, part, part, names, sample_rate=rate)


TRAINED = {  # name: (model, its data and their augmentation)
    "images": ("cnn", images_to_train_on),
    "sounds": ("recurrent", sounds_to_train_on),
    "texts": ("recurrent", texts_to_train_on),
}


def training_rates(
    case: str, repetitions: int, steps: int = STEPS_TRAINED
) -> list[tuple[Rate, Rate]]:
    """Training on examples augmented on the fly, and augmented beforehand."""
    name, made = TRAINED[case]
    data, augment = made()
    model = build(name, data, {})
    model.compile("sgd", "sparse_categorical_crossentropy")
    part = data.train.take(np.arange(steps * BATCH))
    before, _ = augment(part.inputs, part.labels, (1, 2))
    ready = dataclasses.replace(part, inputs=before.numpy())

    def training(part, augment):
        batches = training_batches(part, batch_size=BATCH, augment=augment)
        return timed(
            steps * BATCH,
            lambda: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0),
        )

    training(part, augment)  # compiles
    training(ready, None)
    found = []
    for number in range(repetitions):
        sides = [(part, augment), (ready, None)]
        rates = [training(*side) for side in sides[:: -1 if number % 2 else 1]]
        found.append(tuple(rates[:: -1 if number % 2 else 1]))
    return found


def rows(quick=False, machine=None):
    """One row per peer."""
    if not quick:
        check_same_work()
    cases = dict(list(CASES.items())[:2]) if quick else CASES
    for name, (mine, peer) in cases.items():
        turns = [(rate(mine), rate(peer)) for _ in range(1 if quick else 5)]
        yield row(
            "augmentation",
            "CIFAR-10",
            name,
            "images/s",
            [(a.clock, b.clock) for a, b in turns],
            goal=GOALS.get(name),
            facts={"threads": threads()},
        )
    for case in () if quick else TRAINED:
        yield row(
            "augmentation",
            f"training on {case}",
            "augmented before",
            "examples/s",
            [(a.clock, b.clock) for a, b in training_rates(case, 5)],
            goal=GOALS.get(f"training on {case}"),
            facts={"threads": threads()},
        )


def summary(name, turns) -> dict:
    result = {"peer": name}
    for measure in ("clock", "processor"):
        rates = [(getattr(a, measure), getattr(b, measure)) for a, b in turns]
        ratios = [mine / peer for mine, peer in rates]
        result[measure] = {
            "ours_per_second": statistics.median(mine for mine, _ in rates),
            "peer_per_second": statistics.median(peer for _, peer in rates),
            "ratio": statistics.median(ratios),
            "ratio_range": [min(ratios), max(ratios)],
        }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.training:
        results = [
            summary(
                f"training on {case} augmented before",
                training_rates(case, arguments.repetitions),
            )
            for case in TRAINED
        ]
    else:
        check_same_work()
        results = [
            summary(
                name, [(rate(mine), rate(peer)) for _ in range(arguments.repetitions)]
            )
            for name, (mine, peer) in CASES.items()
        ]
    if arguments.json:
        print(json.dumps(results))
        return
    print(f"{'peer':43}{'':11}{'ours, 1/s':>16}{'peer':>10}  ratio (range)")
    for result in results:
        for measure in ("clock", "processor"):
            figures = result[measure]
            low, high = figures["ratio_range"]
            print(
                f"{result['peer']:43}{measure:11}"
                f"{figures['ours_per_second']:16,.0f}"
                f"{figures['peer_per_second']:10,.0f}  {figures['ratio']:.2f} "
                f"({low:.2f} to {high:.2f})"
            )


if __name__ == "__main__":
    main()
