"""Folders of photos that are decoded in the batch, compared with Keras and PyTorch.

    python -m benchmarks.images [--photos 5000] [--repetitions 5] [--json]
    python -m benchmarks.images --files 100000

The first writes JPEG photos of about 500×375 pixels, crops of the two of scikit-learn,
and takes an epoch of batches of 32 images of 224×224 with random crops and flips.
The sides take turns. The second measures, in a fresh process, the time to the first
batch and the memory of a folder of so many small JPEG files, links to a few.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.comparison import alternated, pairs, peak_memory, row, threads

PHOTOS, BATCH, SIDE, MARGIN = 5_000, 32, 224, 16
SMALL = (96, 96)  # pixels of the files of the second measurement
DIFFERENT = 40  # contents of them
GOALS = {"image_dataset_from_directory": 1.5, "PyTorch DataLoader": 1.5}
CASES = {  # peer: (our equivalent, its setting)
    "image_dataset_from_directory": ("ours", "photos, decoded in the batch"),
    "PyTorch DataLoader": ("ours", "photos, decoded in the batch"),
    "decoded in the batch": ("once", "photos, decoded once"),
}
SIDES = {
    "image_dataset_from_directory": "keras",
    "PyTorch DataLoader": "torch",
    "decoded in the batch": "ours",
}


def write_photos(folder, number):
    """Write `folder/{china,flower}/N.jpg`, each another crop, of another size."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    originals = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    for n in range(number):
        photo, name = originals[n % 2], ("china", "flower")[n % 2]
        size = np.array(photo.size) * rng.uniform(0.6, 1)
        left, top = rng.uniform(0, np.array(photo.size) - size)
        target = np.array([500, 375]) + rng.integers(-20, 21, 2)
        box = (left, top, left + size[0], top + size[1])
        photo = photo.resize(tuple(target), Image.Resampling.BICUBIC, box)
        if rng.random() < 0.5:
            photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        (folder / name).mkdir(parents=True, exist_ok=True)
        photo.save(folder / name / f"{n:05}.jpg", quality=90)


class Makers:
    """One epoch of batches of a folder, made in each of the ways.

    Args:
        folder: A folder with one folder of photos per class.
    """

    def __init__(self, folder):
        self.folder = folder

    def ours(self, decode="batch"):
        import recipes
        from recipes.augmentation import Compose, CropWithPadding, Flip
        from recipes.pipeline import steps_per_epoch, training_batches

        data = recipes.load(self.folder, image_size=(SIDE, SIDE), decode=decode)
        augment = Compose(CropWithPadding(MARGIN), Flip())
        batches = training_batches(data.train, batch_size=BATCH, augment=augment)
        return batches.take(steps_per_epoch(len(data.train), BATCH))

    def once(self):
        return self.ours("once")

    def keras(self):
        """As in Keras's guide to image classification from scratch."""
        import keras
        import tensorflow as tf

        size = SIDE + 2 * MARGIN
        batches = keras.utils.image_dataset_from_directory(
            self.folder, image_size=(size, size), batch_size=BATCH, verbose=False
        )
        layers = [keras.layers.RandomCrop(SIDE, SIDE)]
        layers.append(keras.layers.RandomFlip("horizontal"))

        def augmented(images, labels):
            for layer in layers:
                images = layer(images, training=True)
            return images, labels

        augmented = batches.map(augmented, num_parallel_calls=tf.data.AUTOTUNE)
        return augmented.prefetch(tf.data.AUTOTUNE)

    def torch(self):
        """As torchvision's `ImageFolder` and transforms do it, which use Pillow."""
        from torch.utils.data import DataLoader

        return DataLoader(Photos(self.folder), BATCH, shuffle=True, num_workers=2)


class Photos:
    """A folder of photos for PyTorch's `DataLoader`."""

    def __init__(self, folder):
        classes = sorted(path.name for path in folder.iterdir())
        self.samples = [
            (path, label)
            for label, name in enumerate(classes)
            for path in sorted((folder / name).iterdir())
        ]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        import random

        import torch
        from PIL import Image

        path, label = self.samples[index]
        size = SIDE + 2 * MARGIN
        with path.open("rb") as file:
            photo = Image.open(file).convert("RGB")
        photo = photo.resize((size, size), Image.Resampling.BILINEAR)
        left, top = random.randint(0, 2 * MARGIN), random.randint(0, 2 * MARGIN)
        photo = photo.crop((left, top, left + SIDE, top + SIDE))
        if random.random() < 0.5:
            photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1).contiguous()
        return pixels.to(torch.float32).div(255), label


