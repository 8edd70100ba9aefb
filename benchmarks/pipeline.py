"""The input pipeline alone, compared with pipelines written by hand.

    python -m benchmarks.pipeline [--repetitions 5] [--json]

The data has CIFAR-10's shape: 50,000 uint8 images of 32×32×3, in batches of 128. One
measurement is one epoch, with every example once. The variants take turns. The ratio is
computed within each turn; its median and interval over all turns are printed.
"""

import argparse
import dataclasses
import json
import time

import numpy as np

from benchmarks.comparison import alternated, pairs, row, threads

NUMBER, BATCH = 50_000, 128
CASES = {  # peer: (our equivalent, name of the case)
    "shuffle().batch()": ("ours", "shuffled"),
    "shuffle().map(one example).batch()": ("ours_scaled", "mapped"),
    "PyTorch DataLoader": ("ours_scaled", "dataloader"),
}
GOALS = {  # smallest ratio to reach
    "shuffle().batch()": 1.8,
    "shuffle().map(one example).batch()": 10.0,
}


class Makers:
    """One epoch of batches, made in each of the ways.

    Args:
        number: Number of images.
    """

    def __init__(self, number: int):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (number, 32, 32, 3), dtype="uint8")
        self.labels = np.arange(number)

    def ours(self, augment=None):
        from recipes.data.dataset import Part
        from recipes.pipeline import steps_per_epoch, training_batches

        part = Part(self.images, self.labels)
        batches = training_batches(part, batch_size=BATCH, augment=augment)
        return batches.take(steps_per_epoch(len(part), BATCH))

    def ours_scaled(self):
        return self.ours(scaled)

    def _slices(self):
        """A shuffle buffer as large as the data, for an order as random as ours."""
        import tensorflow as tf

        slices = tf.data.Dataset.from_tensor_slices((self.images, self.labels))
        return slices.shuffle(len(self.labels))

    def shuffled(self):
        import tensorflow as tf

        return self._slices().batch(BATCH).prefetch(tf.data.AUTOTUNE)

    def mapped(self):
        """One example at a time, in parallel, then batched, as in tutorials."""
        import tensorflow as tf

        mapped = self._slices().map(scaled, num_parallel_calls=tf.data.AUTOTUNE)
        return mapped.batch(BATCH).prefetch(tf.data.AUTOTUNE)

    def dataloader(self):
        """Single examples scaled in worker processes, as in PyTorch's guide."""
        from torch.utils.data import DataLoader

        return DataLoader(
            Examples(self.images, self.labels),
            BATCH,
            shuffle=True,
            num_workers=threads(),
        )


class Examples:
    """A data set for PyTorch's `DataLoader`."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        import torch

        image = torch.from_numpy(self.images[index])
        return image.to(torch.float32).div_(255), self.labels[index]


def scaled(images, labels, seed=None):
    """Scales pixels to 0…1."""
    import tensorflow as tf

    return tf.cast(images, tf.float32) / 255, labels


def side(name, number):
    """A side: images per second over an epoch, including the start-up."""
    make = getattr(Makers(number), name)
    seen = np.concatenate([np.asarray(labels) for _, labels in make()])
    assert sorted(seen) == list(range(number)), name
    first = next(iter(make()))[0]
    assert tuple(first.shape) == (BATCH, 32, 32, 3), name
    kind = "uint8" if name in ("ours", "shuffled") else "float32"
    assert kind in str(first.dtype), name

    def measure():
        batches = make()
        start = time.perf_counter()
        for _ in batches:
            pass
        return {"images_per_second": number / (time.perf_counter() - start)}

    return measure


def rows(quick=False, machine=None, repetitions=5):
    """One row per peer."""
    number = 5_000 if quick else NUMBER
    names = sorted({name for case in CASES.values() for name in case})
    turns = alternated(
        {name: (side, name, number) for name in names}, 1 if quick else repetitions
    )
    for peer, (mine, theirs) in CASES.items():
        found = pairs(turns, mine, theirs, "images_per_second")
        size = 32 * 32 * 3 * (1 if mine == "ours" else 4)
        limit = None
        if machine is not None:  # Each batch is read once and written once.
            rate = np.median([a for a, _ in found])
            limit = float(rate * (32 * 32 * 3 + size) / machine["bytes"])
        yield row(
            "pipeline",
            "CIFAR-10" if mine == "ours" else "CIFAR-10, scaled",
            peer,
            "images/s",
            found,
            goal=GOALS.get(peer),
            limit=limit,
            memory=(turns[-1][mine]["memory"], turns[-1][theirs]["memory"]),
            facts={"threads": threads()},
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = list(rows(repetitions=arguments.repetitions))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(result) for result in results]))
        return
    print(f"{'peer':36}{'ours, images/s':>16}{'peer, images/s':>16}  ratio (interval)")
    for result in results:
        low, high = result.interval
        print(
            f"{result.peer:36}{result.ours:16,.0f}{result.theirs:16,.0f}  "
            f"{result.ratio:.1f} ({low:.1f} to {high:.1f})"
        )


if __name__ == "__main__":
    main()
