"""Writing a SavedModel: what every family's export has in common."""

import json
import pathlib

import keras
import tensorflow as tf

from zoo.exporting.portable import refuse_cudnn, without_cudnn

DESCRIPTION = "assets.extra/zoo.json"  # TensorFlow Serving's place for extra files
FORMAT = 1  # of the description; a reader refuses a higher one


def write_saved_model(
    folder: pathlib.Path, archive, layers: list, description: dict
) -> None:
    """Writes signatures that run on any device, and says what they are.

    Args:
        folder: The SavedModel, which must not be there.
        archive: `keras.export.ExportArchive` with its endpoints.
        layers: Every layer that the endpoints use.
        description: What is known of the model, for `zoo.json`.

    Raises:
        ExportError: If the graph needs a GPU.
    """
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with without_cudnn(layers):
            archive.write_out(str(folder), verbose=False)
    finally:
        logger.setLevel(level)
    refuse_cudnn(folder)
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    text = json.dumps(
        {"format": FORMAT, **description, **versions}, ensure_ascii=False, indent=2
    )
    file = folder / DESCRIPTION
    file.parent.mkdir(exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")
