"""What a user's model answers by its loss; models that commands take by name."""

import keras
import numpy as np
import pytest

import custom
import zoo
from zoo.errors import InputError
from zoo.exporting import export
from zoo.loading import as_classifier, load_classifier, load_model
from zoo.targets import Multiclass, Regression, target_of

OF_NUMBERS = {
    "name": "mse",
    "function": keras.losses.mean_absolute_error,
    "object": keras.losses.Huber(),
    "ours": custom.losses.HalfSumSquaredError(),
    "list": ["mae"],
}
OF_CLASSES = {
    "logits": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "focal": keras.losses.CategoricalFocalCrossentropy(from_logits=True),
    "hinge": "categorical_hinge",
}


def linear(loss, activation=None):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2, activation=activation)(inputs))
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("loss", OF_NUMBERS.values(), ids=OF_NUMBERS)
def test_a_loss_of_numbers_makes_values(loss, is_read, tmp_path):
    model = linear(loss)
    if is_read:
        model.save(tmp_path / "model.keras")
        model = load_model(tmp_path / "model.keras").model
    assert isinstance(target_of(model), Regression)
    with pytest.raises(InputError, match="its target is regression"):
        as_classifier(model)


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("loss", OF_CLASSES.values(), ids=OF_CLASSES)
def test_other_losses_make_classes(loss, is_read, tmp_path):
    model = linear(loss)
    if is_read:
        model.save(tmp_path / "model.keras")
        model = load_model(tmp_path / "model.keras").model
    assert isinstance(target_of(model), Multiclass)
    # With a softmax, a loss of numbers is the Brier score of a classifier.
    assert isinstance(target_of(linear("mse", "softmax")), Multiclass)


def test_values_are_exported_as_they_are(tmp_path):
    model = linear("mse")
    served = load_model(export(model, tmp_path / "served"))
    rows = np.eye(3, dtype="float32")
    np.testing.assert_allclose(
        served.answers(rows)["values"], model(rows).numpy(), rtol=1e-6
    )


def test_a_network_that_answers_with_numbers_is_not_a_classifier():
    network = zoo.create("recurrent", input_shape=(None, 2), output_units=2, units=(3,))
    with pytest.raises(InputError, match="not with one class"):
        as_classifier(network)


def test_a_preset_is_taken_by_its_name_or_folder(tmp_path):
    preset = zoo.from_preset("mlp_digits")
    preset.save_to_preset(tmp_path / "mine")
    images = np.zeros((1, 8, 8, 1), "uint8")
    for model in ("mlp_digits", tmp_path / "mine"):
        np.testing.assert_allclose(
            load_classifier(model).probabilities(images), preset(images), rtol=1e-5
        )


def test_a_generator_is_not_scored(tmp_path):
    zoo.create("dcgan", width=4, latent_dim=3).save(tmp_path / "gan.keras")
    with pytest.raises(InputError, match="generates images and does not make"):
        load_classifier(tmp_path / "gan.keras")


def talker():
    return zoo.create(
        "recurrent", mode="one_to_many", inputs="tokens", vocabulary=["a"], units=(2,)
    )


SEEDS = {
    "recurrent": lambda seed: talker().generate(2, seed=seed),
    "greedy": lambda seed: talker().generate(2, seed=seed, temperature=0),
    "dcgan": lambda seed: zoo.create("dcgan", width=4).generate(1, seed=seed),
    "pooling": lambda seed: custom.layers.StochasticPooling2D(seed=seed),
}


@pytest.mark.parametrize("seed", [-1, 0.5, True, "1"])
@pytest.mark.parametrize("use", SEEDS.values(), ids=SEEDS)
def test_seeds_that_are_not_natural_numbers_are_refused(use, seed):
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        use(seed)
