"""Numbers to predict: which columns and arrays they come from, and refusals."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import recipes
from recipes.command import zoo as command
from tests.recipes.sources.source_files import write_csv
from zoo.errors import InputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2)).round(3)
Y = (100 + 10 * X[:, 0] + RNG.normal(size=60)).round(2)
HEADER = ["a", "b", "city", "price", "rent"]


def rows(**cells):
    """The rows of a table; a keyword gives the cells of a column."""
    columns = {
        "a": X[:, 0].tolist(),
        "b": X[:, 1].tolist(),
        "city": [f"town {n % 3}" for n in range(60)],
        "price": Y.tolist(),
        "rent": (Y / 7).round(3).tolist(),
        **cells,
    }
    return [*zip(*columns.values(), strict=True)]


def every_label(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    return np.concatenate([part.labels for part in parts])


@pytest.fixture
def table(tmp_path):
    return write_csv(tmp_path / "houses.csv", HEADER, rows())


def test_a_column_of_numbers_is_predicted_and_said(table):
    dataset = recipes.load(table, target=["price"], drop_columns=["rent"])
    assert dataset.value_names == ("price",)
    assert dataset.class_names == ()
    assert dataset.notes[0].startswith("price: numbers to predict")
    labels = every_label(dataset)
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(np.sort(labels[:, 0]), np.sort(Y).astype("float32"))
    assert {"price", "label"}.isdisjoint(dataset.feature_names)


def test_several_columns_are_predicted_in_the_order_given(table):
    dataset = recipes.load(table, target=["rent", "price"])
    assert dataset.value_names == ("rent", "price")
    labels = every_label(dataset)
    np.testing.assert_allclose(labels[:, 0] * 7, labels[:, 1], rtol=1e-3)


SPELLED = {
    "thousands": [f"{1000 + n:,}" for n in range(60)],
    "currency": [f"${1000 + n:,}.50" for n in range(60)],
    "percent": [f"{n}%" for n in range(60)],
}


@pytest.mark.parametrize("cells", SPELLED.values(), ids=SPELLED)
def test_numbers_are_read_however_they_are_written(cells, tmp_path):
    path = write_csv(tmp_path / "t.csv", HEADER, rows(price=cells))
    dataset = recipes.load(path, target=["price"], task="regression")
    assert len(np.unique(every_label(dataset))) == 60


def test_rows_without_a_number_are_left_out_and_told(tmp_path):
    cells = [*Y.tolist()]
    cells[3], cells[7] = "NA", ""
    path = write_csv(tmp_path / "t.csv", HEADER, rows(price=cells))
    dataset = recipes.load(path, target=["price"])
    assert len(every_label(dataset)) == 58
    (told,) = [note for note in dataset.notes if "left out" in note]
    assert "2 of 60 examples" in told
    assert "line 5" in told


def test_arrays_of_numbers_are_predicted():
    one = recipes.load((X, Y))
    two = recipes.load((X, np.stack([Y, Y / 2], axis=1)))
    assert (one.value_names, two.value_names) == (("value",), ("value_1", "value_2"))
    named = recipes.from_arrays(X, Y, value_names=["price"])
    assert named.value_names == ("price",)
    kept = recipes.from_arrays(X, np.where(np.arange(60) == 5, np.nan, Y))
    assert len(every_label(kept)) == 59


def test_whole_numbers_are_classes_unless_asked_for():
    stars = np.arange(60) % 5 + 1
    classes = recipes.load((X, stars))
    assert classes.class_names == ("1", "2", "3", "4", "5")
    assert any("--task regression predicts them" in note for note in classes.notes)
    numbers = recipes.load((X, stars), task="regression")
    assert sorted(np.unique(every_label(numbers))) == [1, 2, 3, 4, 5]


def test_parts_of_an_archive_are_kept(tmp_path):
    arrays = {"x_train": X[:40], "y_train": Y[:40], "x_test": X[40:], "y_test": Y[40:]}
    np.savez(tmp_path / "a.npz", **arrays)
    dataset = recipes.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(dataset.test.labels[:, 0], Y[40:].astype("float32"))
    assert len(dataset.train) + len(dataset.validation) == 40


def changed(row, value):
    cells = [*Y.tolist()]
    cells[row] = value
    return cells


WRONG = {  # name: (cells of price, options, part of the message)
    "text": (changed(4, "cheap"), {}, r"line 6: 'cheap' is not .*correct it"),
    "infinite": (changed(4, "inf"), {}, "inf"),
    "constant": ([7.5] * 60, {}, "Every 'price' of the training part is 7.5"),
    "all missing": (["NA"] * 60, {}, "every label in 'price' is missing"),
    "words": (["a", "b"] * 30, {}, "is not a"),
    "no such column": (Y.tolist(), {"target": ["prise"]}, "did you mean 'price'"),
    "twice": (Y.tolist(), {"target": ["price", "price"]}, "'price' twice"),
    "label column too": (Y.tolist(), {"label_column": "rent"}, "both name"),
    "dropped": (Y.tolist(), {"drop_columns": ["price"]}, "cannot be dropped"),
}


@pytest.mark.parametrize("cells, options, part", WRONG.values(), ids=WRONG)
def test_what_cannot_be_predicted_is_refused(cells, options, part, tmp_path):
    path = write_csv(tmp_path / "t.csv", HEADER, rows(price=cells))
    options = {"target": ["price"], "task": "regression", **options}
    with pytest.raises(InputError, match=part):
        recipes.load(path, **options)


def test_class_names_and_too_few_rows_are_refused():
    with pytest.raises(InputError, match="`class_names` are for classes"):
        recipes.from_arrays(X, Y, class_names=["a"], task="regression")
    with pytest.raises(InputError, match=r"There are 5 examples; .* at least 10"):
        recipes.from_arrays(X[:5], Y[:5])


def test_a_data_set_is_not_read_again(tmp_path):
    with pytest.raises(
        InputError, match=r"`target` .* is for data that are to be read"
    ):
        recipes.fit("mlp", recipes.load((X, Y)), target=["a"], out=tmp_path / "run")


def test_the_command_goes_from_a_table_to_predictions(table, tmp_path):
    def run(*words):
        result = CliRunner().invoke(command, [*map(str, words)])
        assert result.exit_code == 0, result.output
        return result

    out = tmp_path / "run"
    options = ("--target", "price", "--drop-column", "rent", "--epochs", 2)
    options += ("--interval", 0.5)
    run("fit", "mlp", "--data", table, *options, "--out", out)
    scores = json.loads(run("evaluate", out, "--data", table, "--json").stdout)
    assert scores == {
        **json.loads((out / "evaluation.json").read_text()),
        "numbers": [{**scores["numbers"][0], "baselines": {}}],
    }
    elsewhere = write_csv(tmp_path / "other.csv", HEADER[:3], [r[:3] for r in rows()])
    answers = [
        json.loads(run("predict", model, elsewhere, "--json").stdout)
        for model in (out, out / "saved_model")
    ]
    assert len(answers[0]) == 60
    for one, other in zip(*answers, strict=True):
        assert one["lower"]["price"] < one["values"]["price"] < one["upper"]["price"]
        assert one["values"]["price"] == pytest.approx(
            other["values"]["price"], rel=1e-4
        )
    assert "price" in run("predict", out, elsewhere).stdout
