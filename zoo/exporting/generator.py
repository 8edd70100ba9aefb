"""The generator alone as a SavedModel that needs none of this package to run."""

import functools
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from custom.arguments import positive_integer
from zoo.errors import InputError
from zoo.exporting.files import check_format, export_file
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.requests import checked, in_range
from zoo.exporting.saved_model import publish, write_saved_model
from zoo.models.dcgan import pixels
from zoo.models.dcgan.latents import LARGEST_SEED
from zoo.models.dcgan.model import DCGAN
from zoo.targets import in_graph

LATENTS = "latents"  # the signature
SEED = 7  # of the images that the export is proved with


def export_generator(
    model: DCGAN,
    path: str | os.PathLike,
    *,
    max_count: int = 1024,
    format: str = "saved_model",
) -> pathlib.Path:
    """Writes the generator as the next version of a TensorFlow Serving model.

    Two signatures, both with the output `images`, uint8 `[n, side, side, channels]`:

    * `serving_default` takes `count` and `seed`, int64 numbers, and gives what
      `model.generate(count, seed)` gives;
    * `latents` takes `latents`, float32 `[n, latent_dim]`.

    A count or seed out of range, and latents of another shape or not finite, are errors
    of the request. The version is written, tried and published as every other; see
    `zoo.export`.

    Args:
        model: The DCGAN. Its discriminator is left out.
        path: Folder of the versions, made if it is missing.
        max_count: Most images for one request, since each takes memory.
        format: `"saved_model"`; or `"onnx"` or `"litert"` for a file of that format,
            at `path`, that takes `latents`.

    Returns:
        The folder of the new version, or the file.

    Raises:
        InputError: If the model is no DCGAN, or `path` cannot be written.
        ExportError: If what was written fails or gives other images.
        OSError: If the disk is full.
        ValueError: If `max_count` is no positive integer, or there is no such format.
    """
    check_format(format)
    max_count = positive_integer("max_count", max_count)
    if not isinstance(model, DCGAN):
        raise InputError(
            f"`export_generator` takes a DCGAN, got a {type(model).__name__}."
        )
    save = functools.partial(_save, model, max_count)
    ask = functools.partial(_questions, model, min(max_count, 3))
    if format == "saved_model":
        return publish(path, save, ask)
    return export_file(path, format, save, [q for q in ask() if q.signature == LATENTS])


def _save(model, max_count, folder):
    """The two signatures, and a description with them."""
    numbers = [tf.TensorSpec([], tf.int64, name=name) for name in ("count", "seed")]
    latents = tf.TensorSpec([None, model.latent_dim], tf.float32, name="latents")

    def images_of(points):
        points = checked(points, latents)
        outputs = pixels.to_pixels(model.generator(points, training=False))
        return model.target.answers(outputs, in_graph())

    def images_from(count, seed):
        # Checked before it is used: a huge count would take all memory first.
        count = in_range(count, numbers[0], 1, max_count)
        seed = in_range(seed, numbers[1], 0, LARGEST_SEED)
        # As `keras.random.normal` makes it of an integer seed.
        seed = tf.stack([tf.cast(seed % (tf.int32.max - 1), tf.int32), 0])
        return images_of(tf.random.stateless_normal((count, model.latent_dim), seed))

    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", images_from, numbers)
    archive.add_endpoint(LATENTS, images_of, [latents])
    description = {
        "kind": "generator",
        "image_shape": list(model.image_shape),
        "latent_dim": model.latent_dim,
        "max_count": max_count,
    }
    layers = model._flatten_layers(include_self=False)
    write_saved_model(folder, archive, layers, description)


def _questions(model, count):
    """Of both signatures, with the same images for an answer."""
    target, answers = model.target, {"images": model.generate(count, SEED)}
    latents = {LATENTS: model.latents(count, SEED)}
    # Rounding may fall on either side of a half, and half precision is coarse.
    near = 1 if model.compute_dtype == "float32" else 4
    numbers = {"count": np.int64(count), "seed": np.int64(SEED)}
    return [
        TargetQuestion("serving_default", numbers, target, answers, near),
        TargetQuestion(LATENTS, latents, target, answers, near),
    ]
