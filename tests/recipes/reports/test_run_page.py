"""The page of a run, for each task, from made-up results."""

import base64
import dataclasses
import io
import types
import wave

import numpy as np
import pytest

import recipes
import zoo
from recipes.reports.classification import score
from recipes.reports.forecasting import forecast_of, score_forecasts, simple_forecasts
from recipes.reports.multilabel import score_labels
from recipes.reports.page import Section
from recipes.reports.page_html import as_html
from recipes.reports.pictures import new_figure
from recipes.reports.regression import score_numbers
from recipes.reports.run_folder import RunFolder
from recipes.reports.run_page import explaining
from recipes.reports.run_page.examples import telling_examples
from recipes.reports.run_page.explaining import explanations_of
from recipes.reports.run_page.facts import RunFacts
from recipes.reports.run_page.scores import headline, verdicts, yardsticks
from recipes.reports.run_page.sections import page_of
from recipes.reports.sequence_labelling import score_steps
from recipes.reports.translation import Answer, TextScore, TranslationEvaluation
from recipes.reports.writing import WritingEvaluation
from tests.recipes.reports.inspected_data import (
    RNG,
    TWO,
    Page,
    book,
    clips,
    images,
    marks,
    pairs,
    series,
    table,
    texts,
    tokens,
)
from zoo.loading import as_trained_model

HOSTILE = "<script>alert(1)</script> & \"'>\x1b[31m"
NUMBERS = {"area": RNG.normal(size=60), "price": RNG.normal(50, 9, 60)}


def classified(dataset):
    """Probabilities with a few mistakes, and their scores."""
    labels, count = dataset.test.labels, len(dataset.class_names)
    probabilities = np.full((len(labels), count), 0.1 / count)
    answers = np.where(np.arange(len(labels)) % 4, labels, (labels + 1) % count)
    probabilities[np.arange(len(labels)), answers] += 0.9
    evaluation = score(probabilities, labels, dataset.class_names)
    return {"probabilities": probabilities}, evaluation


def numbered(dataset):
    true = dataset.test.labels
    answers = {
        name: true + by for name, by in (("values", 1), ("lower", -1), ("upper", 2))
    }
    target = types.SimpleNamespace(names=dataset.value_names, coverage=0.9)
    mean = {"mean": true + 0.5}
    return answers, score_numbers(answers, true, target, mean)


def labelled(dataset):
    p = RNG.uniform(size=dataset.test.labels.shape)
    answers = {"probabilities": p, "labels": p > 0.5}
    return answers, score_labels(answers, dataset.test.labels, dataset.label_names)


def forecast(dataset):
    part = dataset.test
    answers = {name: part.answers + by for name, by in (("values", 0.1), ("lower", -1))}
    answers["upper"] = part.answers + 1
    target = dataclasses.replace(forecast_of(dataset.train, dataset.value_names))
    return answers, score_forecasts(
        answers, part.answers, target, simple_forecasts(part)
    )


def stepped(dataset):
    shape = (*dataset.test.labels.shape, dataset.num_classes)
    answers = {"probabilities": RNG.dirichlet(np.ones(shape[-1]), shape[:-1])}
    evaluation = score_steps(
        answers["probabilities"], dataset.test, dataset.class_names, {"always N": 0.9}
    )
    return answers, evaluation


def translated(dataset):
    answer = Answer("2 apples", HOSTILE, "2 Äpfel", 12.0)
    scores = TextScore(0.5, 10.0, 20.0), {"copying the text": TextScore(0.0, 1.0, 30.0)}
    return {}, TranslationEvaluation(*scores, (answer,), (answer,))


def written(dataset):
    return {}, WritingEvaluation("character", 2.0, 99, 0, {"zlib": 1.5}, "It was dark")


