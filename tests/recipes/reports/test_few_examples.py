"""Scoring models on as few examples as there are, whatever their labels look like."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import recipes
from recipes.reports.evaluation import load_to_score, scored_part, trained_model
from tests.recipes.prediction.networks import write_run
from zoo.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    runs, folder = {}, tmp_path_factory.mktemp("runs")

    def written(name):
        if name not in runs:
            runs[name] = write_run(name, folder / name)
        return runs[name]

    return written


ROW = {"a": [1], "b": [2], "kind": ["yes"]}
DAYS = "".join(f"2024-01-0{n},x,{n}\n" for n in range(1, 6))
ONE = np.zeros((1, 2))
SCORED = {  # name: (network, data, number of examples)
    "one row": ("classes", "a,b,kind\n1,2,no\n", 1),
    "one class": ("classes", "a,b,kind\n1,2,no\n2,2,no\n", 2),
    "one row of a frame": ("classes", pd.DataFrame(ROW), 1),
    "one array": ("classes", (ONE, ["no"]), 1),
    "class numbers": ("classes", "a,b,kind\n1,2,1\n", 1),
    "missing numbers": ("words", "age,sex,label\n,f,yes\n", 1),
    "one number": ("numbers", "a,b,price\n1,2,3\n", 1),
    "equal numbers": ("numbers", "a,b,price\n1,2,3\n2,2,3\n", 2),
    "whole numbers": ("numbers", (np.zeros((3, 2)), [1, 2, 3]), 3),
    "labels like a class": ("labels", "a,b,label\n1,2,red\n2,1,round\n", 2),
    "one-hot labels": ("labels", (ONE, np.array([[1, 0]])), 1),
    "one sequence": ("sequences", (np.zeros((1, 3, 2)), [1]), 1),
    "sequences of equal length": ("sequences", ([np.zeros((3, 2))] * 2, [0, 0]), 2),
    "another column of texts": ("texts", "n,review,label\n1,bad film,bad\n", 1),
    "one window": ("series", "day,place,load\n" + DAYS, 1),
    "one class at each step": ("steps", '{"tokens": ["a"], "labels": ["N"]}\n', 1),
}  # fmt: skip


@pytest.mark.parametrize("network, data, count", SCORED.values(), ids=SCORED)
def test_every_example_is_scored(run, tmp_path, network, data, count):
    if isinstance(data, str):
        path = tmp_path / ("d.jsonl" if data.startswith("{") else "d.csv")
        path.write_text(data)
        data = path
    trained = trained_model(run(network))
    assert len(scored_part(load_to_score(trained, data, None), None)) == count
    evaluation = recipes.evaluate(run(network), data)
    # JSON has no NaN: what is not defined is null.
    json.dumps(evaluation.as_json(), allow_nan=False)
    assert evaluation.summary("test")


def test_a_folder_may_lack_a_class(run, tmp_path):
    (tmp_path / "photos" / "dog").mkdir(parents=True)
    (tmp_path / "photos" / "cat").mkdir()
    Image.new("RGB", (5, 6)).save(tmp_path / "photos" / "dog" / "1.png")
    evaluation = recipes.evaluate(run("images"), tmp_path / "photos")
    assert evaluation.confusion.sum(axis=1).tolist() == [0, 1]
    (tmp_path / "photos" / "dog" / "1.png").unlink()
    with pytest.raises(InputError, match=r"class folders in .*photos hold no images"):
        recipes.evaluate(run("images"), tmp_path / "photos")


def test_no_rows_are_refused(run):
    with pytest.raises(InputError, match="The data frame has no rows"):
        recipes.evaluate(run("classes"), pd.DataFrame({"a": [], "b": [], "kind": []}))


def test_r2_is_not_told_where_it_is_not_defined(run):
    evaluation = recipes.evaluate(run("numbers"), (ONE, [3.0]))
    assert (evaluation.r2, evaluation.numbers[0].r2) == (None, None)
    assert "R²" not in evaluation.summary("test")


def test_options_say_how_data_are_read(run):
    frame = pd.DataFrame({"a": [1.0], "b": [2.0], "answer": ["yes"]})
    assert recipes.evaluate(run("classes"), frame, target="answer").confusion.sum() == 1
    with pytest.raises(InputError, match="no argument 'targt' for reading data; did y"):
        recipes.evaluate(run("classes"), frame, targt="answer")
    dataset = recipes.from_arrays(np.zeros((20, 2)), np.arange(20) % 2)
    with pytest.raises(InputError, match="`target` says how to read data"):
        recipes.evaluate(run("classes"), dataset, target="answer")
