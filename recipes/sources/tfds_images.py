"""Image classifications of TensorFlow Datasets."""

import contextlib
import functools
import logging
import os
import socket
import urllib.parse
import urllib.request

import numpy as np

from recipes.dataset import Dataset
from recipes.progress import track
from recipes.sources.arrays import from_arrays
from recipes.sources.image_folder import LARGEST
from zoo.errors import InputError

BATCH = 512


@functools.cache
def names() -> frozenset[str]:
    """Names of all data sets that TensorFlow Datasets knows, without a network."""
    import tensorflow_datasets as tfds

    return frozenset(tfds.list_builders(with_community_datasets=False))


def load_tfds(
    name: str,
    data_dir: str | os.PathLike | None,
    download: bool,
    image_size: tuple[int, int] | None,
) -> Dataset:
    """Reads an image classification into memory.

    Raises:
        InputError: If it is no image classification, is not there and may not or
            cannot be downloaded.
    """
    builder = _builder(name, data_dir)
    features = dict(builder.info.features or {})
    if "image" not in features or not hasattr(features.get("label"), "names"):
        raise InputError(
            f"{name} of TensorFlow Datasets is no image classification: it has "
            f"{', '.join(features)}, and `image` and `label` are needed."
        )
    _prepare(builder, name, download)
    notes, shape = [], features["image"].shape
    height, width = image_size or shape[:2]
    if None in (height, width):
        height = width = LARGEST
    if (height, width) != tuple(shape[:2]):
        notes.append(
            f"images were resized to {height}×{width} (--image-size chooses another)"
        )
    arrays = {}
    for part in ("train", "test", "validation"):
        if part in builder.info.splits:
            arrays[f"x_{part}"], arrays[f"y_{part}"] = _read(
                builder, part, height, width
            )
    if "x_train" not in arrays:
        raise InputError(
            f"{name} of TensorFlow Datasets has no train part; it has "
            f"{', '.join(builder.info.splits)}."
        )
    return from_arrays(
        **arrays,
        class_names=features["label"].names,
        name=name.replace("/", "-"),
        notes=tuple(notes),
    )


def _builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        with _quiet():
            return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except Exception as error:  # A wrong config or version: several kinds.
        reason = str(error).strip().partition("\n")[0].rpartition('": ')[2]
        raise InputError(
            f"TensorFlow Datasets has no {name!r}: {reason.partition('. Here')[0]}"
        ) from error


def _prepare(builder, name, download):
    """Downloads and prepares the data unless they are there."""
    if builder.data_path.exists():
        if not builder.info.splits:
            raise InputError(
                f"{builder.data_path} holds no prepared data set; remove that folder."
            )
        return
    if not download:
        raise InputError(
            f"{name} is not prepared in {builder.data_path.parent}; allow the "
            "download, or give the folder that has it with --data-dir."
        )
    _check_network(builder, name)
    try:
        builder.download_and_prepare()
    except Exception as error:  # Each data set raises its own.
        reason = str(error).strip().splitlines()[0] if str(error) else repr(error)
        raise InputError(
            f"Cannot download {name}: {reason} Check the network, or give a folder "
            "that has it with --data-dir."
        ) from error


def _check_network(builder, name):
    """Refuses at once what the downloader would try for minutes.

    It asks for the addresses of the hosts that the data come from, nothing else;
    behind a proxy, which knows them alone, not even that.
    """
    if urllib.request.getproxies():
        return
    urls = getattr(builder, "url_infos", {})
    for host in sorted({urllib.parse.urlsplit(url).hostname for url in urls} - {None}):
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise InputError(
                f"Cannot download {name}: the host {host} is not found. Check the "
                "network, or give the folder that has the data with --data-dir."
            ) from error


def _read(builder, part, height, width):
    import tensorflow as tf

    count = builder.info.splits[part].num_examples
    with _quiet():
        examples = builder.as_dataset(split=part, shuffle_files=False)

    def pixels(example):
        image = example["image"]
        if image.shape[:2] != (height, width):
            resized = tf.image.resize(image, [height, width], antialias=True)
            image = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
        return image, example["label"]

    batches = examples.map(pixels, tf.data.AUTOTUNE).batch(BATCH).prefetch(2)
    steps = track(batches, f"reading {part} images", -(-count // BATCH))
    try:
        images, labels = zip(
            *((images.numpy(), labels.numpy()) for images, labels in steps), strict=True
        )
    except tf.errors.OpError as error:
        raise InputError(
            f"Cannot read the {part} part in {builder.data_path}: its files are "
            "damaged or missing; remove that folder and prepare it again."
        ) from error
    return np.concatenate(images), np.concatenate(labels)


@contextlib.contextmanager
def _quiet():
    """Without TensorFlow Datasets' own log lines."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
