"""The recurrent network: its modes, its inputs, and its new heads."""

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork
from zoo.models.recurrent.chrono_initializer import ChronoInitializer
from zoo.models.recurrent.inputs import ShiftedTargets, TokenVectors
from zoo.models.recurrent.padding import (
    PaddedSteps,
    SequenceLengthLimit,
    SequencePooling,
)
from zoo.models.recurrent.stateful import StatefulRNN
from zoo.models.recurrent.vocabulary import TextToTokens
from zoo.models.recurrent.waveforms import LogMelSpectra
from zoo.testing import check_model

BACKEND = keras.backend.backend()
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


REGISTERED = {  # class: name in files of version 0.1.0
    ChronoInitializer: "RememberingBias",
    LogMelSpectra: "LogMelSpectra",
    PaddedSteps: "PaddedSteps",
    RecurrentNetwork: "RecurrentNetwork",
    SequenceLengthLimit: "LongestSequence",
    SequencePooling: "SequencePooling",
    ShiftedTargets: "TargetsBefore",
    StatefulRNN: "Carried",
    TextToTokens: "TextToTokens",
    TokenVectors: "TokenVectors",
}


def test_classes_are_registered_under_the_names_in_old_files():
    for cls, name in REGISTERED.items():
        assert keras.saving.get_registered_object(f"zoo>{name}") is cls


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
