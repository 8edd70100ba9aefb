"""The generator alone as a SavedModel that needs none of this package to run."""

import json
import os
import pathlib

import keras
import numpy as np

from custom.arguments import positive_integer
from zoo.dcgan import pixels
from zoo.dcgan.latents import LARGEST_SEED
from zoo.dcgan.model import DCGAN
from zoo.errors import InputError
from zoo.exporting.trial import ExportError
from zoo.exporting.versions import new_version

DESCRIPTION = "assets.extra/zoo.json"  # TensorFlow Serving's place for extra files


def export_generator(
    model: DCGAN, path: str | os.PathLike, *, max_count: int = 1024
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

    Returns:
        The folder of the new version.

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
    with new_version(path) as draft:
        _save(model, max_count, draft.folder)
        _compare(model, min(max_count, 3), draft.folder)
        return draft.publish()


def _save(model, max_count, folder):
    """The two signatures, and a description with them."""
    import tensorflow as tf

    def images_of(latents):
        finite = tf.reduce_all(tf.math.is_finite(latents))
        tf.debugging.Assert(finite, ["`latents` must be finite."])
        images = pixels.to_pixels(model.generator(latents, training=False))
        images = tf.saturate_cast(tf.round(images), tf.uint8)
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
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        archive.write_out(str(folder), verbose=False)
    finally:
        logger.setLevel(level)
    description = folder / DESCRIPTION
    description.parent.mkdir()
    facts = {
        "format": 1,
        "kind": "generator",
        "image_shape": list(model.image_shape),
        "latent_dim": model.latent_dim,
        "max_count": max_count,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }
    description.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _compare(model, count, folder):
    """Raises `ExportError` unless the SavedModel draws what the model draws."""
    import tensorflow as tf

    served = tf.saved_model.load(str(folder)).signatures
    seed = 7
    expected = model.generate(count, seed).astype(int)
    latents = tf.constant(model.latents(count, seed))
    questions = {
        "serving_default": {
            "count": tf.constant(count, tf.int64),
            "seed": tf.constant(seed, tf.int64),
        },
        "latents": {"latents": latents},
    }
    for signature, inputs in questions.items():
        images = served[signature](**inputs)["images"].numpy()
        # Rounding may fall on either side of a half, and half precision is coarse.
        near = 1 if model.compute_dtype == "float32" else 4
        if images.shape != expected.shape or np.abs(images - expected).max() > near:
            raise ExportError(
                f"The exported generator draws other images than the model: signature "
                f"{signature!r}. Nothing was exported."
            )
