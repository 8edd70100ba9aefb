"""Models taken apart: their stages, their head, and the features between them."""

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.models.body import features_of, taken_apart
from zoo.targets import Forecast, Multilabel, Regression

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(5, 4)).astype("float32")
IMAGES = RNG.integers(0, 256, (5, 16, 16, 3)).astype("uint8")
SEQUENCES = RNG.normal(size=(5, 6, 3)).astype("float32")
SEQUENCES[0, 2:] = 0
TOKENS = RNG.integers(1, 9, (5, 6))
TOKENS[0, 2:] = 0
NUMBERS = Regression(("a", "b"), (0.0, 1.0), (1.0, 2.0))
STEPS = Forecast(("a",), 2, 6, (0.0,) * 3, (1.0,) * 3, (1.0,), (1.0,))
FAMILIES = {  # model, examples, layers of each stage, width of the features
    "perceptron": (lambda: zoo.Perceptron((4,)), ROWS, [], 4),
    "perceptron that reads its inputs": (
        lambda: zoo.Perceptron((4,), input_scaling=None),
        ROWS,
        [],
        4,
    ),
    "mlp": (lambda: zoo.MLP((4,), 3, hidden_units=(7, 6)), ROWS, [2, 1], 6),
    "mlp with residuals": (
        lambda: zoo.MLP((4,), 3, hidden_units=(6, 6, 6), residual=True),
        ROWS,
        [2, 1, 1],
        6,
    ),
    "mlp of labels": (
        lambda: zoo.MLP((4,), target=Multilabel(("a", "b")), hidden_units=(6,)),
        ROWS,
        [2],
        6,
    ),
    "mlp of numbers": (
        lambda: zoo.MLP((4,), target=NUMBERS, hidden_units=(6,)),
        ROWS,
        [2],
        6,
    ),
    "cnn": (
        lambda: zoo.CNN((16, 16, 3), 3, widths=(4, 5), depth=1),
        IMAGES,
        [2, 2],
        5,
    ),
    "cnn with residuals": (
        lambda: zoo.CNN((16, 16, 3), 3, widths=(4, 5, 6), depth=2, residual=True),
        IMAGES,
        [6, 6, 6],
        6,
    ),
    "tokens": (
        lambda: zoo.RecurrentNetwork(
            num_classes=2, inputs="tokens", vocabulary_size=9, units=(5, 4)
        ),
        TOKENS,
        [1, 1, 1],
        4,
    ),
    "both directions, pooled": (
        lambda: zoo.RecurrentNetwork(
            (None, 3), 2, bidirectional=True, pooling="max", units=(4,)
        ),
        SEQUENCES,
        [1],
        8,
    ),
    "waveforms": (
        lambda: zoo.RecurrentNetwork(
            num_classes=2, inputs="waveform", sample_rate=8000, units=(4,)
        ),
        RNG.uniform(-1, 1, (5, 400)).astype("float32"),
        [1],
        4,
    ),
}


@pytest.mark.parametrize(
    "build, inputs, stages, width", FAMILIES.values(), ids=FAMILIES
)
def test_the_head_makes_the_outputs_of_the_features(build, inputs, stages, width):
    model = build()
    parts = taken_apart(model)
    assert parts.head is model.layers[-1]
    assert [len(stage) for stage in parts.stages] == stages
    features = model.features(inputs, batch_size=2)
    assert features.shape == (len(inputs), width)
    assert features.dtype == "float32"
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(parts.head(features)),
        model.predict(inputs, verbose=0),
        atol=1e-5,
    )
    np.testing.assert_allclose(features[:1], model.features(inputs[:1]), atol=1e-5)


def test_features_of_steps_end_with_their_sequence():
    model = zoo.RecurrentNetwork((None, 3), 2, mode="many_to_many", units=(4,))
    features = model.features(SEQUENCES, batch_size=2)
    assert features.shape == (5, 6, 4)
    assert np.abs(features[0, :2]).min() > 0
    assert not features[0, 2:].any()
    short = model.features(SEQUENCES[:1, :2])
    np.testing.assert_allclose(features[:1, :2], short, atol=1e-6)


