"""The recurrent network: modes, inputs, configuration and error messages."""

import inspect

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork, learn_vocabulary
from zoo.testing import check_model

BACKEND = keras.backend.backend()
needs_strings = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="only TensorFlow has strings"
)

WORDS = ["good", "bad", "film", "!"]
SIZE = {"units": 4, "dropout": 0.0}


def numbers(rng, n=4):
    return rng.normal(size=(n, 5, 3)).astype("float32")


def tokens(rng, n=4):
    return rng.integers(1, 6, (n, 5))


def waveforms(rng, n=4):
    return rng.normal(0, 0.1, (n, 900)).astype("float32")


# name: (arguments, inputs, shape of the outputs for four examples)
NETWORKS = {
    "numbers": ({"input_shape": (None, 3), "num_classes": 3}, numbers, (4, 3)),
    "numbers to numbers": (
        {"input_shape": (5, 3), "output_units": 2, "mode": "many_to_many"},
        numbers,
        (4, 5, 2),
    ),
    "bidirectional lstm": (
        {
            "input_shape": (None, 3),
            "num_classes": 2,
            "cell": "lstm",
            "bidirectional": True,
            "units": (4, 3),
        },
        numbers,
        (4, 2),
    ),
    "simple cell": (
        {"input_shape": (None, 3), "num_classes": 2, "cell": "simple"},
        numbers,
        (4, 2),
    ),
    "maximum": (
        {"input_shape": (None, 3), "num_classes": 2, "pooling": "max"},
        numbers,
        (4, 2),
    ),
    "bidirectional mean": (
        {
            "inputs": "tokens",
            "vocabulary_size": 6,
            "num_classes": 2,
            "pooling": "mean",
            "bidirectional": True,
        },
        tokens,
        (4, 2),
    ),
    "tokens to classes": (
        {
            "inputs": "tokens",
            "vocabulary_size": 6,
            "num_classes": 3,
            "mode": "many_to_many",
            "bidirectional": True,
        },
        tokens,
        (4, 5, 3),
    ),
    "generator": (
        {"inputs": "tokens", "vocabulary_size": 6, "mode": "one_to_many"},
        tokens,
        (4, 5, 6),
    ),
    "waveform": (
        {"inputs": "waveform", "sample_rate": 8000, "mel_bands": 8, "num_classes": 3},
        waveforms,
        (4, 3),
    ),
    "one vector": (
        {
            "input_shape": (3,),
            "num_classes": 2,
            "mode": "one_to_many",
            "output_length": 4,
        },
        lambda rng: rng.normal(size=(4, 3)).astype("float32"),
        (4, 4, 2),
    ),
}
# The networks whose inputs can be padded.
PADDED = [name for name in NETWORKS if name not in ("one vector", "numbers to numbers")]


def build(name, **others):
    arguments, inputs, shape = NETWORKS[name]
    keras.utils.set_random_seed(0)
    model = RecurrentNetwork(**{**SIZE, **arguments, **others})
    return model, inputs(np.random.default_rng(0)), shape


