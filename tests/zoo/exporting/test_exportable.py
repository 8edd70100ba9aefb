"""Models and arguments that can be exported, and probabilities from their outputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from custom.activations import sign
from zoo import InputError
from zoo.exporting import export
from zoo.exporting.answers import Answers
from zoo.exporting.servable import Servable


def table_model():
    return zoo.create("mlp", input_shape=(4,), num_classes=3, hidden_units=(5,))


def rows():
    return np.random.default_rng(6).normal(size=(3, 4)).astype("float32")


def classifier(*layers, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *layers])


def with_operation(operation, units=3):
    inputs = keras.Input((4,))
    return keras.Model(inputs, operation(keras.layers.Dense(units)(inputs)))


def softmax(x):
    exponentials = np.exp(x)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def all_or_nothing(x):
    return np.concatenate([x <= 0, x > 0], axis=-1).astype("float64")


def two_classes(x):
    return np.concatenate([1 - 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-x))], axis=-1)


Dense = keras.layers.Dense
ENDINGS = {  # name: (model, its probabilities from the last matrix product)
    "softmax": (lambda: classifier(Dense(3, activation="softmax")), softmax),
    "softmax layer": (lambda: classifier(Dense(3), keras.layers.Softmax()), softmax),
    "activation layer": (
        lambda: classifier(Dense(3), keras.layers.Activation("softmax")),
        softmax,
    ),
    "softmax operation": (lambda: with_operation(keras.ops.softmax), softmax),
    "logits": (lambda: classifier(Dense(3)), softmax),
    "logits within": (lambda: classifier(classifier(Dense(3))), softmax),
    "sigmoid": (lambda: classifier(Dense(1, activation="sigmoid")), two_classes),
    "sign": (lambda: classifier(Dense(1, activation=sign)), all_or_nothing),
}


@pytest.mark.parametrize("build, formula", ENDINGS.values(), ids=ENDINGS)
def test_probabilities_depend_on_the_last_layer(build, formula):
    model = build()
    answers = Answers(model)
    kernel, bias = (weight.numpy().astype("float64") for weight in model.weights)
    inputs = rows()
    expected = formula(inputs.astype("float64") @ kernel + bias)
    in_graph = answers.in_graph(tf.constant(inputs))
    np.testing.assert_allclose(in_graph["probabilities"], expected, atol=1e-6)
    in_numpy = answers.in_numpy(model.predict_on_batch(inputs))["probabilities"]
    np.testing.assert_allclose(in_numpy, expected, atol=1e-6)
    assert in_numpy.dtype == in_graph["probabilities"].dtype == "float32"
    assert answers.target.names == tuple("012"[: expected.shape[1]])


REFUSED = {
    "not a model": (lambda: "cnn", "`model` must be a Keras model, got str"),
    "not built": (lambda: keras.Sequential([Dense(3)]), "no fixed input shape"),
    "one logit": (lambda: classifier(Dense(1)), "ends in 'linear' with 1 output,"),
    "many sigmoids": (
        lambda: classifier(Dense(3, activation="sigmoid")),
        "ends in 'sigmoid' with 3 outputs, which does not give class probabilities",
    ),
    "relu": (lambda: classifier(Dense(3, activation="relu")), "ends in 'relu'"),
    "dropout": (
        lambda: classifier(Dense(3), keras.layers.Dropout(0.5)),
        "ends in 'dropout'",
    ),
    "two outputs": (
        lambda: with_operation(lambda x: [keras.ops.softmax(x), x]),
        "has 1 inputs and 2 outputs",
    ),
    "any size": (
        lambda: classifier(Dense(3), shape=(None, None, 3)),
        r"shape \(None, None, 3\); only",
    ),
    "map": (
        lambda: classifier(Dense(3), shape=(4, 4, 1)),
        r"not a classifier: its output has shape \(None, 4, 4, 3\)",
    ),
}


@pytest.mark.parametrize("build, message", REFUSED.values(), ids=REFUSED)
def test_models_that_are_not_classifiers_are_refused(build, message, tmp_path):
    with pytest.raises(InputError, match=message):
        export(build(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


ARGUMENTS = {
    "classes": ({"class_names": ["a"]}, "`class_names` has 1 names where .* has 3"),
    "features": (
        {"feature_names": ["a", "b"]},
        "`feature_names` has 2 names where .* 4",
    ),
    "no example": ({"examples": np.zeros((0, 4))}, "n at least 1, got .0, 4"),
    "one example": ({"examples": np.zeros(4)}, r"shape \(n, 4\) .* got \(4,\)"),
}


@pytest.mark.parametrize("arguments, message", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_do_not_fit_are_refused(arguments, message, tmp_path):
    with pytest.raises(InputError, match=message):
        export(table_model(), tmp_path / "model", **arguments)


def test_examples_that_are_not_pixels_are_refused(tmp_path):
    model = zoo.create("mlp", input_shape=(8, 6, 3), num_classes=3)
    pixels = np.full((2, 8, 6, 3), 0.5)
    with pytest.raises(InputError, match="integers from 0 to 255"):
        export(model, tmp_path / "model", examples=pixels)


def test_a_model_with_answers_that_are_not_finite_is_refused(tmp_path):
    with pytest.raises(InputError, match="not finite for the examples: its weights or"):
        export(table_model(), tmp_path / "model", examples=np.full((2, 4), np.nan))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "policy, tolerance",
    [("float32", 1e-4), ("mixed_float16", 2.0**-7), ("mixed_bfloat16", 2.0**-4)],
)
def test_the_tolerance_depends_on_the_precision(policy, tolerance):
    model = zoo.create("mlp", input_shape=(4,), num_classes=3, dtype=policy)
    questions = Servable(Answers(model)).questions(rows())
    assert [question.tolerance for question in questions] == [tolerance] * 2


SEQUENCES = {
    "sequences": {"input_shape": (None, 3)},
    "tokens": {"inputs": "tokens", "vocabulary_size": 9},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SEQUENCES)
def test_sequences_of_any_length_are_served(kind, tmp_path):
    model = zoo.RecurrentNetwork(num_classes=2, units=4, **SEQUENCES[kind])
    version = export(model, tmp_path / "model")
    served = zoo.load_classifier(version)
    assert served.kind == kind
    rng = np.random.default_rng(0)
    for time in (1, 5, 30):
        shape = (2, time, 3) if kind == "sequences" else (2, time)
        inputs = rng.integers(1, 9, shape)
        np.testing.assert_allclose(
            served.probabilities(inputs),
            model.predict(inputs, verbose=0),
            atol=1e-6,
        )


@pytest.mark.slow
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_requests_with_numbers_that_are_not_finite_are_refused(value, tmp_path):
    version = export(table_model(), tmp_path / "model")
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    inputs = rows()
    inputs[1, 2] = value
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        signature(rows=tf.constant(inputs))


SHORT = {  # arguments of networks with a largest length
    "numbers": {"input_shape": (None, 3)},
    "text": {"inputs": "text", "vocabulary": ["a"], "split": "character"},
    "waveform": {"inputs": "waveform", "sample_rate": 8000},
}


@pytest.mark.parametrize("inputs", SHORT)
def test_synthetic_examples_have_an_allowed_length(inputs):
    model = zoo.RecurrentNetwork(num_classes=2, units=2, max_length=4, **SHORT[inputs])
    servable = Servable(Answers(model))
    questions = servable.questions(servable.checked_examples(None))
    for question in questions:
        assert np.isfinite(question.expected["probabilities"]).all()


def test_images_of_two_channels_are_not_served_as_files():
    model = classifier(keras.layers.Flatten(), Dense(3), shape=(8, 6, 2))
    pixels = np.zeros((2, 8, 6, 2), "uint8")
    questions = Servable(Answers(model)).questions(pixels)
    assert {question.signature for question in questions} == {"serving_default"}


def test_export_needs_keras_on_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="needs Keras on TensorFlow, not on jax"):
        export(table_model(), tmp_path / "model")
