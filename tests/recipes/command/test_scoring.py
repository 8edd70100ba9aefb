"""Evaluating and predicting on files: every row counts, and classes go by name."""

import json

import numpy as np
import pytest

import recipes
from tests.recipes.sources.source_files import write_csv, write_folder
from zoo import MLP
from zoo.errors import InputError

TINY = {"hidden_units": [4]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on a table with the columns a and b, and classes no and yes."""
    folder = tmp_path_factory.mktemp("scoring")
    rows = [[n % 7 / 7, n % 2 * 4 - 2, ("no", "yes")[n % 2]] for n in range(80)]
    path = write_csv(folder / "train.csv", ["a", "b", "kind"], rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recipes.training.tasks.supervised.export", lambda *_, **__: 0)
        return recipes.fit(
            "mlp",
            recipes.load(path, label_column="kind"),
            out=folder / "run",
            epochs=20,
            learning_rate=0.05,
            progress=False,
            model_arguments=TINY,
        )


TABLES = {  # name: (header, row of a number, number of rows)
    "a hundred": (["a", "b", "kind"], lambda n: [0.1, n % 2 * 4 - 2, n % 2], 100),
    "other order": (["kind", "b", "a"], lambda n: [n % 2, n % 2 * 4 - 2, 0.1], 100),
    "one row": (["a", "b", "kind"], lambda n: [0.1, -2, 0], 1),
    "one class": (["a", "b", "kind"], lambda n: [0.1, 2, 1], 12),
    "an index": (["", "a", "b", "kind"], lambda n: [n, 0.1, n % 2 * 4 - 2, n % 2], 9),
}


@pytest.mark.parametrize("header, row, number", TABLES.values(), ids=TABLES)
def test_every_row_of_a_table_is_scored(zoo, run, tmp_path, header, row, number):
    at = header.index("kind")
    rows = [row(n) for n in range(number)]
    for each in rows:
        each[at] = ("no", "yes")[each[at]]
    path = write_csv(tmp_path / "test.csv", header, rows)
    # The label column of the run is known.
    status, output, errors = zoo("evaluate", run.folder.path, "--data", path, "--json")
    assert status == 0, errors
    result = json.loads(output)
    assert np.sum(result["confusion"]) == number
    assert result["accuracy"] == 1.0
    assert f"all {number} examples are used" in errors


def test_the_training_data_are_split_as_in_training(zoo, run):
    path = run.folder.path.parent / "train.csv"
    status, output, _ = zoo("evaluate", run.folder.path, "--data", path, "--json")
    assert status == 0
    assert np.sum(json.loads(output)["confusion"]) == 16


def test_a_part_is_split_off_on_request(zoo, run, tmp_path):
    rows = [[0.1, n % 2 * 4 - 2, ("no", "yes")[n % 2]] for n in range(100)]
    path = write_csv(tmp_path / "test.csv", ["a", "b", "kind"], rows)
    arguments = ("--data", path, "--part", "test", "--json")
    status, output, _ = zoo("evaluate", run.folder.path, *arguments)
    assert status == 0
    assert np.sum(json.loads(output)["confusion"]) == 20


def test_a_class_that_the_model_does_not_know_is_refused(zoo, run, tmp_path):
    rows = [[0.1, 2, "maybe"]] * 5
    path = write_csv(tmp_path / "test.csv", ["a", "b", "kind"], rows)
    status, _, errors = zoo("evaluate", run.folder.path, "--data", path)
    assert status == 2
    assert "the class 'maybe'" in errors


@pytest.mark.parametrize("form", ["npz", "npy"])
def test_every_example_of_arrays_is_scored(run, tmp_path, form):
    x = np.float32([[0.1, n % 2 * 4 - 2] for n in range(30)])
    y = np.array(["no", "yes"])[np.arange(30) % 2]
    if form == "npz":
        np.savez(tmp_path / "a.npz", x=x, y=y)
        data = tmp_path / "a.npz"
    else:
        np.save(tmp_path / "x_train.npy", x)
        np.save(tmp_path / "y_train.npy", y)
        data = tmp_path
    evaluation = recipes.evaluate(run.folder.path, data)
    assert (evaluation.confusion.sum(), evaluation.accuracy) == (30, 1.0)


def test_every_image_of_a_folder_is_scored(tmp_path):
    model = MLP((6, 5, 3), 2, class_names=["ant", "bee"], hidden_units=(2,))
    write_folder(tmp_path / "photos", {"bee": 2, "ant": 1})
    evaluation = recipes.evaluate(model, tmp_path / "photos")
    assert evaluation.confusion.sum(axis=1).tolist() == [1, 2]


def model_of(labels, folder, class_names=None):
    """A model that tells apart rows of −2 and 2 in each column, one a class."""
    kinds = np.unique(np.asarray(labels))
    x = np.eye(len(kinds))[np.searchsorted(kinds, labels)] * 4 - 2
    data = recipes.from_arrays(x, labels, class_names=class_names)
    run = recipes.fit(
        "mlp",
        data,
        out=folder / "run",
        epochs=60,
        learning_rate=0.05,
        progress=False,
        model_arguments={"hidden_units": []},
    )
    return run, x


TWELVE = np.arange(120) % 12


@pytest.mark.usefixtures("no_export")
def test_classes_are_matched_by_name_however_they_are_spelled(tmp_path):
    run, x = model_of(TWELVE.astype(str), tmp_path)
    spellings = [
        TWELVE,
        TWELVE.astype(float),
        TWELVE.astype(str),
        TWELVE.astype(object),
    ]
    for labels in spellings:
        data = recipes.from_arrays(x, labels)
        for model in (run.model, run.folder.path):
            assert recipes.evaluate(model, data).accuracy == 1.0
    some = np.isin(TWELVE, (3, 10))
    assert recipes.evaluate(run.model, (x[some], TWELVE[some])).accuracy == 1.0
    with pytest.raises(InputError, match="the class '12', which the model does not kn"):
        recipes.evaluate(run.model, recipes.from_arrays(x, TWELVE + 1))


@pytest.mark.usefixtures("no_export")
def test_numbers_are_positions_of_names_that_are_not_numbers(tmp_path):
    labels = np.array(["cat", "dog"])[np.arange(60) % 2]
    run, x = model_of(labels, tmp_path)
    numbers = recipes.from_arrays(x, np.arange(60) % 2)
    assert recipes.evaluate(run.model, numbers).accuracy == 1.0
    with pytest.raises(
        InputError, match="the class '1', which the model does not know"
    ):
        recipes.evaluate(run.model, recipes.from_arrays(x, np.arange(60) % 2 + 1))
    with pytest.raises(InputError, match="'cow', which the training data lack"):
        recipes.evaluate(run.model, (x, np.where(labels == "cat", "cow", labels)))
    config = json.loads(run.folder.config.read_text(encoding="utf-8"))
    assert config["data"]["class_names_given"]


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    rows = [[n, f"a {('bad', 'good')[n % 2]} film", n % 2] for n in range(40)]
    path = write_csv(folder / "reviews.csv", ["n", "body", "label"], rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recipes.training.tasks.supervised.export", lambda *_, **__: 0)
        return recipes.fit(
            "recurrent",
            recipes.load(path, text_column="body"),
            out=folder / "run",
            epochs=1,
            progress=False,
            model_arguments={"units": 4},
        )


TEXTS = [f"the {word} one, and more" for word in ("first", "second", "third", "last")]
FILES = {  # name: (header, rows, further arguments)
    "one column": (["text"], [[text] for text in TEXTS], ()),
    "that of the training": (["title", "body"], [["a b", t] for t in TEXTS], ()),
    "with labels": (["review", "label"], [[text, "x"] for text in TEXTS], ()),
    "an index": (["", "review"], [[n, text] for n, text in enumerate(TEXTS)], ()),
    "named": (["a", "b"], [[t, t[::-1]] for t in TEXTS], ("--text-column", "b")),
}


@pytest.mark.parametrize("header, rows, more", FILES.values(), ids=FILES)
def test_each_row_of_a_table_of_texts_has_an_answer(
    zoo, text_run, tmp_path, header, rows, more
):
    path = write_csv(tmp_path / "new.csv", header, rows)
    (tmp_path / "one.txt").write_text(TEXTS[0])
    arguments = (text_run.folder.path, path, tmp_path / "one.txt", *more, "--json")
    status, output, errors = zoo("predict", *arguments)
    assert status == 0, errors
    names = [answer["input"] for answer in json.loads(output)]
    expected = [f"{path}:{line}" for line in range(2, 2 + len(rows))]
    assert names == [*expected, str(tmp_path / "one.txt")]


BAD = {
    "several": (
        ["a", "b"],
        [["x y", "y z"], ["z y", "u v"]],
        (),
        "several columns of wo",
    ),
    "absent": (["a"], [["x y"]], ("--text-column", "b"), "no column 'b' of texts"),
    "empty": (["text"], [["a b"], [" "]], (), "line 3, column 'text' is empty"),
}


@pytest.mark.parametrize("header, rows, more, message", BAD.values(), ids=BAD)
def test_bad_tables_of_texts_are_refused(
    zoo, text_run, tmp_path, header, rows, more, message
):
    path = write_csv(tmp_path / "new.csv", header, rows)
    status, _, errors = zoo("predict", text_run.folder.path, path, *more)
    assert status == 2
    assert message in errors
