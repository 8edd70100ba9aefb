"""A run for each fold: scores, answers, and going on after a cut."""

import csv
import json

import keras
import numpy as np
import pandas as pd
import pytest

import recipes
import zoo
from recipes.experiments import repeated
from recipes.experiments.fold_runs import answers_with_truth
from recipes.sources import load_with_defaults
from recipes.training.models import build
from tests.recipes.sources.step_sequences import write_json_lines
from zoo.errors import InputError

RNG = np.random.default_rng(0)
COUNT = 90
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=COUNT),
        "word": RNG.choice(["a", "b"], COUNT),
        "patient": [f"p{number}" for number in RNG.integers(0, 15, COUNT)],
    }
)
FRAME["label"] = np.where(FRAME["x"] > 0, "yes", "no")
FRAME["price"] = FRAME["x"] * 3 + (FRAME["word"] == "a")
SMALL = {
    "epochs": 2,
    "model_arguments": {"hidden_units": [8]},
    "progress": False,
}


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory):
    """The arguments of a cross-validation that ended in its second fold, and how often
    a run was begun for it."""
    folder = tmp_path_factory.mktemp("folds")
    FRAME.to_csv(folder / "t.csv", index=False)
    arguments = {
        "model": "mlp",
        "data": folder / "t.csv",
        "folds": 3,
        "out": folder / "out",
        "drop_columns": ["price"],
        "group": "patient",
        **SMALL,
    }
    begun, train = [], repeated.start

    def start(*given, **named):
        begun.append(named["out"].name)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return train(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated, "start", start)
        with pytest.raises(KeyboardInterrupt):
            recipes.cross_validate(**arguments)
        (folder / "out" / ".draft-a").mkdir()  # by a killed process
        (folder / "out" / ".draft-a.lock").touch()
        result = recipes.cross_validate(**arguments)
    return arguments, begun, result


@pytest.fixture(scope="module")
def result(cut_off):
    return cut_off[2]


def test_scores_have_a_mean_and_a_spread_over_the_folds(result):
    accuracies = [
        json.loads((run / "evaluation.json").read_text())["accuracy"]
        for run in result.runs
    ]
    spread = result.scores["accuracy"]
    assert spread.values == tuple(accuracies)
    assert spread.mean == pytest.approx(np.mean(accuracies))
    assert spread.deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert sum(result.examples) == COUNT
    record = json.loads((result.folder / "folds.json").read_text())
    assert record["scores"]["accuracy"]["values"] == accuracies
    assert "accuracy" in (result.folder / "report.html").read_text("utf-8")
    assert (result.folder / "folds.png").stat().st_size > 1000