# What is predicted: the data, options of `load`, results, and words of the page.
TASKS = {
    "images": (lambda: recipes.from_arrays(*images()), {}, classified, ["true: "]),
    "rows": (table, {}, classified, ["age", "Mistakes: "]),
    "numbers": (lambda: NUMBERS, {"target": "price"}, numbered, ["price", "true "]),
    "labels": (marks, {}, labelled, ["exactly right", "Farthest from the truth"]),
    "texts": (texts, {}, classified, ["Right, and sure"]),
    "clips": (clips, {"sample_rate": 1000}, classified, ["Right, but unsure"]),
    "sequences": (
        lambda: (RNG.normal(size=(60, 9, 2)), TWO),
        {"sequences": True},
        classified,
        ["Mistakes: "],
    ),
    "series": (
        series,
        {"task": "forecasting", "target": "load", "time": "time"},
        forecast,
        ["MASE", "naive forecast", "step 1 is 2024-02-", "forecast"],
    ),
    "steps": (
        lambda: recipes.from_arrays(*tokens()),
        {},
        stepped,
        ["whole sequences right", "steps wrong", "dog/"],
    ),
    "pairs": (pairs, {"task": "translation"}, translated, ["chrF", "2 Äpfel"]),
    "book": (book, {}, written, ["bits per character", "It was dark"]),
    "pictures": (
        lambda: recipes.from_arrays(*images()),
        {},
        None,
        ["The generator", "image generation: the model draws images like these"],
    ),
}
CONFIG = {
    "model": {"class": "CNN", "parameters": 1234},
    "training": {"settings": {"epochs": 2, "seed": 0}, "loss": "cross_entropy"},
    "resolved": {"backend": "tensorflow", "precision": "float32", "cores": 2},
    "versions": {"keras": "3.15"},
}
METRICS = [
    {"epoch": 1, "loss": 2.0, "val_loss": 1.5, "learning_rate": 0.1, "seconds": 1.0},
    {"epoch": 2, "loss": 1.0, "val_loss": np.nan, "learning_rate": 0.1, "seconds": 90},
]


def facts_of(folder, task):
    """The facts of a made-up run."""
    make, options, results, _ = TASKS[task]
    source = make(folder) if make in (book, pairs) else make()
    is_loaded = isinstance(source, recipes.Dataset)
    dataset = source if is_loaded else recipes.load(source, **options)
    answers, evaluation = results(dataset) if results else (None, None)
    sizes = {name: len(part) for name, part in dataset.parts.items()}
    data = {"name": dataset.name, "examples": sizes, "origin": None, "notes": []}
    config = {**CONFIG, "data": data}
    if evaluation is None:
        config["training"] = {"settings": {}, "game": {}}
        new_figure(2, 2).savefig(folder / "samples.png")
    return RunFacts(
        RunFolder(folder),
        config,
        METRICS,
        evaluation and evaluation.as_json(),
        kept_epoch=1,
        ended="complete",
        given={"epochs": 2},
        command="zoo fit cnn --epochs 2",
        remarks=("the rate was halved",),
        dataset=dataset,
        answers=answers,
    )


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """Return the facts of a run of each task."""
    return {task: facts_of(tmp_path_factory.mktemp(task), task) for task in TASKS}


@pytest.mark.parametrize("task", TASKS)
def test_the_page_tells_all_and_needs_no_other_file(facts, task):
    text = page_of(facts[task])
    page = Page(text)
    assert page.open == []
    assert "://" not in text
    assert len(text) < 1_000_000
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "bold")
        assert not any(key.startswith("on") for key in attributes)
        if "src" in attributes:
            assert attributes["src"].startswith("data:")
        if tag in ("img", "svg", "audio"):
            assert attributes.get("alt") or attributes["aria-label"]
    for words in (*TASKS[task][-1], "zoo fit cnn --epochs 2", "1 min 30 s"):
        assert words in page.words
    for words in ("all epochs done; the model is from epoch 1", "the rate was halved"):
        assert words in page.words
    assert "1,234 parameters" in page.words
    assert "What was understood of the data" in page.words


