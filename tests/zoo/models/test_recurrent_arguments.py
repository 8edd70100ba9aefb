"""The arguments of the recurrent network: configuration, effect, error messages."""

import inspect

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork

WORDS = ["good", "bad", "film", "!"]

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
        "mode": "encoder_decoder",
        "inputs": "tokens",
        "vocabulary_size": 9,
        "num_classes": 2,
        "attention": "luong",
    },
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
    assert {name for given in (OTHER, *OTHER_INPUTS) for name in given} == {
        *parameters
    } - {"target"}  # tests/zoo/models/test_regression.py
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
    units, length = 600, 50
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
    assert 2 <= steps.min() < 3.5
    assert length - 1.5 < steps.max() <= length + 1e-3
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
