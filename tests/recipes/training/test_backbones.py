"""Networks of `keras.applications` trained by `recipes.fit`, without a download."""

import json

import keras
import numpy as np
import pytest

import recipes
from zoo.errors import InputError
from zoo.models.body import taken_apart

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (24, 32, 32, 1)).astype("uint8")
DATA = recipes.from_arrays(IMAGES, np.arange(24) % 3)
SMALL = {"options": {"alpha": 0.25}}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights of the network without its top."""
    file = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    keras.utils.set_random_seed(1)
    network = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, include_top=False
    )
    network.save_weights(file)
    return file, network.get_weights()


def test_a_backbone_with_weights_is_fine_tuned(no_export, weights, tmp_path, capsys):
    file, expected = weights
    run = recipes.fit(
        "keras:MobileNet",
        DATA,
        weights=str(file),
        freeze="body",
        epochs=1,
        model_arguments=SMALL,
        out=tmp_path / "run",
    )
    body = taken_apart(run.model).body
    for found, weight in zip(body.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(found, weight)
    told = capsys.readouterr().err
    assert f"keras:MobileNet starts from the weights {file}" in told
    assert "grey images are given to keras:MobileNet as three equal channels" in told
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["model"]["class"] == "Backbone"
    assert config["model"]["configuration"]["weights"] is None
    answers = recipes.predict(run, IMAGES[:2])
    np.testing.assert_allclose(
        [[row["probabilities"][name] for name in "012"] for row in answers],
        run.model.predict(IMAGES[:2], verbose=0),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "given, weights, freeze",
    [
        ({}, "imagenet", 0),
        ({"weights": "none"}, None, None),
        ({"weights": "w.keras", "freeze": "none"}, "w.keras", "none"),
    ],
    ids=["default", "none", "path"],
)
def test_with_weights_a_backbone_is_fine_tuned_by_default(
    monkeypatch, tmp_path, given, weights, freeze
):
    seen = []

    def prepare(model, dataset, settings, arguments, *_, **__):
        seen.append((model, arguments.get("weights"), settings.freeze))
        raise InputError("enough")

    monkeypatch.setattr("recipes.training.new_run.prepare", prepare)
    with pytest.raises(InputError, match="enough"):
        recipes.fit("keras:ResNet50", DATA, out=tmp_path / "run", **given)
    assert seen == [("keras:ResNet50", weights, freeze)]


REFUSED = {
    "another model": (("cnn", "--weights", "w.h5"), "for a backbone such as keras:"),
    "no such network": (("keras:ResNet5",), "did you mean 'ResNet50'"),
    "nothing to freeze": (
        ("keras:ResNet50", "--weights", "none", "--freeze", "body"),
        "is for fine-tuning",
    ),
    "small images": (("keras:ResNet50", "--weights", "none"), "--image-size 32"),
    "a penalty": (("keras:VGG16", "--regularizer", "l2"), "does not apply"),
}


@pytest.mark.parametrize("arguments, message", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_one_sentence(
    zoo, monkeypatch, tmp_path, arguments, message
):
    monkeypatch.chdir(tmp_path)
    status, output, errors = zoo("fit", *arguments)
    assert (status, output) == (2, "")
    sentence = errors.splitlines()[-1]
    assert message in sentence
    assert [*tmp_path.iterdir()] == []