def side(name, folder):
    """A side: photos per second over an epoch, and milliseconds of processor time."""
    batches = getattr(Makers(folder), name)()

    def measure():
        before, start, number = processor_time(), time.perf_counter(), 0
        for _, labels in batches:
            number += len(labels)
        seconds = time.perf_counter() - start
        spent = processor_time() - before
        return {"photos_per_second": number / seconds, "ms": spent / number * 1e3}

    return measure


def processor_time():
    """Seconds of this process and of its workers that have ended."""
    return sum(os.times()[:4])


def rows(quick=False, machine=None, repetitions=5, photos=PHOTOS):
    """One row per peer."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "photos"
        write_photos(folder, 200 if quick else photos)
        names = ("ours", "once", "keras", "torch")
        sides = {name: (side, name, folder) for name in names}
        turns = alternated(sides, 1 if quick else repetitions)
    for peer, (mine, setting) in CASES.items():
        theirs = SIDES[peer]
        times = [[turn[name]["ms"] for turn in turns] for name in (mine, theirs)]
        yield row(
            "images",
            setting,
            peer,
            "images/s",
            pairs(turns, mine, theirs, "photos_per_second"),
            goal=GOALS.get(peer),
            memory=(turns[-1][mine]["memory"], turns[-1][theirs]["memory"]),
            facts={
                "threads": threads(),
                "processor_ms": [float(np.median(each)) for each in times],
            },
        )


def write_links(folder, number):
    """Write `folder/N/*.jpg`, links to a few files, and return the folder."""
    write_photos(folder / "few", DIFFERENT)
    few = sorted((folder / "few").glob("*/*.jpg"))
    from PIL import Image

    for path in few:
        Image.open(path).resize(SMALL).save(path)
    for n in range(10):
        (folder / "many" / f"class {n}").mkdir(parents=True)
    for n in range(number):
        target = folder / "many" / f"class {n % 10}" / f"photo {n:07}.jpg"
        target.hardlink_to(few[n % DIFFERENT])
    return folder / "many"


def first_batch(folder):
    """Seconds and megabytes until the first batch, after TensorFlow's start."""
    import tensorflow as tf

    import recipes
    from recipes.pipeline import training_batches

    tf.zeros(1)
    before, start, used = peak_memory(), time.perf_counter(), processor_time()
    data = recipes.load(folder, image_size=SMALL, decode="batch")
    loaded = time.perf_counter() - start
    next(iter(training_batches(data.train, batch_size=128)))
    return {
        "loading_seconds": loaded,
        "first_batch_seconds": time.perf_counter() - start,
        "processor_seconds": processor_time() - used,
        "mb_before": before,
        "peak_mb": peak_memory(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--files", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder is not None:
        print(json.dumps(first_batch(arguments.folder)))
        return
    if arguments.files is not None:
        with tempfile.TemporaryDirectory() as folder:
            many = write_links(pathlib.Path(folder), arguments.files)
            command = [sys.executable, "-m", "benchmarks.images", "--folder", many]
            subprocess.run(command, check=True)
        return
    results = list(rows(repetitions=arguments.repetitions, photos=arguments.photos))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(result) for result in results]))
        return
    print(f"{'peer':32}{'ours, images/s':>16}{'peer, images/s':>16}  ratio (interval)")
    for found in results:
        low, high = found.interval
        ours, theirs = found.facts["processor_ms"]
        print(
            f"{found.peer:32}{found.ours:16,.0f}{found.theirs:16,.0f}  "
            f"{found.ratio:.2f} ({low:.2f} to {high:.2f}); processor time of an image "
            f"{ours:.2f} and {theirs:.2f} ms; peak memory {found.memory[0]:,.0f} and "
            f"{found.memory[1]:,.0f} MB"
        )


if __name__ == "__main__":
    main()
