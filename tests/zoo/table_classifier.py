"""A classifier of table rows, and the files that it can be loaded from."""

import json

import keras
import numpy as np
import tensorflow as tf

import zoo
from zoo.exporting.answers import Answers
from zoo.exporting.servable import Servable

CLASSES = ("cat", "dög", "bird")
NAMES = ("width", "height", "weight", "age")


def table_model(**arguments):
    keras.utils.set_random_seed(2)
    return zoo.create(
        "mlp", input_shape=(4,), num_classes=3, hidden_units=(5,), **arguments
    )


def rows(count=5):
    return np.random.default_rng(6).normal(size=(count, 4)).astype("float32")


def run_folder(path, model, **data):
    path.mkdir()
    model.save(path / "model.keras")
    data = {"class_names": CLASSES, "feature_names": NAMES, "kind": "table", **data}
    (path / "config.json").write_text(json.dumps({"data": data}))
    return path


def saved_model(path, model, **names):
    Servable(Answers(model, **names)).save(path)
    return path


def foreign_model(path, outputs, shape=(None, 4), signature="serving_default"):
    """Save a SavedModel by TensorFlow alone, without our description."""
    module = tf.Module()
    module.graph = tf.function(
        outputs, input_signature=[tf.TensorSpec(shape, tf.float32, name="x")]
    )
    tf.saved_model.save(module, path, signatures={signature: module.graph})
    return path