def test_batches_of_different_lengths_are_padded():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow reads texts")
    model = zoo.RecurrentNetwork(
        num_classes=2, mode="many_to_many", inputs="text", vocabulary=["a", "b"]
    )
    features = model.features(np.array(["a", "b a", "a b a"], object), batch_size=1)
    assert (np.abs(features).sum(-1) > 0).sum(1).tolist() == [1, 2, 3]


def test_a_network_that_carries_its_state_reads_every_batch_from_zeros():
    arguments = {"mode": "one_to_many", "inputs": "tokens", "vocabulary_size": 9}
    model = zoo.RecurrentNetwork(
        **arguments, units=(4,), mask_padding=False, stateful_batch_size=2
    )
    features = model.features(TOKENS)
    assert features.shape == (5, 6, 4)
    np.testing.assert_array_equal(features, model.features(TOKENS))


def test_the_features_of_a_decoder_follow_from_both_inputs():
    model = zoo.RecurrentNetwork(
        (None, 3), 5, mode="encoder_decoder", units=(4,), attention="luong"
    )
    targets = np.array([[1, 2, 0]] * 5)
    assert model.features([SEQUENCES, targets], batch_size=2).shape == (5, 3, 4)


def test_the_features_of_a_forecast_are_without_the_window_itself():
    model = zoo.RecurrentNetwork((6, 3), target=STEPS, units=(4,))
    assert model.features(SEQUENCES).shape == (5, 4)
    assert taken_apart(model).head.name == "forecaster"


def branches():
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    for width in (4, 6):
        y = keras.layers.Conv2D(width, 3, strides=width // 2 - 1, padding="same")(x)
        y = keras.layers.BatchNormalization()(y)
        short = keras.layers.Conv2D(width, 1, strides=width // 2 - 1)(x)
        x = keras.ops.relu(y + short)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(7, activation="relu")(x)
    outputs = keras.layers.Softmax()(keras.layers.Dense(3)(x))
    return keras.Model(inputs, outputs)


def nested():
    inner = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (6, 5))])
    return keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])


@pytest.mark.parametrize(
    "build, inputs, stages, width",
    [(branches, IMAGES, [4, 3, 1], 7), (nested, ROWS, [1, 1], 5)],
)
def test_your_own_models_are_taken_apart(build, inputs, stages, width):
    model = build()
    parts = taken_apart(model)
    assert [len(stage) for stage in parts.stages] == stages
    assert features_of(model, inputs).shape == (5, width)
    kept = [*(layer for stage in parts.stages for layer in stage), parts.head]
    weights = [weight.path for layer in kept for weight in layer.weights]
    assert sorted(weights) == sorted(weight.path for weight in model.weights)


class Subclassed(keras.Model):
    def call(self, inputs):
        return inputs


def two_outputs():
    x = keras.Input((4,))
    return keras.Model(x, [keras.layers.Dense(1)(x), keras.layers.Dense(2)(x)])


def wide_and_deep():
    x = keras.Input((4,))
    deep = keras.layers.Dense(3)(keras.layers.Dense(5)(x))
    return keras.Model(x, deep + keras.layers.Dense(3)(x))


def tied():
    x, layer = keras.Input((4,)), keras.layers.Dense(4)
    return keras.Model(x, layer(layer(x)))


def ends_in_a_model():
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    return keras.Sequential([keras.Input((4,)), inner])


def no_weights():
    return keras.Sequential([keras.Input((4,)), keras.layers.Softmax()])


@pytest.mark.parametrize(
    "build, reason",
    [
        (Subclassed, "not a graph of layers"),
        (lambda: zoo.DCGAN((28, 28, 1), width=2), "not a graph of layers"),
        (two_outputs, "with one output"),
        (wide_and_deep, "more than one layer at its end"),
        (tied, "more than one layer at its end"),
        (ends_in_a_model, "ends in a model inside of it"),
        (no_weights, "has no weights"),
    ],
)
def test_models_without_one_head_are_refused(build, reason):
    with pytest.raises(InputError, match=reason):
        features_of(build(), ROWS)
