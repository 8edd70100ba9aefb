"""The generator alone as a SavedModel that needs none of this package to run."""

import functools
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from custom.arguments import positive_integer
from zoo.dcgan import pixels
from zoo.dcgan.latents import LARGEST_SEED
from zoo.dcgan.model import DCGAN
from zoo.errors import InputError
from zoo.exporting.files import export_file
from zoo.exporting.saved_model import write_saved_model
from zoo.exporting.trial import ExportError
from zoo.exporting.versions import new_version
from zoo.exporting.warmup import write_warmup

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

    A count or seed out of range, and latents that are not finite, are errors of the
    request. The version is written beside its target, compared with the model, and
    only then renamed to `path/VERSION`; whatever fails leaves nothing behind.

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
        ExportError: If what was written gives other images.
        OSError: If the disk is full.
        ValueError: If `max_count` is no positive integer.
    """
    max_count = positive_integer("max_count", max_count)
    if not isinstance(model, DCGAN):
        raise InputError(
            f"`export_generator` takes a DCGAN, got a {type(model).__name__}."
        )
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"Export needs Keras on TensorFlow, not on {keras.backend.backend()}: "
            "save the model as .keras and export it with KERAS_BACKEND=tensorflow."
        )
    questions = _questions(model, min(max_count, 3))
    if format != "saved_model":
        return export_file(
            path,
            format,
            lambda folder: _save(model, max_count, folder),
            "latents",
            [
                (inputs, functools.partial(_compare, model, signature))
                for signature, inputs in questions
                if signature == "latents"
            ],
        )
    with new_version(path) as draft:
        _save(model, max_count, draft.folder)
        write_warmup(draft.folder, pathlib.Path(path).name, questions)
        served = tf.saved_model.load(str(draft.folder)).signatures
        for signature, inputs in questions:
            tensors = {name: tf.constant(value) for name, value in inputs.items()}
            answers = served[signature](**tensors)
            _compare(model, signature, {k: v.numpy() for k, v in answers.items()})
        return draft.publish()


def _save(model, max_count, folder):
    """The two signatures, and a description with them."""

    def images_of(latents):
        finite = tf.reduce_all(tf.math.is_finite(latents))
        tf.debugging.Assert(finite, ["`latents` must be finite."])
        images = pixels.to_pixels(model.generator(latents, training=False))
        images = tf.cast(tf.round(images), tf.uint8)  # tanh keeps them in 0…255
        return {"images": images}

    def images_from(count, seed):
        # Checked before it is used: a huge count would take all memory first.
        allowed = (count >= 1) & (count <= max_count)
        message = f"`count` must be from 1 to {max_count}, got"
        checks = [tf.debugging.Assert(allowed, [message, count])]
        allowed = (seed >= 0) & (seed <= LARGEST_SEED)
        message = f"`seed` must be from 0 to {LARGEST_SEED}, got"
        checks.append(tf.debugging.Assert(allowed, [message, seed]))
        with tf.control_dependencies(checks):
            count = tf.identity(count)
        # As `keras.random.normal` makes it of an integer seed.
        seed = tf.stack([tf.cast(seed % (tf.int32.max - 1), tf.int32), 0])
        return images_of(tf.random.stateless_normal((count, model.latent_dim), seed))

    number = [tf.TensorSpec([], tf.int64, name=name) for name in ("count", "seed")]
    latents = tf.TensorSpec([None, model.latent_dim], tf.float32, name="latents")
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", images_from, number)
    archive.add_endpoint("latents", images_of, [latents])
    description = {
        "kind": "generator",
        "image_shape": list(model.image_shape),
        "latent_dim": model.latent_dim,
        "max_count": max_count,
    }
    layers = model._flatten_layers(include_self=False)
    write_saved_model(folder, archive, layers, description)


def _questions(model, count):
    """Signatures, and inputs that all give the same images."""
    number = {"count": np.int64(count), "seed": np.int64(SEED)}
    return [
        ("serving_default", number),
        ("latents", {"latents": model.latents(count, SEED)}),
    ]


def _compare(model, signature, answers):
    """Raises `ExportError` unless the images are those that the model draws."""
    images = answers["images"]
    expected = model.generate(len(images), SEED).astype(int)
    # Rounding may fall on either side of a half, and half precision is coarse.
    near = 1 if model.compute_dtype == "float32" else 4
    if images.shape != expected.shape or np.abs(images - expected).max() > near:
        raise ExportError(
            f"The exported generator draws other images than the model: signature "
            f"{signature!r}. Nothing was exported."
        )
