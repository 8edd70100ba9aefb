"""Resizing the images of a data set."""

import dataclasses

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.progress import track
from zoo.errors import InputError
from zoo.kinds import Kind

BATCH = 256  # images resized at a time


def resized(dataset: Dataset, image_size: tuple[int, int] | None) -> Dataset:
    """The data set with its images, if it holds any, resized to `(height, width)`."""
    if image_size is None or dataset.kind != Kind.IMAGES:
        return dataset
    if dataset.input_shape[:2] == tuple(image_size):
        return dataset
    parts = (dataset.train, dataset.validation, dataset.test)
    if any(isinstance(part.inputs, np.memmap) for part in parts):
        raise InputError(
            f"The files of {dataset.name} are memory-mapped: save resized images "
            "instead of giving `image_size`."
        )
    old, new = ("{}×{}".format(*size) for size in (dataset.input_shape, image_size))
    return dataclasses.replace(
        dataset,
        train=_resized(dataset.train, image_size),
        validation=_resized(dataset.validation, image_size),
        test=_resized(dataset.test, image_size),
        notes=(*dataset.notes, f"images were resized from {old} to {new}"),
    )


def _resized(part: Part, size) -> Part:
    import tensorflow as tf

    images = np.empty((len(part), *size, part.inputs.shape[3]), "uint8")
    starts = range(0, len(part), BATCH)
    for start in track(starts, "resizing images", len(starts)):
        batch = part.inputs[start : start + BATCH]
        pixels = tf.image.resize(batch, size, antialias=True)
        pixels = tf.clip_by_value(tf.round(pixels), 0, 255)
        images[start : start + BATCH] = pixels.numpy()
    return dataclasses.replace(part, inputs=images)
