"""OpenVINO reads the SavedModels, and finds the same answers."""

import keras
import numpy as np
import openvino
import pytest
import tensorflow as tf

import zoo
from zoo.exporting.answers import Answers
from zoo.exporting.servable import Servable

CLASSES = ("cat", "dög")


def network(*shape, **arguments):
    return zoo.RecurrentNetwork(
        *shape, num_classes=2, class_names=CLASSES, units=3, **arguments
    )


def some(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


EXAMPLES = {  # kind of data: (model, name of the input, a batch)
    "images": (
        lambda: zoo.CNN((8, 6, 3), 2, widths=(4, 8), depth=1, class_names=CLASSES),
        "images",
        np.random.default_rng(5).integers(0, 256, (3, 8, 6, 3), "uint8"),
    ),
    "table": (
        lambda: zoo.MLP((4,), 2, hidden_units=(5,), class_names=CLASSES),
        "rows",
        some(3, 4),
    ),
    "tokens, both directions": (
        lambda: network(
            inputs="tokens", vocabulary_size=9, cell="lstm", bidirectional=True
        ),
        "tokens",
        np.array([[1, 8, 3, 0], [2, 0, 0, 0]], "int32"),
    ),
    "waveforms": (lambda: network(inputs="waveform"), "waveforms", some(2, 4000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("make, name, batch", EXAMPLES.values(), ids=EXAMPLES)
def test_answers_are_the_models(tmp_path, make, name, batch):
    keras.utils.set_random_seed(1)
    model = make()
    Servable(Answers(model)).save(tmp_path / "model")
    # By default it computes in bfloat16 where the processor can.
    compiled = openvino.compile_model(
        openvino.convert_model(tmp_path / "model"),
        "CPU",
        {"INFERENCE_PRECISION_HINT": "f32"},
    )
    answers = compiled({name: batch})
    expected = model(tf.constant(batch), training=False).numpy()
    np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-5)
    label = answers["probabilities"].argmax(axis=1)
    np.testing.assert_array_equal(answers["label"], label)
    assert list(answers["class_name"]) == [CLASSES[k] for k in label]
