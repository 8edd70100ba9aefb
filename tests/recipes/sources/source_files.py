"""Arrays, tables and folders for tests to load."""

import csv

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 6, 5, 3), dtype="uint8")
LABELS = np.arange(60) % 3
ROWS = RNG.normal(size=(60, 4)).astype("float32")


def write_folder(root, counts, size=(6, 5), mode="RGB", suffix="png"):
    """Write random images; `counts` maps folders of classes to numbers of images."""
    rng = np.random.default_rng(1)
    channels = {"RGB": (3,), "L": ()}[mode]
    written = {}
    for name, count in counts.items():
        folder = root / name
        folder.mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (*size, *channels), dtype="uint8")
            path = folder / f"{number:02}.{suffix}"
            Image.fromarray(pixels).save(path)
            written[path] = pixels
    return written


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def good_rows(number=30):
    return [[i * 0.5, i % 7, "ab"[i % 2]] for i in range(number)]


def check_complete(dataset, total):
    """Check that all examples are in three stratified parts of the right types."""
    parts = (dataset.train, dataset.validation, dataset.test)
    assert sum(map(len, parts)) == total
    for part in parts:
        assert part.labels.dtype == "int64"
        assert len(part.inputs) == len(part)
        assert part.inputs.shape[1:] == dataset.input_shape
        assert part.inputs.dtype == ("float32" if dataset.kind == "table" else "uint8")
        assert set(part.labels) == set(range(dataset.num_classes))


def prepare_tfds(folder, path, features, examples):
    """Write a data set to `folder/path` in the format of TensorFlow Datasets.

    `path` ends in the version; `examples` maps parts to lists of examples.
    """
    import tensorflow_datasets as tfds

    target = folder / path
    target.mkdir(parents=True)
    name, *configuration, version = path.split("/")
    writer = tfds.core.SequentialWriter(
        tfds.core.DatasetInfo(
            builder=tfds.core.DatasetIdentity(
                name=name,
                version=tfds.core.Version(version),
                data_dir=str(target),
                module_name="",
                config_name=configuration[0] if configuration else "",
            ),
            features=tfds.features.FeaturesDict(features),
        ),
        max_examples_per_shard=1000,
    )
    writer.initialize_splits(list(examples))
    writer.add_examples(examples)
    writer.close_all()
    return folder
