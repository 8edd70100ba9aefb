"""Text and audio end to end: `fit`, the run folder, `evaluate` and the command."""

import json

import numpy as np
import pytest

import recipes
import recipes.command
from recipes.training.models import build
from zoo.errors import InputError

RATE = 4_000
WORDS = ["plot", "actor", "scene", "music", "joke", "cut", "light", "pace"]
SMALL = {"units": [8], "bidirectional": False}


def reviews(number=90):
    """Texts in which one word shows the class, and their classes."""
    rng = np.random.default_rng(0)
    labels = [("bad", "good")[n % 2] for n in range(number)]
    opinions = {"bad": ["dull", "weak"], "good": ["bright", "fine"]}
    texts = [
        " ".join([*rng.permutation(WORDS)[:4], rng.choice(opinions[label]), "."])
        for label in labels
    ]
    return texts, labels


def tones(number=60):
    """Low and high tones of different lengths, and their classes."""
    rng = np.random.default_rng(0)
    labels = [("low", "high")[n % 2] for n in range(number)]
    clips = []
    for label in labels:
        times = np.arange(rng.integers(400, 800)) / RATE
        hertz = {"low": 200, "high": 1000}[label] * rng.uniform(0.9, 1.1)
        clips.append(np.float32(0.5 * np.sin(2 * np.pi * hertz * times)))
    return clips, labels


def data_of(kind):
    if kind == "text":
        return recipes.from_arrays(*reviews())
    return recipes.from_arrays(*tones(), sample_rate=RATE)


def fit(data, out, **arguments):
    chosen = {"epochs": 12, "learning_rate": 0.03, "model_arguments": SMALL}
    return recipes.fit(
        "recurrent", data, out=out, progress=False, **{**chosen, **arguments}
    )


@pytest.fixture(scope="module", params=["text", "audio"])
def trained(request, tmp_path_factory):
    """A data set of texts or of audio, and a finished run on it."""
    data = data_of(request.param)
    return data, fit(data, tmp_path_factory.mktemp("runs") / "run")


def test_training_learns_the_classes(trained):
    _, run = trained
    assert run.evaluation.accuracy > 0.9


def test_the_folder_records_data_and_settings(trained):
    data, run = trained
    names = {path.name for path in run.folder.path.iterdir()}
    assert {"model.keras", "saved_model", "mistakes.png", "curves.png"} <= names
    config = json.loads(run.folder.config.read_text())
    assert config["data"]["kind"] == data.kind
    assert config["data"]["sample_rate"] == data.sample_rate
    assert config["training"]["settings"]["clip_norm"] == 1.0


def test_every_form_of_the_model_gives_the_same_scores(trained):
    data, run = trained
    for form in (run.model, run.folder.path, run.folder.saved_model):
        again = recipes.evaluate(form, data)
        assert again.confusion.tolist() == run.evaluation.confusion.tolist()
        assert again.loss == pytest.approx(run.evaluation.loss, rel=1e-4)


def test_the_saved_model_is_the_validated_one(trained):
    """For texts, the saved model has averaged weights."""
    data, run = trained
    best = min(row["val_loss"] for row in run.metrics)
    kept = recipes.evaluate(run.model, data, part="validation")
    assert kept.loss == pytest.approx(best, rel=1e-4)
    assert run.model.optimizer.use_ema == (data.kind == "text")


@pytest.mark.parametrize("kind", ["text", "audio"])
def test_the_same_seed_gives_the_same_weights(tmp_path, kind):
    first, again = (
        fit(data_of(kind), tmp_path / name, epochs=2, seed=3) for name in "ab"
    )
    for one, two in zip(
        first.model.get_weights(), again.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def test_the_vocabulary_comes_from_the_training_part():
    data = data_of("text")
    words = {word for text in data.train.inputs for word in text.split()}
    model = build("recurrent", data, SMALL)
    assert set(model.get_config()["vocabulary"]) == words
    model = build("recurrent", data, {**SMALL, "vocabulary_size": 3})
    assert len(model.get_config()["vocabulary"]) == 3
    model = build("recurrent", data, {**SMALL, "vocabulary": ["fine"]})
    assert model.get_config()["vocabulary"] == ["fine"]


def test_an_audio_model_accepts_clips_of_any_length():
    data = data_of("audio")
    model = build("recurrent", data, SMALL)
    assert model.input_shape == (None, None)
    assert model.get_config()["sample_rate"] == RATE


def other_rate():
    clips, labels = tones()
    return recipes.from_arrays(clips, labels, sample_rate=RATE * 2)


MISMATCHES = {
    "rate": ("audio", other_rate, "4,000 samples per second; arrays has 8,000"),
    "audio to text": ("text", other_rate, "takes texts; arrays holds audio"),
    "text to audio": (
        "audio",
        lambda: data_of("text"),
        "takes audio clips; arrays holds text",
    ),
}


@pytest.mark.parametrize("kind, other, message", MISMATCHES.values(), ids=MISMATCHES)
def test_data_that_do_not_fit_the_model_are_refused(kind, other, message):
    model = build("recurrent", data_of(kind), SMALL)
    with pytest.raises(InputError, match=message):
        recipes.evaluate(model, other())


def test_models_that_do_not_fit_the_data_are_refused():
    with pytest.raises(InputError, match=r"holds texts. Models for it: .*recurrent"):
        build("mlp", data_of("text"), {})
    with pytest.raises(InputError, match="`size` must be a positive integer"):
        build("recurrent", data_of("text"), {"vocabulary_size": 0})
