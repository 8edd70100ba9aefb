"""Scores compared with their definitions, and pictures of reports."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn import metrics

from recipes.data.dataset import Dataset, Part
from recipes.reports import pictures, preview
from recipes.reports.classification import accuracy_interval, score
from recipes.reports.classification_pictures import draw_reliability, draw_roc
from recipes.training.callbacks import Progress
from zoo.kinds import Kind
from zoo.targets.temperature import best_temperature

RNG = np.random.default_rng(0)


def random_answers(number, classes):
    logits = RNG.normal(size=(number, classes))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probabilities.astype("float32"), RNG.integers(classes, size=number)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_scores_follow_their_definitions(classes):
    probabilities, labels = random_answers(200, classes)
    result = score(probabilities, labels, range(classes))
    answers = probabilities.argmax(axis=1)
    assert result.accuracy == (answers == labels).sum() / 200
    wide = probabilities.astype("float64")[np.arange(200), labels]
    assert result.loss == pytest.approx(-np.log(wide).mean(), rel=1e-12)
    for number, row in enumerate(result.classes):
        found = ((answers == number) & (labels == number)).sum()
        precision = found / (answers == number).sum()
        recall = found / (labels == number).sum()
        assert row.name == str(number)
        assert row.precision == pytest.approx(precision)
        assert row.recall == pytest.approx(recall)
        assert row.f1 == pytest.approx(2 / (1 / precision + 1 / recall))
        assert row.examples == (labels == number).sum()
        for other in range(classes):
            count = ((labels == number) & (answers == other)).sum()
            assert result.confusion[number, other] == count


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_rankings_are_those_of_scikit_learn(classes):
    probabilities, labels = random_answers(200, classes)
    result = score(probabilities, labels, range(classes))
    one_hot, wide = np.eye(classes)[labels], probabilities.astype("float64")
    aucs = metrics.roc_auc_score(one_hot, wide, average=None)
    averages = metrics.average_precision_score(one_hot, wide, average=None)
    rows = result.classes
    np.testing.assert_allclose([row.auc for row in rows], aucs)
    np.testing.assert_allclose([row.average_precision for row in rows], averages)
    assert result.auc == pytest.approx(aucs.mean())
    assert result.average_precision == pytest.approx(averages.mean())


def test_the_calibration_error_follows_its_definition():
    probabilities, labels = random_answers(500, 3)
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    error = 0.0
    for lowest in np.arange(15) / 15:
        inside = (top > lowest) & (top <= lowest + 1 / 15)
        if inside.any():
            gap = right[inside].mean() - top[inside].astype("float64").mean()
            error += inside.mean() * abs(gap)
    result = score(probabilities, labels, range(3))
    assert result.calibration_error == pytest.approx(error)


@pytest.mark.parametrize("share, count", [(0.7, 400), (0.95, 2000)])
def test_the_interval_of_the_accuracy_agrees_with_the_bootstrap(share, count):
    correct = np.arange(count) < share * count
    draws = RNG.choice(correct, (4000, count)).mean(axis=1)
    expected = np.percentile(draws, [2.5, 97.5])
    np.testing.assert_allclose(accuracy_interval(correct), expected, atol=0.004)


def test_a_class_without_examples_has_no_ranking():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    result = score(probabilities, np.array([0, 1]), "abc")
    assert result.classes[2].auc is result.classes[2].average_precision is None
    assert result.auc == 1.0
    alone = score(probabilities[:, :2], np.array([0, 0]), "ab")
    assert alone.auc is None
    assert "AUC" not in alone.summary("test")


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again(temperature):
    logits = RNG.normal(size=(20_000, 4)) * 2
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (true.cumsum(axis=1) > RNG.random((len(true), 1))).argmax(axis=1)
    given = np.exp(logits * temperature)
    given /= given.sum(axis=1, keepdims=True)
    found = best_temperature(given, labels)
    assert found == pytest.approx(temperature, rel=0.05)


def test_the_loss_of_a_certain_mistake_is_finite():
    result = score(np.array([[1.0, 0.0]], "float32"), np.array([1]), ["a", "b"])
    assert result.loss == pytest.approx(-np.log(np.finfo("float32").tiny))
    assert result.classes[0].precision == 0.0


def rows(number):
    return [
        {
            "epoch": epoch + 1,
            "loss": 1 / (epoch + 1),
            "val_loss": 1.5 / (epoch + 1),
            "accuracy": 0.5,
            "val_accuracy": 0.4,
        }
        for epoch in range(number)
    ]


def draw_mistakes(path, wrong, inputs=None, kind="images", classes=4):
    labels = np.arange(60) % classes
    probabilities = np.full((60, classes), 0.1)
    probabilities[np.arange(60), (labels + (np.arange(60) < wrong)) % classes] = 0.9
    if inputs is None:
        inputs = RNG.integers(0, 256, (60, 8, 8, 3), dtype="uint8")
    names = [f"class number {n}" for n in range(classes)]
    pictures.draw_mistakes(dataset_of(kind, inputs, labels, names), probabilities, path)


def dataset_of(kind, inputs, labels, names):
    lengths = RNG.integers(1, 900, 60) if kind in ("audio", "sequences") else None
    part = Part(inputs, labels, lengths)
    return Dataset("test", kind, part, part, part, tuple(names), sample_rate=8_000)


def texts(number):
    """Return short and long texts with dollar signs, which must not become formulas."""
    words = [" ".join(["costs $5 or $x^2$ \n{"] * (1 + n)) for n in range(number)]
    return np.array(words, object)


def draw_confusion(path, classes):
    probabilities, labels = random_answers(300, classes)
    pictures.draw_confusion(score(probabilities, labels, range(classes)), path)


def draw_ranking(path, classes):
    probabilities, labels = random_answers(300, classes)
    draw_roc(score(probabilities, labels, range(classes)), probabilities, labels, path)


DRAWINGS = {
    "ROC of two classes": lambda path: draw_ranking(path, 2),
    "ROC of thirty classes": lambda path: draw_ranking(path, 30),
    "reliability": lambda path: draw_reliability(*random_answers(300, 3), path),
    "curves": lambda path: pictures.draw_curves(rows(20), 7, path),
    "curves of one epoch": lambda path: pictures.draw_curves(rows(1), 1, path),
    "two classes": lambda path: draw_confusion(path, 2),
    "a hundred classes": lambda path: draw_confusion(path, 100),
    "many mistakes": lambda path: draw_mistakes(path, 60),
    "one mistake": lambda path: draw_mistakes(
        path, 1, RNG.integers(0, 256, (60, 8, 8, 1), dtype="uint8")
    ),
    "texts": lambda path: draw_mistakes(path, 60, texts(60), "text"),
    "one text": lambda path: draw_mistakes(path, 1, texts(60), "text"),
    "clips": lambda path: draw_mistakes(
        path, 60, RNG.normal(size=(60, 900)).astype("float32"), "audio"
    ),
    "sequences": lambda path: draw_mistakes(
        path, 9, RNG.normal(size=(60, 900, 2)).astype("float32"), "sequences"
    ),
    "silence": lambda path: draw_mistakes(
        path, 1, np.zeros((60, 900), "float32"), "audio"
    ),
    "no mistake": lambda path: draw_mistakes(path, 0),
}


def test_every_kind_with_a_picture_is_drawn():
    """Tables are not drawn, and `recipes.load` does not give tokens."""
    assert set(pictures.LOOKS) == set(Kind) - {Kind.TABLE, Kind.TOKENS}
    assert set(preview.DRAWINGS) == {Kind.IMAGES, Kind.AUDIO}


def test_a_tone_is_loudest_at_its_frequency():
    tone = np.sin(2 * np.pi * 1_000 * np.arange(4_000) / 8_000)
    decibels = pictures.decibels_of(tone, 8_000)
    frequencies = np.linspace(0, 4_000, len(decibels))
    assert abs(frequencies[decibels[:, 10].argmax()] - 1_000) < 20
    assert decibels.max() == 0
    assert (pictures.decibels_of(np.zeros(5), 8_000) == decibels.min()).all()


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_pictures_are_drawn(tmp_path, draw):
    draw(tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as image:
        pixels = np.asarray(image.convert("L"))
    assert min(pixels.shape) > 100
    assert pixels.min() < 100 < 200 < pixels.max()


def test_the_worst_mistakes_come_first(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(
        pictures, "displayed", lambda image: shown.append(image) or image[..., 0]
    )
    images = np.arange(5, dtype="uint8").reshape(5, 1, 1, 1)
    labels = np.array([0, 0, 0, 1, 1])
    of_first = np.array([0.4, 0.9, 0.1, 0.7, 0.2])
    probabilities = np.stack([of_first, 1 - of_first], axis=1)
    dataset = dataset_of("images", images, labels, "ab")
    pictures.draw_mistakes(dataset, probabilities, tmp_path / "m.png")
    # Probabilities of the true class: 0.1, 0.3, 0.4; the other answers are correct.
    assert [int(image[0, 0, 0]) for image in shown] == [2, 3, 0]


def test_progress_shows_the_remaining_time():
    stream = io.StringIO()
    with Progress(epochs=4, steps_per_epoch=10, stream=stream) as progress:
        progress.on_train_begin()
        progress.on_epoch_begin(0)
        progress.on_train_batch_end(0)
        progress._start -= 30  # as if the epoch had taken half a minute
        progress.on_epoch_end(0, {"loss": 0.25, "val_loss": 0.5})
    assert stream.getvalue() == (
        "epoch 1/4: loss 0.2500, val_loss 0.5000; 1 min 30 s left\n"
    )
