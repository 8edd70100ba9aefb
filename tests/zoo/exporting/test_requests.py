"""Bad requests, and requests at the limits, sent as a server sends them."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

import zoo
from zoo.exporting.answers import Answers
from zoo.exporting.generator import export_generator
from zoo.exporting.servable import Servable


def audio():
    return zoo.RecurrentNetwork(
        num_classes=2, inputs="waveform", units=2, sample_rate=8000, max_length=2000
    )


def words():
    return zoo.RecurrentNetwork(
        num_classes=2, inputs="text", vocabulary=["a", "b"], units=2, max_length=3
    )


def tokens():
    return zoo.RecurrentNetwork(
        num_classes=2, inputs="tokens", vocabulary_size=9, units=2
    )


def pooled():
    """Return a model that would accept images of any size."""
    inputs = keras.Input((8, 6, 3))
    average = keras.layers.GlobalAveragePooling2D()(inputs / 255)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(average))


MODELS = {
    "images": pooled,
    "table": lambda: zoo.MLP((4,), 3, hidden_units=(5,)),
    "audio": audio,
    "words": words,
    "sequences": lambda: zoo.RecurrentNetwork((None, 3), num_classes=2, units=2),
    "tokens": tokens,
    "generator": lambda: zoo.DCGAN((28, 28, 1), width=2, latent_dim=5),
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Return a function that sends a request and returns the outputs by name."""

    @functools.cache
    def exported(name):
        model, folder = MODELS[name](), tmp_path_factory.mktemp(name) / "model"
        if name == "generator":
            return str(export_generator(model, folder))
        Servable(Answers(model)).save(folder)
        return str(folder)

    def send(model, signature, *values):
        folder = exported(model)
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            loaded = tf.compat.v1.saved_model.load(session, ["serve"], folder)
            found = loaded.signature_def[signature]
            options = config_pb2.CallableOptions(
                feed=[found.inputs[name].name for name in sorted(found.inputs)],
                fetch=[tensor.name for tensor in found.outputs.values()],
            )
            # Servers do not use `session.run`, which compares shapes before the graph.
            run = session._make_callable_from_options(options)
            return dict(zip(found.outputs, run(*values), strict=True))

    return send


def encoded(*files):
    return np.array(files, object)


PNG = tf.io.encode_png(np.zeros((8, 6, 3), "uint8")).numpy()
JPEG = tf.io.encode_jpeg(np.zeros((40, 40, 3), "uint8")).numpy()
DEFAULT = "serving_default"
AT_1 = r"these positions are not:\]? \[1\]"
BAD_REQUESTS = {  # what is wrong: (model, signature, values, message)
    "size": ("images", DEFAULT, [np.zeros((1, 9, 6, 3), "uint8")], r"\[\?,8,6,3\]"),
    "channels": ("images", DEFAULT, [np.zeros((1, 8, 6, 1), "uint8")], r"8,6,3\]"),
    "no batch": ("images", DEFAULT, [np.zeros((8, 6, 3), "uint8")], r"8,6,3\]"),
    "not an image": ("images", "encoded_images", [encoded(PNG, b"<svg/>")], AT_1),
    "an empty file": ("images", "encoded_images", [encoded(PNG, b"")], AT_1),
    "half a PNG": ("images", "encoded_images", [encoded(PNG, PNG[:-20])], AT_1),
    "half a JPEG": ("images", "encoded_images", [encoded(PNG, JPEG[:300])], AT_1),
    "a damaged PNG": (
        "images",
        "encoded_images",
        [encoded(PNG[:40] + PNG[44:])],
        "PNG",
    ),
    "one file without a batch": ("images", "encoded_images", [PNG], "not compatible"),
    "columns": ("table", DEFAULT, [np.zeros((1, 5), "float32")], r"\[\?,4\]"),
    "one row": ("table", DEFAULT, [np.zeros(4, "float32")], r"\[\?,4\]"),
    "NaN": ("table", DEFAULT, [np.full((1, 4), np.nan, "float32")], "`rows` .* finite"),
    "NaN in audio": (
        "audio",
        DEFAULT,
        [np.full((1, 900), np.nan, "float32")],
        "`waveforms` must be finite",
    ),
    "infinity": (
        "sequences",
        DEFAULT,
        [np.full((1, 2, 3), -np.inf, "float32")],
        "`sequences` must be finite",
    ),
    "audio without samples": (
        "audio",
        DEFAULT,
        [np.zeros((1, 0), "float32")],
        "between 1 and 2000 steps",
    ),
    "audio that is too long": (
        "audio",
        DEFAULT,
        [np.ones((1, 2001), "float32")],
        "between 1 and 2000 steps",
    ),
    "stereo": ("audio", DEFAULT, [np.ones((1, 9, 2), "float32")], r"\[\?,\?\]"),
    "no steps": (
        "sequences",
        DEFAULT,
        [np.zeros((1, 0, 3), "float32")],
        "at least one",
    ),
    "features": ("sequences", DEFAULT, [np.ones((1, 5, 2), "float32")], r"\?,3\]"),
    "text that is too long": (
        "words",
        DEFAULT,
        [encoded(b"a b a b")],
        "between 1 and 3 steps",
    ),
    "a text, not a batch": ("words", DEFAULT, [b"a"], "not compatible"),
    "unknown token": (
        "tokens",
        DEFAULT,
        [np.array([[1, 9, 2]], "int32")],
        r"`tokens` must be from 0 to 8, got\]? \[9\]",
    ),
    "negative token": ("tokens", DEFAULT, [np.array([[-1]], "int32")], "from 0 to 8"),
    "latents": ("generator", "latents", [np.zeros((1, 6), "float32")], r"\[\?,5\]"),
    "count": ("generator", DEFAULT, [np.int64(0), np.int64(0)], "`count` .* 1 to 1024"),
    "counts": ("generator", DEFAULT, [np.ones(2, "int64"), np.int64(0)], "compatible"),
    "seed": (
        "generator",
        DEFAULT,
        [np.int64(1), np.int64(-1)],
        "`seed` .* from 0",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "model, signature, values, message", BAD_REQUESTS.values(), ids=BAD_REQUESTS
)
def test_a_bad_request_is_refused_with_the_reason(
    ask, model, signature, values, message
):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ask(model, signature, *values)


GOOD_REQUESTS = {  # (model, signature, values)
    "images": ("images", DEFAULT, [np.zeros((2, 8, 6, 3), "uint8")]),
    "files": ("images", "encoded_images", [encoded(PNG, JPEG)]),
    "no files": ("images", "encoded_images", [encoded()]),
    "the longest audio": ("audio", DEFAULT, [np.ones((1, 2000), "float32")]),
    "the longest text": ("words", DEFAULT, [encoded(b"a b c", b"")]),
    "the last token": ("tokens", DEFAULT, [np.array([[8, 0]], "int32")]),
    "one step": ("sequences", DEFAULT, [np.ones((3, 1, 3), "float32")]),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "model, signature, values", GOOD_REQUESTS.values(), ids=GOOD_REQUESTS
)
def test_a_request_at_the_limit_is_answered(ask, model, signature, values):
    answers = ask(model, signature, *values)
    assert answers["probabilities"].shape[0] == len(values[0])
    np.testing.assert_allclose(answers["probabilities"].sum(axis=1), 1, atol=1e-5)
