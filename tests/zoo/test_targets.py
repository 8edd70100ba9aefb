"""Answers and losses of targets, compared with their formulas in float64."""

import keras
import numpy as np
import pytest

from zoo.errors import InputError
from zoo.targets import IN_NUMPY, Images, Multiclass

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 3)).astype("float32")
SHARES = RNG.dirichlet(np.ones(3), 6).astype("float32")
LABELS = np.array([0, 2, 1, 1, 0, 2])


def softmax(logits):
    powers = np.exp(logits.astype("float64"))
    return powers / powers.sum(axis=-1, keepdims=True)


def pair(p):
    return np.concatenate([1 - p.astype("float64"), p.astype("float64")], axis=-1)


ENDINGS = {  # activation: (outputs, their probabilities, labels for the loss)
    "softmax": (SHARES, SHARES.astype("float64"), LABELS),
    "linear": (LOGITS, softmax(LOGITS), LABELS),
    "sigmoid": (SHARES[:, :1], pair(SHARES[:, :1]), (LABELS[:, None] > 0).astype(int)),
}


@pytest.mark.parametrize("activation", ENDINGS)
def test_probabilities_and_loss_follow_their_formulas(activation):
    outputs, probabilities, labels = ENDINGS[activation]
    target = Multiclass(probabilities.shape[1], activation=activation)
    answers = target.answers(outputs, IN_NUMPY)
    np.testing.assert_allclose(answers["probabilities"], probabilities, rtol=1e-6)
    assert answers["label"].tolist() == probabilities.argmax(axis=1).tolist()
    chosen = probabilities[np.arange(6), labels.ravel()]
    loss = float(target.loss()(labels, outputs))
    assert loss == pytest.approx(-np.log(chosen).mean(), rel=1e-5)


def test_the_loss_of_a_perceptron_counts_its_mistakes_twice():
    signs, labels = np.array([[-1.0], [1.0], [1.0], [-1.0]]), np.array([0, 1, 0, 0])
    loss = float(Multiclass(2, activation="sign").loss()(labels[:, None], signs))
    assert loss == 2 * 1 / 4


@pytest.mark.parametrize("activation", ["softmax", "linear"])
def test_the_loss_of_soft_targets_is_a_cross_entropy(activation):
    outputs, probabilities, _ = ENDINGS[activation]
    soft = RNG.dirichlet(np.ones(3), 6)
    loss = float(Multiclass(3, activation=activation).loss(soft=True)(soft, outputs))
    expected = -(soft * np.log(probabilities)).sum(axis=1).mean()
    assert loss == pytest.approx(expected, rel=1e-5)


SOFT = {
    "sigmoid": (Multiclass(2, activation="sigmoid"), None, "a single sigmoid: end it"),
    "sign": (Multiclass(2, activation="sign"), None, "a single sign: end it"),
    "numbers": (Multiclass(3), "sparse_categorical_crossentropy", "class numbers"),
    "images": (Images(), None, "should not learn to draw"),
}


@pytest.mark.parametrize("target, loss, message", SOFT.values(), ids=SOFT)
def test_soft_targets_that_do_not_fit_the_loss_are_refused(target, loss, message):
    with pytest.raises(InputError, match=message):
        target.check_soft(loss)


@pytest.mark.parametrize(
    "activation, units", [("softmax", 3), ("linear", 3), ("sigmoid", 1), ("sign", 1)]
)
def test_the_target_is_recognised_from_the_last_layer(activation, units):
    target = Multiclass(max(units, 2), activation=activation)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, target.last_layer()(inputs))
    assert model.output_shape == (None, units)
    assert Multiclass.from_model(model) == target
    assert model.layers[-1].compute_dtype == "float32"
