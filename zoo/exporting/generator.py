"""Export of DCGAN's generator, without the discriminator."""

import functools
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from custom.arguments import positive_integer
from custom.types import Tensor
from zoo.errors import InputError
from zoo.exporting.files import check_format, export_file
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.requests import checked, in_range
from zoo.exporting.saved_model import publish, write_saved_model
from zoo.models.dcgan import pixels
from zoo.models.dcgan.latents import LARGEST_SEED
from zoo.models.dcgan.model import DCGAN
from zoo.targets import in_graph

LATENTS = "latents"  # name of the signature
SEED = 7  # of the images that test the export


def export_generator(
    model: DCGAN,
    path: str | os.PathLike,
    *,
    max_count: int = 1024,
    format: str = "saved_model",
) -> pathlib.Path:
    """Writes the generator as the next version of a TensorFlow Serving model.

    Two signatures have the output `images`, uint8 `[n, side, side, channels]`:

    * `serving_default` takes the int64 numbers `count` and `seed`, and returns the
      images of `model.generate(count, seed)`;
    * `latents` takes `latents`, float32 `[n, latent_dim]`.

    A request fails if its count or seed is out of range, or if its latents are not
    finite or have another shape. The version is written, tested and published like
    every other version; see `zoo.export`.

    Args:
        model: The DCGAN. Its discriminator is left out.
        path: Folder of the versions, created if it is missing.
        max_count: Greatest number of images in a request, because each takes memory.
        format: `"saved_model"`; or `"onnx"` or `"litert"` for a file of that format at
            `path`, with the input `latents`.

    Returns:
        The folder of the new version, or the file.

    Raises:
        InputError: If the model is not a DCGAN, or `path` cannot be written.
        ExportError: If the exported model fails or gives other images.
        OSError: If the disk is full.
        ValueError: If `max_count` is not a positive integer, or the format is unknown.
    """
    check_format(format)
    max_count = positive_integer("max_count", max_count)
    if not isinstance(model, DCGAN):
        raise InputError(
            f"`export_generator` accepts a DCGAN, got {type(model).__name__}."
        )
    save = functools.partial(_save, model, max_count)
    ask = functools.partial(_questions, model, min(max_count, 3))
    if format == "saved_model":
        return publish(path, save, ask)
    return export_file(path, format, save, [q for q in ask() if q.signature == LATENTS])


def _save(model: DCGAN, max_count: int, folder: pathlib.Path) -> None:
    """Writes the two signatures and the description."""
    numbers = [tf.TensorSpec([], tf.int64, name=name) for name in ("count", "seed")]
    latents = tf.TensorSpec([None, model.latent_dim], tf.float32, name="latents")

    def images_of(points: Tensor) -> dict[str, Tensor]:
        points = checked(points, latents)
        outputs = pixels.to_pixels(model.generator(points, training=False))
        return model.target.answers(outputs, in_graph())

    def images_from(count: Tensor, seed: Tensor) -> dict[str, Tensor]:
        # The count is checked before its use: a huge one would take all memory.
        count = in_range(count, numbers[0], 1, max_count)
        seed = in_range(seed, numbers[1], 0, LARGEST_SEED)
        # `keras.random.normal` derives its seed from an integer in the same way.
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


def _questions(model: DCGAN, count: int) -> list[TargetQuestion]:
    """Requests to both signatures, which expect the same images."""
    target, answers = model.target, {"images": model.generate(count, SEED)}
    latents = {LATENTS: model.latents(count, SEED)}
    # A pixel near a half may be rounded either way, and half precision is coarse.
    tolerance = 1 if model.compute_dtype == "float32" else 4
    numbers = {"count": np.array(count, "int64"), "seed": np.array(SEED, "int64")}
    return [
        TargetQuestion("serving_default", numbers, target, answers, tolerance),
        TargetQuestion(LATENTS, latents, target, answers, tolerance),
    ]
