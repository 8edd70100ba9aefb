"""Requests of 1 and 256 images to the exported signature and to alternatives.

    python -m benchmarks --only serving

The model is the zoo's CNN on 28×28 images. The bare forward pass is the model in a
`tf.function`, traced for any number of images. The signature does more: it checks its
inputs and returns label and class name. ONNX Runtime runs the file that `zoo.export`
writes; PyTorch runs the same architecture, traced and frozen. The benchmark checks that
all of our variants give the same answers.
"""

import functools
import statistics
import tempfile

import numpy as np

from benchmarks.comparison import Side, alternated, pairs, row, seconds, threads

SHAPE = (28, 28, 1)
NUMBERS = {1: 200, 256: 5}  # images per request: requests per measurement
PEERS = {  # name: smallest ratio to reach
    "model.predict": {1: 50.0},
    "model(x)": {},
    "bare forward pass": {1: 1 / 1.2, 256: 1 / 1.2},
    "ONNX Runtime": {},
    "PyTorch scripted": {},
}


def images(number):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (number, *SHAPE), "uint8")


def made():
    import keras

    import zoo

    keras.utils.set_random_seed(0)
    return zoo.CNN(SHAPE, 10)


def export(folder):
    """A side that writes the files that the others read."""
    import zoo

    def measure():
        path = zoo.export(made(), f"{folder}/model")
        zoo.export(made(), f"{folder}/model.onnx", format="onnx")
        return {"path": str(path)}

    return measure


def exported(path):
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    signature = loaded.signatures["serving_default"]

    def ask(batch):
        return signature(images=tf.constant(batch))["probabilities"].numpy()

    # The signature needs the loaded object to stay alive.
    ask.loaded = loaded
    return ask


def predicted():
    return functools.partial(made().predict, verbose=0)


def called():
    model = made()
    return lambda batch: model(batch, training=False).numpy()


def bare():
    import tensorflow as tf

    model = made()
    signature = [tf.TensorSpec((None, *SHAPE), tf.uint8)]
    forward = tf.function(lambda x: model(x, training=False), signature)
    return lambda batch: forward(tf.constant(batch)).numpy()


def in_onnx_runtime(file):
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["probabilities"], {"images": batch})[0]


def in_pytorch():
    import torch

    from benchmarks import peers

    torch.set_num_threads(threads())
    network = peers.cnn(SHAPE).eval()
    example = peers.as_inputs(images(2), "cnn")
    scripted = torch.jit.freeze(torch.jit.trace(network, example))

    def ask(batch):
        with torch.inference_mode():
            return scripted(peers.as_inputs(batch, "cnn")).softmax(1).numpy()

    return ask


def timed(make, *arguments):
    """A side: median milliseconds of requests of each size."""
    ask = make(*arguments)

    def measure():
        found = {}
        for number, requests in NUMBERS.items():
            batch = images(number)
            found["answer"] = ask(batch)[0].tolist()
            times = [seconds(lambda b=batch: ask(b)) for _ in range(requests)]
            found[f"{number}"] = 1e3 * statistics.median(times)
        return found

    return measure


def rows(quick=False, machine=None):
    """One row per alternative and number of images."""
    with tempfile.TemporaryDirectory() as folder:
        with Side(export, folder) as side:
            path = side.measure()["path"]
        sides = {
            "ours": (timed, exported, path),
            "model.predict": (timed, predicted),
            "model(x)": (timed, called),
            "bare forward pass": (timed, bare),
            "ONNX Runtime": (timed, in_onnx_runtime, f"{folder}/model.onnx"),
            "PyTorch scripted": (timed, in_pytorch),
        }
        turns = alternated(sides, 1 if quick else 7)
    last = turns[-1]
    for name, side in last.items():
        if name != "PyTorch scripted":  # It has other weights.
            np.testing.assert_allclose(
                side["answer"], last["ours"]["answer"], atol=1e-5, err_msg=name
            )
    for peer, goals in PEERS.items():
        for number in NUMBERS:
            yield row(
                "serving",
                f"CNN, {number} image{'s' if number > 1 else ''}",
                peer,
                "ms",
                pairs(turns, "ours", peer, f"{number}"),
                less_is_better=True,
                goal=goals.get(number),
                memory=(last["ours"]["memory"], last[peer]["memory"]),
                facts={"precision": "float32", "xla": False, "threads": threads()},
            )