def call(model, inputs):
    return keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(inputs)))


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_probabilities_of_the_documented_shape(name):
    model, inputs, shape = build(name)
    outputs = call(model, inputs)
    assert outputs.shape == shape
    assert outputs.dtype == "float32"
    if model.num_classes:
        np.testing.assert_allclose(outputs.sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", PADDED)
def test_outputs_do_not_depend_on_padding_or_other_examples(name):
    model, inputs, shape = build(name)
    alone = call(model, inputs[1:2])
    length = 7 if inputs.shape[1] < 100 else 777
    padding = [(0, 0), (0, length)] + [(0, 0)] * (inputs.ndim - 2)
    padded = call(model, np.pad(inputs, padding))[1:2]
    if len(shape) == 3:
        padded = padded[:, : alone.shape[1]]
    np.testing.assert_allclose(padded, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["bidirectional lstm", "waveform", "generator"])
def test_network_passes_the_battery(name):
    arguments, inputs, shape = NETWORKS[name]
    rng = np.random.default_rng(0)
    classes = shape[-1]
    check_model(
        RecurrentNetwork,
        inputs(rng),
        rng.integers(0, classes, shape[:-1]),
        arguments={**SIZE, **arguments},
        loss="sparse_categorical_crossentropy",
        skip=("jit_compile",) if BACKEND == "torch" else (),
    )


OTHER = {  # for every argument a value that differs from its default
    "input_shape": (6, 3),
    "num_classes": 3,
    "cell": "lstm",
    "units": (4, 3),
    "bidirectional": True,
    "pooling": "max",
    "dropout": 0.125,
    "recurrent_dropout": 0.25,
    "kernel_regularizer": keras.regularizers.L2(0.125),
    "memory_length": 6,
    "max_length": 9,
    "mask_padding": False,
    "use_cudnn": False,
    "classifier_activation": None,
    "class_names": ["a", "b", "c"],
    "dtype": "mixed_bfloat16",
    "name": "another",
}
OTHER_INPUTS = [
    {"input_shape": (3,), "mode": "one_to_many", "output_length": 4, "output_units": 5},
    {
        "inputs": "tokens",
        "vocabulary": WORDS,
        "split": "character",
        "embedding_units": 5,
        "mode": "one_to_many",
        "stateful_batch_size": 2,
    },
    {"inputs": "tokens", "vocabulary_size": 9, "num_classes": 2},
    {
        "inputs": "waveform",
        "num_classes": 2,
        "sample_rate": 8000,
        "frame_length": 0.05,
        "frame_step": 0.02,
        "mel_bands": 10,
    },
]


def test_every_argument_is_tested_and_documented():
    parameters = inspect.signature(RecurrentNetwork).parameters
    assert {name for given in (OTHER, *OTHER_INPUTS) for name in given} == {*parameters}
    for name in parameters:
        assert f"\n    {name}: " in inspect.getdoc(RecurrentNetwork), name


@pytest.mark.parametrize("given", [OTHER, *OTHER_INPUTS])
def test_configuration_round_trip(given):
    model = RecurrentNetwork(**{"units": (4,), **given})
    config = model.get_config()
    rebuilt = RecurrentNetwork.from_config(config)
    assert rebuilt.get_config() == config
    assert [w.shape for w in rebuilt.weights] == [w.shape for w in model.weights]
    assert {*config} == {*inspect.signature(RecurrentNetwork).parameters}
    for name, value in given.items():
        if name == "dtype":
            value = {**config[name], "config": {"name": value}}
        elif name == "kernel_regularizer":
            value = keras.regularizers.serialize(value)
        assert config[name] == ([*value] if isinstance(value, tuple) else value)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_memory_length_is_how_long_a_state_is_kept(cell):
    """Without inputs, a state of one decays by the factor 1 − 1/steps per step."""
    units, length = 2000, 50
    model = RecurrentNetwork(
        (None, 1), 2, cell=cell, units=units, memory_length=length, dropout=0.0
    )
    layer = model.get_layer("recurrent_0")
    kernel, recurrent, bias = layer.get_weights()
    layer.set_weights([0 * kernel, 0 * recurrent, bias])
    state = [keras.ops.ones_like(part) for part in layer.get_initial_state(1)]
    _, state = layer.cell(np.zeros((1, 1), "float32"), state)
    kept = keras.ops.convert_to_numpy(state[-1])[0].astype("float64")
    steps = 1 / (1 - kept)  # 1 + u, with u uniform between 1 and length - 1
    assert 2 <= steps.min() < 2.5
    assert length - 0.5 < steps.max() <= length + 1e-3
    assert abs(steps.mean() - (2 + length) / 2) < 4 * (length - 2) / (12 * units) ** 0.5
    # Only the gates that keep the state, and the LSTM's input gate, have biases.
    gates = np.split(np.atleast_2d(bias)[0], 4 if cell == "lstm" else 3)
    keep = gates.pop(1 if cell == "lstm" else 0)
    assert keep.min() > 0
    if cell == "lstm":
        np.testing.assert_array_equal(gates.pop(0), -keep)
    assert not np.any(gates)
    assert not np.atleast_2d(bias)[1:].any()
    other = RecurrentNetwork((None, 1), 2, cell=cell, units=units, memory_length=length)
    drawn = other.get_layer("recurrent_0").get_weights()[2]
    assert (drawn != bias).any()


BAD = {  # error: (arguments in addition to those of "numbers", part of the message)
    "unknown mode": ({"mode": "many"}, "many_to_one"),
    "unknown inputs": ({"inputs": "images"}, "waveform"),
    "unknown cell": ({"cell": "rnn"}, "lstm"),
    "unknown pooling": ({"pooling": "sum"}, "last"),
    "pooling of many_to_many": ({"mode": "many_to_many", "pooling": "max"}, "last"),
    "max_length of one vector": (
        {
            "mode": "one_to_many",
            "input_shape": (3,),
            "output_length": 2,
            "max_length": 4,
        },
        "max_length",
    ),
    "no units": ({"units": ()}, "units"),
    "dropout above one": ({"dropout": 2}, "dropout"),
    "recurrent dropout": ({"recurrent_dropout": -1}, "recurrent_dropout"),
    "memory without gates": ({"cell": "simple", "memory_length": 9}, "gates"),
    "memory of two steps": ({"memory_length": 2}, "at least 3"),
    "fractional memory": ({"memory_length": 4.5}, "memory_length"),
    "one class": ({"num_classes": 1}, "at least 2"),
    "classes and numbers": ({"output_units": 2}, "output_units"),
    "neither classes nor numbers": ({"num_classes": None}, "num_classes"),
    "names without classes": (
        {"num_classes": None, "output_units": 1, "class_names": ["a"]},
        "class_names",
    ),
    "shape of rows": ({"input_shape": (3,)}, "time or None, features"),
    "missing shape": ({"input_shape": None}, "input_shape"),
    "unknown features": ({"input_shape": (3, None)}, "features"),
    "argument of other inputs": ({"sample_rate": 8000}, "inputs='waveform'"),
    "fixed length above max_length": (
        {"input_shape": (9, 3), "max_length": 8},
        "max_length",
    ),
    "bidirectional generator": (
        {"mode": "one_to_many", "inputs": "tokens", "bidirectional": True},
        "bidirectional",
    ),
    "bidirectional and stateful": (
        {"mode": "many_to_many", "stateful_batch_size": 2, "bidirectional": True},
        "bidirectional",
    ),
    "stateful many_to_one": ({"stateful_batch_size": 2}, "each step"),
    "output_length of many_to_one": ({"output_length": 2}, "output_length"),
    "one_to_many text": (
        {"mode": "one_to_many", "inputs": "text", "vocabulary": WORDS},
        "tokens_of",
    ),
    "classes of a token generator": (
        {
            "mode": "one_to_many",
            "inputs": "tokens",
            "vocabulary_size": 5,
            "input_shape": None,
        },
        "leave out",
    ),
    "decoder of numbers": (
        {"mode": "encoder_decoder", "num_classes": None, "output_units": 1},
        "encoder_decoder",
    ),
    "no vocabulary": ({"inputs": "text", "input_shape": None}, "learn_vocabulary"),
    "neither size nor vocabulary": (
        {"inputs": "tokens", "input_shape": None},
        "neither",
    ),
    "duplicate word": (
        {"inputs": "tokens", "input_shape": None, "vocabulary": ["a", "a"]},
        "twice",
    ),
    "vocabulary is a string": (
        {"inputs": "tokens", "input_shape": None, "vocabulary": "abc"},
        "list",
    ),
    "zero bands": (
        {"inputs": "waveform", "input_shape": None, "mel_bands": 0},
        "mel_bands",
    ),
    "too many bands": (
        {"inputs": "waveform", "input_shape": None, "mel_bands": 300},
        "mel_bands",
    ),
    "frame step too short": (
        {"inputs": "waveform", "input_shape": None, "frame_step": 1e-9},
        "frame_step",
    ),
    "negative embedding": (
        {"mode": "encoder_decoder", "embedding_units": -1},
        "embedding_units",
    ),
    "cudnn": ({"use_cudnn": "yes"}, "use_cudnn"),
    "masking": ({"mask_padding": 1}, "mask_padding"),
}


@pytest.mark.parametrize("given, message", BAD.values(), ids=BAD)
def test_bad_argument_is_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message):
        RecurrentNetwork(**{"input_shape": (None, 3), "num_classes": 2, **given})