def test_clips_can_be_heard(facts):
    tags = Page(page_of(facts["clips"])).tags
    sounds = [attributes["src"] for tag, attributes in tags if tag == "audio"]
    assert len(sounds) >= 12
    with wave.open(io.BytesIO(base64.b64decode(sounds[0].partition(",")[2]))) as clip:
        assert (clip.getframerate(), clip.getnchannels()) == (1000, 1)
        assert clip.getnframes() > 50


def test_names_are_escaped(facts):
    made = facts["rows"]
    names = (HOSTILE, "other")
    dataset = dataclasses.replace(
        made.dataset, name=HOSTILE, class_names=names, notes=(HOSTILE,)
    )
    answers, evaluation = classified(dataset)
    config = {**made.config, "data": {**made.config["data"], "name": HOSTILE}}
    page = page_of(
        dataclasses.replace(
            made,
            config=config,
            scores=evaluation.as_json(),
            dataset=dataset,
            answers=answers,
            given={HOSTILE: HOSTILE},
            command=HOSTILE,
        )
    )
    assert "script" not in {tag for tag, _ in Page(page).tags}
    assert page.count("&lt;script&gt;") > 8
    assert "\x1b" not in page


def test_a_page_without_data_has_the_scores(facts):
    made = dataclasses.replace(facts["images"], dataset=None, answers=None)
    page = Page(page_of(made))
    assert "calibration error" in page.words
    assert "Mistakes" not in page.words


def test_scores_stand_beside_yardsticks(facts):
    """The yardsticks of each task, and a warning where one is as good."""
    scores = {task: made.scores for task, made in facts.items() if made.scores}
    assert yardsticks(scores["images"]) == {"always answering '0'": {"accuracy": 0.5}}
    assert headline(scores["images"]).startswith("test accuracy 0.75 (0.4677…0.9111")
    beaten = {task: bool(verdicts(each)) for task, each in scores.items()}
    assert beaten == {
        "images": False,
        "rows": True,
        "numbers": True,
        "labels": False,
        "texts": False,
        "clips": False,
        "sequences": False,
        "series": False,
        "steps": True,
        "pairs": True,
        "book": True,
    }


def test_many_classes_and_long_texts_stay_small(facts):
    """500 classes with long names, 2,000 notes, and clips of a minute."""
    made = facts["images"]
    names = tuple(f"{n} " + "long" * 100 for n in range(500))
    labels = RNG.integers(0, 500, 2000)
    evaluation = score(RNG.dirichlet(np.ones(500), 2000), labels, names)
    dataset = dataclasses.replace(made.dataset, notes=("note " * 999,) * 2000)
    page = page_of(
        dataclasses.replace(made, scores=evaluation.as_json(), dataset=dataset)
    )
    assert len(page) < 1_000_000
    assert "… and 440 more" in page


def test_a_few_answers_are_explained_in_bounded_time(facts, monkeypatch):
    """Examples of each kind with their captions; a large model is left alone."""
    made = facts["rows"]
    model = zoo.MLP((4,), num_classes=2, hidden_units=(4,))
    rows = recipes.load((RNG.normal(size=(60, 4)), TWO))
    answers, _ = classified(rows)
    monkeypatch.setattr(explaining, "SECONDS", 60)
    blocks = explanations_of(as_trained_model(model), rows, answers)
    page = Page(page_of(dataclasses.replace(made, explanations=blocks)))
    assert "Why it answers so" in page.words
    assert "fall in accuracy when shuffled" in page.words
    assert len(telling_examples(rows, answers)) == 4
    monkeypatch.setattr(explaining, "SECONDS", 0)
    blocks = explanations_of(as_trained_model(model), rows, answers)
    assert "zoo explain" in Page(as_html("", "", [Section("", blocks)])).words
    monkeypatch.setattr(explaining, "LARGEST", 1)
    (note,) = explanations_of(as_trained_model(model), rows, answers)
    assert "too large" in note.lines[0]
