"""A run for each fold: scores, answers, and going on after a cut."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

import recipes
import zoo
from recipes.experiments import repeated
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
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    FRAME.to_csv(folder / "t.csv", index=False)
    return recipes.cross_validate(
        "mlp", folder / "t.csv", 3, out=folder / "out", drop_columns=["price"],
        group="patient", **SMALL,
    )  # fmt: skip


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


def test_it_goes_on_where_it_was_cut_off(result, tmp_path, monkeypatch):
    out, calls = tmp_path / "out", []
    arguments = {"drop_columns": ["price"], "group": "patient", **SMALL}
    source = result.folder.parent / "t.csv"
    trained = repeated.start

    def cut_off(*given, **named):
        calls.append(named["out"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return trained(*given, **named)

    monkeypatch.setattr(repeated, "start", cut_off)
    with pytest.raises(KeyboardInterrupt):
        recipes.cross_validate("mlp", source, 3, out=out, **arguments)
    again = recipes.cross_validate("mlp", source, 3, out=out, **arguments)
    assert [path.name for path in calls] == ["fold_1", "fold_2", "fold_2", "fold_3"]
    assert again.scores == result.scores
    with pytest.raises(InputError, match="differs in its arguments"):
        recipes.cross_validate("mlp", source, 3, out=out, **arguments | {"epochs": 3})


KINDS = {
    "numbers": ("mlp", FRAME.drop(columns="label"), {"target": "price"}, "rmse"),
    "several labels": (
        "mlp",
        (FRAME[["x"]].to_numpy(), (RNG.normal(size=(COUNT, 2)) > 0).astype(int)),
        {},
        "mean_average_precision",
    ),
    "a forecast": (
        "recurrent",
        pd.DataFrame({"t": np.arange(150), "y": np.sin(np.arange(150) / 3)}),
        {
            "task": "forecasting",
            "target": "y",
            "time": "t",
            "model_arguments": {"units": [4]},
            "window": 8,
            "horizon": 2,
        },
        "mae",
    ),
}


@pytest.mark.parametrize("model, data, options, score", KINDS.values(), ids=KINDS)
def test_every_task_has_scores_and_answers(model, data, options, score, tmp_path):
    options = {**SMALL, "epochs": 1, **options}
    found = recipes.cross_validate(model, data, 2, out=tmp_path / "out", **options)
    assert len(found.scores[score].values) == 2
    truth = [name for name in found.predictions if name.startswith("true")]
    assert len({len(values) for values in found.predictions.values()}) == 1
    assert truth
    assert {*found.predictions["fold"]} == {1, 2}


def test_a_model_of_the_user_starts_afresh_in_each_fold(tmp_path):
    model = zoo.MLP((1,), 2, hidden_units=(4,))
    before = [each.copy() for each in model.get_weights()]
    data = (FRAME[["x"]].to_numpy(), FRAME["label"].to_numpy())
    options = {"epochs": 1, "progress": False}
    found = recipes.cross_validate(model, data, 2, out=tmp_path / "out", **options)
    for own, first in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(own, first)
    alone = recipes.cross_validate(model, data, 2, out=tmp_path / "again", **options)
    assert alone.scores == found.scores


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