BAD_INPUTS = {  # error: (network, inputs, part of the message)
    "empty": ("numbers", np.zeros((2, 0, 3)), "between 1 and 8"),
    "too long": ("numbers", np.zeros((2, 9, 3)), "between 1 and 8"),
    "rank": ("numbers", np.zeros((2, 3)), "shape"),
    "features": ("numbers", np.zeros((2, 5, 4)), "shape"),
    "strings": ("numbers", np.array([["a", "b"]]), "inputs='text'"),
    "a list of strings": ("waveform", ["a"], "inputs='text'"),
    "too many tokens": ("generator", np.ones((2, 9), int), "between 1 and 8"),
    "tokens of rank 3": ("generator", np.ones((2, 3, 4), int), "shape"),
}


@pytest.mark.parametrize("method", ["predict", "__call__"])
@pytest.mark.parametrize("name, inputs, message", BAD_INPUTS.values(), ids=BAD_INPUTS)
def test_bad_input_is_refused(name, inputs, message, method):
    model, _, _ = build(name, max_length=8)
    method = model if method == "__call__" else lambda x: model.predict(x, verbose=0)
    with pytest.raises(ValueError, match=message):
        method(inputs)


def test_with_head_replaces_the_classes():
    model, inputs, _ = build("numbers")
    new = model.with_head(7, freeze_body=True)
    assert call(new, inputs).shape == (4, 7)
    assert [w.path for w in new.trainable_variables] == [
        "classifier/kernel",
        "classifier/bias",
    ]


def test_with_head_needs_classes():
    for name in ("generator", "numbers to numbers"):
        with pytest.raises(ValueError, match="num_classes"):
            build(name)[0].with_head(3)


