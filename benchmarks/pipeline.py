"""The input pipeline alone, against what people write by hand.

    python -m benchmarks.pipeline [--repetitions 5] [--json]

CIFAR-10's shape: 50,000 uint8 images of 32×32×3, batches of 128, one epoch a
measurement, every example once. The variants take turns; the ratio is taken within
each turn, and its median and range over the turns are printed.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from recipes.dataset import Part
from recipes.pipeline import steps_per_epoch, training_batches

NUMBER, BATCH = 50_000, 128
IMAGES = np.random.default_rng(0).integers(0, 256, (NUMBER, 32, 32, 3), dtype="uint8")
LABELS = np.arange(NUMBER)
PART = Part(IMAGES, LABELS)
STEPS = steps_per_epoch(NUMBER, BATCH)


def scaled(images, labels, seed=None):
    """The usual first step: pixels in 0…1."""
    return tf.cast(images, tf.float32) / 255, labels


def ours():
    return training_batches(PART, batch_size=BATCH).take(STEPS)


def ours_scaled():
    return training_batches(PART, batch_size=BATCH, augment=scaled).take(STEPS)


def shuffled():
    """`shuffle` with a buffer as large as the data, for a shuffle as good as ours."""
    slices = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    return slices.shuffle(NUMBER).batch(BATCH).prefetch(tf.data.AUTOTUNE)


def shuffled_and_mapped():
    """What tutorials show: one example at a time, in parallel, then batched."""
    slices = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    mapped = slices.shuffle(NUMBER).map(scaled, num_parallel_calls=tf.data.AUTOTUNE)
    return mapped.batch(BATCH).prefetch(tf.data.AUTOTUNE)


CASES = {  # name: (ours, peer, what both give)
    "shuffle().batch()": (ours, shuffled, "uint8"),
    "shuffle().map(one example).batch()": (ours_scaled, shuffled_and_mapped, "float32"),
}


def check_same_work() -> None:
    """Both sides give every example once, in the same types."""
    for mine, peer, dtype in CASES.values():
        for make in (mine, peer):
            batches = list(make())
            seen = np.concatenate([labels for _, labels in batches])
            assert sorted(seen) == list(range(NUMBER))
            assert batches[0][0].dtype == dtype
            assert batches[0][0].shape == (BATCH, 32, 32, 3)


def rate(make) -> float:
    """Images per second over one epoch, the start of the pipeline included."""
    batches = make()
    start = time.perf_counter()
    for _ in batches:
        pass
    return NUMBER / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    check_same_work()
    results = []
    for name, (mine, peer, _) in CASES.items():
        turns = [(rate(mine), rate(peer)) for _ in range(arguments.repetitions)]
        ratios = [a / b for a, b in turns]
        results.append(
            {
                "peer": name,
                "ours_images_per_second": statistics.median(a for a, _ in turns),
                "peer_images_per_second": statistics.median(b for _, b in turns),
                "ratio": statistics.median(ratios),
                "ratio_range": [min(ratios), max(ratios)],
            }
        )
    if arguments.json:
        print(json.dumps(results))
        return
    print(f"{'peer':36}{'ours, images/s':>16}{'peer, images/s':>16}  ratio (range)")
    for result in results:
        low, high = result["ratio_range"]
        print(
            f"{result['peer']:36}{result['ours_images_per_second']:16,.0f}"
            f"{result['peer_images_per_second']:16,.0f}  {result['ratio']:.1f} "
            f"({low:.1f} to {high:.1f})"
        )


if __name__ == "__main__":
    main()