def test_answers_are_out_of_fold_with_the_line_of_each_example(result):
    with (result.folder / "predictions.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert sorted(int(row["input"]) for row in rows) == [*range(2, COUNT + 2)]
    for row in rows:
        assert row["true"] == FRAME["label"][int(row["input"]) - 2]
    own = [row for row in rows if row["fold"] == "2"]
    patients = {FRAME["patient"][int(row["input"]) - 2] for row in own}
    others = {
        FRAME["patient"][int(row["input"]) - 2] for row in rows if row["fold"] != "2"
    }
    assert not patients & others
    right = np.mean([row["class_name"] == row["true"] for row in own])
    assert right == pytest.approx(result.scores["accuracy"].values[1])


def test_it_goes_on_where_it_was_cut_off(cut_off):
    arguments, begun, result = cut_off
    assert not [*result.folder.glob(".draft*")]
    assert begun == ["fold_1", "fold_2", "fold_2", "fold_3"]
    again = recipes.cross_validate(**arguments)
    assert again.scores == result.scores
    assert len(begun) == 4
    with pytest.raises(InputError, match="differs in its arguments"):
        recipes.cross_validate(**arguments | {"epochs": 3})


SERIES = pd.DataFrame({"t": np.arange(150), "y": np.sin(np.arange(150) / 3)})
WORDS = [(["the", "cat", "sat"], ["O", "B", "O"]), (["dogs"], ["B"])] * 10
KINDS = {  # source, options, model with its arguments, columns of the right answers
    "numbers": (
        lambda folder: FRAME.drop(columns="label"),
        {"target": "price"},
        ("mlp", {"hidden_units": [4]}),
        ["true_price"],
    ),
    "several labels": (
        lambda folder: (FRAME[["x"]].to_numpy(), RNG.integers(0, 2, (COUNT, 2))),
        {},
        ("mlp", {"hidden_units": [4]}),
        ["true"],
    ),
    "a forecast": (
        lambda folder: SERIES,
        {"task": "forecasting", "target": "y", "time": "t", "window": 8, "horizon": 2},
        ("recurrent", {"units": [4]}),
        ["true_y"],
    ),
    "steps": (
        lambda folder: write_json_lines(folder / "a.jsonl", WORDS),
        {},
        ("recurrent", {"units": [4], "embedding_units": 4}),
        ["true"],
    ),
    "texts": (
        lambda folder: "dates",
        {"num_examples": 40},
        ("recurrent", {"units": [4], "embedding_units": 4}),
        ["true"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_task_has_right_answers_beside_its_own(kind, tmp_path):
    source, options, model, truth = KINDS[kind]
    seen = {}
    given = {**options, "fold": "1/2"}
    dataset = load_with_defaults(source(tmp_path), {}, given, {"seen": seen})
    file = tmp_path / "model.keras"
    build(model[0], dataset, model[1]).save(file)
    columns = answers_with_truth(file, dataset, seen)
    assert [name for name in columns if name.startswith("true")] == truth
    assert len({len(values) for values in columns.values()}) == 1
    (right,) = (columns[name] for name in truth)
    expected = {
        "numbers": lambda: dataset.test.labels[:, 0],
        "a forecast": lambda: dataset.test.answers.ravel(),
        "texts": lambda: dataset.test.labels,
    }
    if kind in expected:
        np.testing.assert_array_equal(right, expected[kind]())
    if kind == "steps":
        words = {"the": "O", "cat": "B", "sat": "O", "dogs": "B"}
        assert [words[word] for word in columns["token"]] == right.tolist()


class FirstWeights(keras.callbacks.Callback):
    """Keeps the weights that each training begins with."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_train_begin(self, logs=None):
        self.found.append([each.copy() for each in self.model.get_weights()])


def test_a_model_of_the_user_starts_afresh_in_each_fold(tmp_path):
    model = zoo.MLP((1,), 2, hidden_units=(4,))
    before = [each.copy() for each in model.get_weights()]
    data = (FRAME[["x"]].to_numpy(), FRAME["label"].to_numpy())
    first = FirstWeights()
    options = {"epochs": 1, "progress": False, "callbacks": [first]}
    recipes.cross_validate(model, data, 2, out=tmp_path / "out", **options)
    for found in (*first.found, model.get_weights()):
        for own, expected in zip(found, before, strict=True):
            np.testing.assert_array_equal(own, expected)
    assert len(first.found) == 2


REFUSED = {
    "a data set of objects": (
        {"data": recipes.from_arrays(FRAME[["x"]].to_numpy(), FRAME["label"])},
        "is made of objects",
    ),
    "one fold": ({"folds": 1}, "`folds` must be"),
    "too many folds": ({"folds": 80}, "examples; 80 folds take at least"),
    "a test part": ({"test": FRAME}, "`test` chooses the test part"),
    "an unknown argument": ({"epoch": 3}, "did you mean 'epochs'"),
    "a network that draws": ({"model": "dcgan"}, "A DCGAN has no scores"),
}


@pytest.mark.parametrize("changes, said", REFUSED.values(), ids=REFUSED)
def test_refuses(changes, said, tmp_path):
    arguments = {"model": "mlp", "data": FRAME, "out": tmp_path / "out", **SMALL}
    with pytest.raises(InputError, match=said):
        recipes.cross_validate(**arguments | changes)
    assert not (tmp_path / "out").exists()


def test_a_preset_is_refined_anew_in_each_fold(tmp_path):
    trained = zoo.MLP((1,), 2, hidden_units=(4,))
    preset = trained.save_to_preset(tmp_path / "mine")
    first = FirstWeights()
    result = recipes.cross_validate(
        data=(FRAME[["x"]].to_numpy(), FRAME["label"].to_numpy()),
        folds=2,
        preset=preset,
        freeze="body",
        epochs=1,
        progress=False,
        callbacks=[first],
        out=tmp_path / "out",
    )
    assert len(result.scores["accuracy"].values) == len(first.found) == 2
    for found in first.found:
        np.testing.assert_array_equal(found[0], trained.get_weights()[0])


NOT_FOLDED = {
    "a model beside a preset": ({"model": "mlp", "preset": "mlp_digits"}, "leave out"),
    "freeze without a preset": ({"model": "mlp", "freeze": "body"}, "fine-tuning"),
    "a preset of another kind": ({"preset": "mlp_digits"}, "takes images"),
}


@pytest.mark.parametrize("arguments, message", NOT_FOLDED.values(), ids=NOT_FOLDED)
def test_what_cannot_be_refined_is_refused_before_a_folder_is_made(
    arguments, message, tmp_path
):
    with pytest.raises(InputError, match=message):
        recipes.cross_validate(data=FRAME, folds=2, out=tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()