def adding_problem(rng, number, length):
    """Sequences of numbers, two of them marked, and the sums of the marked numbers."""
    values = rng.uniform(0, 1, (number, length)).astype("float32")
    marks = np.zeros_like(values)
    rows = np.arange(number)
    marks[rows, rng.integers(0, length // 2, number)] = 1
    marks[rows, rng.integers(length // 2, length, number)] = 1
    return np.stack([values, marks], -1), (values * marks).sum(1)


@pytest.mark.slow
def test_network_learns_the_adding_problem():
    """Hochreiter and Schmidhuber 1997, §5.4, with short sequences."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    inputs, sums = adding_problem(rng, 4096, 12)
    model = RecurrentNetwork(
        (12, 2), output_units=1, units=32, dropout=0.0, mask_padding=False
    )
    model.compile(keras.optimizers.Adam(1e-2, clipnorm=1.0), "mse")
    model.fit(inputs, sums, batch_size=64, epochs=8, verbose=0)
    inputs, sums = adding_problem(rng, 1000, 12)
    error = model.evaluate(inputs, sums, batch_size=500, verbose=0)
    assert error < 0.02  # without memory: 1/6, the variance of the sum


@needs_strings
class TestText:
    def model(self, **given):
        keras.utils.set_random_seed(0)
        arguments = {"inputs": "text", "vocabulary": WORDS, "num_classes": 2}
        return RecurrentNetwork(**{**SIZE, **arguments, **given})

    def test_accepts_lists_arrays_and_tensors_of_strings(self):
        import tensorflow as tf

        texts = ["Good film!", "bad", "ein schlechter Film"]
        model = self.model(bidirectional=True)
        expected = model.predict(texts, verbose=0)
        for given in (np.array(texts), np.array(texts, object), tf.constant(texts)):
            np.testing.assert_array_equal(model.predict(given, verbose=0), expected)
            np.testing.assert_allclose(model(given), expected, rtol=1e-5)

    def test_outputs_do_not_depend_on_other_texts(self):
        model = self.model(pooling="max", bidirectional=True)
        together = model.predict(["good", "bad film ! !", ""], verbose=0)
        alone = [
            model.predict([text], verbose=0) for text in ("good", "bad film!!", "")
        ]
        np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5)

    def test_tokens_of_equals_the_lookup_in_the_model(self):
        model = self.model()
        texts = ["GOOD, good\u00a0film", "Bäd film!"]
        inside = model.get_layer("tokens")(np.array(texts, object))
        assert inside.numpy().tolist() == model.tokens_of(texts).tolist()
        assert inside.numpy().tolist() == [[2, 1, 2, 4], [1, 4, 5, 0]]

    def test_trains_saves_and_loads(self, tmp_path):
        model = self.model(class_names=["no", "yes"], dropout=0.5)
        model.compile("adam", "sparse_categorical_crossentropy")
        texts = ["good film", "bad film", "good", "bad"]
        model.fit(
            texts,
            np.array([1, 0, 1, 0]),
            validation_data=(texts, np.array([1, 0, 1, 0])),
            verbose=0,
        )
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        assert loaded.class_names == ("no", "yes")
        np.testing.assert_array_equal(
            loaded.predict(texts, verbose=0), model.predict(texts, verbose=0)
        )

    def test_saved_model_accepts_strings(self, tmp_path):
        import tensorflow as tf

        model = self.model(max_length=3, use_cudnn=False)
        archive = keras.export.ExportArchive()
        archive.track(model.get_layer("tokens"))
        archive.add_endpoint(
            "serve", lambda texts: model(texts), [tf.TensorSpec([None], tf.string)]
        )
        archive.write_out(str(tmp_path / "saved"), verbose=False)
        loaded = tf.saved_model.load(tmp_path / "saved")
        texts = ["good bad film", "good"]
        np.testing.assert_allclose(
            loaded.serve(tf.constant(texts)), model.predict(texts, verbose=0), rtol=1e-5
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match="between 1 and 3"):
            loaded.serve(tf.constant(["good bad film !"]))

    def test_learns_to_classify_texts(self):
        rng = np.random.default_rng(0)
        labels = rng.integers(0, 2, 200)
        texts = [
            " ".join(rng.permutation([["awful", "great"][label], "the", "film"]))
            for label in labels
        ]
        vocabulary = learn_vocabulary(texts)
        model = self.model(vocabulary=vocabulary, units=8)
        model.compile(
            keras.optimizers.Adam(0.05),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        history = model.fit(texts, labels, epochs=5, verbose=0)
        assert history.history["accuracy"][-1] > 0.99


@pytest.mark.skipif(BACKEND == "tensorflow", reason="TensorFlow has strings")
def test_text_needs_tensorflow():
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        RecurrentNetwork(num_classes=2, inputs="text", vocabulary=WORDS)
