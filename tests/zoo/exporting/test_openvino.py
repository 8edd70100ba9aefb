"""OpenVINO runs the SavedModels, without Keras or TensorFlow, with equal answers."""

import subprocess
import sys

import keras
import numpy as np
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


def random_numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


READ = """
import pathlib, sys
import numpy as np
import openvino
core = openvino.Core()
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    # `convert_model` would report its use over the network and wait for the answer.
    # By default, models are computed in bfloat16 on processors that support it.
    compiled = core.compile_model(
        core.read_model(folder / "model"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    answers = compiled(dict(np.load(folder / "batch.npz")))
    names = ("probabilities", "label", "class_name")
    np.savez(folder / "answers.npz", **{n: np.asarray(answers[n]) for n in names})
assert not {"keras", "tensorflow", "zoo"} & {*sys.modules}
"""

EXAMPLES = {  # kind of data: (model, name of the input, a batch)
    "images": (
        lambda: zoo.CNN((8, 6, 3), 2, widths=(4, 8), depth=1, class_names=CLASSES),
        "images",
        np.random.default_rng(5).integers(0, 256, (3, 8, 6, 3), "uint8"),
    ),
    "table": (
        lambda: zoo.MLP((4,), 2, hidden_units=(5,), class_names=CLASSES),
        "rows",
        random_numbers(3, 4),
    ),
    "tokens, both directions": (
        lambda: network(
            inputs="tokens", vocabulary_size=9, cell="lstm", bidirectional=True
        ),
        "tokens",
        np.array([[1, 8, 3, 0], [2, 0, 0, 0]], "int32"),
    ),
    "waveforms": (
        lambda: network(inputs="waveform"),
        "waveforms",
        random_numbers(2, 4000),
    ),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Expected probabilities and OpenVINO's answers, by kind of data."""
    root = tmp_path_factory.mktemp("openvino")
    expected = {}
    for number, (kind, (make, name, batch)) in enumerate(EXAMPLES.items()):
        keras.utils.set_random_seed(1)
        model = make()
        folder = root / str(number)
        Servable(Answers(model)).save(folder / "model")
        np.savez(folder / "batch.npz", **{name: batch})
        expected[kind] = model(tf.constant(batch), training=False).numpy(), folder
    subprocess.run([sys.executable, "-I", "-c", READ, root], check=True)
    return {
        kind: (probabilities, dict(np.load(folder / "answers.npz")))
        for kind, (probabilities, folder) in expected.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXAMPLES)
def test_answers_equal_those_of_the_model(answered, kind):
    expected, answers = answered[kind]
    np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-5)
    label = answers["probabilities"].argmax(axis=1)
    np.testing.assert_array_equal(answers["label"], label)
    assert [*answers["class_name"]] == [CLASSES[k] for k in label]
