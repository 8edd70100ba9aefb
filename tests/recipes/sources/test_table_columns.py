"""Tables of numbers, words and empty cells: loading, training, rebalancing, serving."""

import json

import numpy as np
import pytest

import recipes
from recipes.augmentation import Compose, FeatureDrop, FeatureNoise
from recipes.augmentation.presets import choose
from recipes.sampling import Smote, SmoteNC
from tests.recipes.sources.source_files import write_csv
from zoo.columns import Category, Columns, Number
from zoo.errors import InputError
from zoo.loading import load_classifier

HEADER = ["survived", "class", "sex", "age", "port", "name", "nothing"]


def passengers(number=150, seed=0):
    """Return rows of a passenger list; survival nearly follows from the sex."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(number):
        sex = rng.choice(["female", "male"])
        survived = (sex == "female") != (rng.random() < 0.05)
        age = "" if n % 5 == 0 else round(rng.uniform(1, 70), 1)
        port = "once" if n == 1 else rng.choice(["S", "C", ""])
        rows.append(
            [
                int(survived),
                1 + n % 3,
                sex,
                age,
                port,
                f"Person, Mr. {n}",
                (" ", "NA", "")[n % 3],
            ]
        )
    return rows


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("ship") / "ship.csv", HEADER, passengers())


def load(path, **arguments):
    return recipes.load(path, label_column="survived", **arguments)


def test_columns_are_learnt_from_the_training_part(path):
    dataset = load(path)
    assert "rows of 2 numbers and 2 words, 2 classes" in dataset.describe()
    assert (dataset.kind, len(dataset.test), dataset.num_classes) == ("table", 30, 2)
    klass, sex, age, port = dataset.columns.columns
    assert klass == Number("class", 2.0, False)
    assert sex == Category("sex", ("female", "male"))
    assert port.categories == ("", "C", "S")
    train = dataset.train.inputs
    assert (train.dtype, train.shape[1:]) == ("float32", (5,))
    assert dataset.feature_names == ("class", "sex", "age", "age is missing", "port")
    missing = train[:, 3] == 1
    np.testing.assert_array_equal(train[missing, 2], np.float32(age.fill))
    assert age.marked
    assert age.fill == pytest.approx(np.median(train[~missing, 2]))
    notes = "\n".join(dataset.notes)
    assert "column 'age' lacks 30 of 150 numbers" in notes
    assert "column 'name' is left out because its words hardly repeat" in notes
    assert "column 'nothing' is left out because it is empty" in notes


def test_every_row_has_the_values_of_its_line(path):
    dataset = load(path)
    parts = (dataset.train, dataset.validation, dataset.test)
    rows = np.concatenate([part.inputs for part in parts])
    raw = dataset.columns.raw(rows)
    found = {
        (round(float(age), 1), sex, int(klass))
        for age, sex, klass in zip(raw["age"], raw["sex"], raw["class"], strict=True)
        if not np.isnan(age)
    }
    assert found == {(row[3], row[2], row[1]) for row in passengers() if row[3] != ""}


def test_numbers_may_be_named_as_categories(path):
    dataset = load(path, categorical_columns=("class",))
    assert dataset.columns.columns[0] == Category("class", ("1", "2", "3"))
    with pytest.raises(InputError, match=r"no column 'klass'.*--categorical-column"):
        load(path, categorical_columns=("klass",))


def test_known_columns_are_not_learnt_again(path, tmp_path):
    known = load(path).columns
    other = write_csv(tmp_path / "other.csv", HEADER, passengers(60, seed=1)[::-1])
    dataset = load(other, columns=known.get_config())
    assert dataset.columns == known
    lacking = [[row[0], row[2]] for row in passengers(60)]
    lacking = write_csv(tmp_path / "lacking.csv", ["survived", "sex"], lacking)
    with pytest.raises(InputError, match=r"no column 'class', which the model needs"):
        load(lacking, columns=known.get_config())


@pytest.mark.parametrize(
    "wrong, message",
    [
        (
            "old",
            "'age', line 2: 'old' is not a finite number.*--categorical-column age",
        ),
        ("inf", "line 2: 'inf'"),
        ("1e99", "line 2: '1e99'"),
    ],
)
def test_cells_that_are_not_numbers_are_refused(tmp_path, wrong, message):
    rows = passengers(40)
    rows[0][3] = wrong
    with pytest.raises(InputError, match=message):
        load(write_csv(tmp_path / "t.csv", HEADER, rows))


FRAME = {
    "number": np.r_[np.nan, np.arange(59.0)],
    "word": np.array(["a", "b", None], object)[np.arange(60) % 3],
    "bytes": np.array([b"x", b"y"])[np.arange(60) % 2],
    "flag": np.arange(60) % 2 == 0,
    "mixed": np.array([1, None, 2.5], object)[np.arange(60) % 3],
}


class Frame:
    """Stands in for a data frame of pandas."""

    def keys(self):
        return iter(FRAME)

    def __iter__(self):
        return iter(FRAME)

    def __getitem__(self, name):
        return FRAME[name]


@pytest.mark.parametrize("table", [FRAME, Frame()], ids=["dictionary", "frame"])
def test_dictionaries_and_data_frames_are_tables(table):
    dataset = recipes.from_arrays(table, np.arange(60) % 2, table, np.arange(60) % 2)
    assert [type(c) for c in dataset.columns.columns] == [
        Number,
        Category,
        Category,
        Number,
        Number,
    ]
    assert dataset.columns.columns[1].categories == ("", "a", "b")
    raw = dataset.columns.raw(dataset.test.inputs)
    np.testing.assert_array_equal(raw["flag"], FRAME["flag"])
    np.testing.assert_array_equal(raw["mixed"], np.array(FRAME["mixed"], "float32"))
    assert raw["bytes"].tolist() == [value.decode() for value in FRAME["bytes"]]


@pytest.mark.parametrize(
    "table, message",
    [
        ({"a": np.zeros(59)}, "59 values for 60 labels"),
        ({"a": np.zeros((60, 2))}, r"shape \(n,\), got \(60, 2\)"),
        ({"a": np.zeros(60, "complex64")}, "complex64"),
        ({"a": [{}] * 60}, "neither numbers nor words"),
        ({"a": np.full(60, np.nan)}, "No column is usable: a"),
        ({"a": np.full(60, np.inf)}, "infinite"),
    ],
)
def test_bad_columns_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(table, np.arange(60) % 2)


def test_a_part_that_lacks_a_column_is_refused():
    with pytest.raises(InputError, match="test part has no column 'a'"):
        recipes.from_arrays(
            {"a": np.arange(60)}, np.arange(60) % 2, {"b": np.arange(60)}, [0, 1] * 30
        )


def unequal(path):
    part = load(path).train
    return part.take(np.r_[np.flatnonzero(part.labels == 0), :40])


def test_smote_refuses_words_and_smote_nc_accepts_them(path):
    part = unequal(path)
    with pytest.raises(InputError, match=r"sex, age is missing, port.*'smote_nc'"):
        Smote().sampler(part, batch_size=8, seed=0)
    batches = recipes.training_batches(part, batch_size=16, rebalance="smote_nc")
    for rows, _ in batches.take(8):
        part.columns.raw(rows.numpy())  # refuses numbers that are not codes
    # A column of many codes is a category too, because the data declare it.
    many = Columns(
        (Number("x", 0.0, False), Category("id", tuple("abcdefghijklmnopqrstuvwxyz")))
    )
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(size=90), np.arange(90) % 26 + 1], 1).astype("float32")
    part = recipes.Part(rows, (np.arange(90) < 20).astype(int), columns=many)
    batches = recipes.training_batches(part, batch_size=35, rebalance=SmoteNC())
    for rows, _ in batches.take(4):
        many.raw(rows.numpy())


def test_augmentation_does_not_change_categories(path):
    dataset = load(path)
    both = Compose(FeatureNoise(0.5), FeatureDrop(0.5))
    noise, drop = choose(both, dataset).steps
    assert [s == 0 for s in noise.deviations] == [False, True, False, True, True]
    assert [v == 0 for v in drop.values] == [False, True, False, True, True]


@pytest.fixture(scope="module")
def run(path, tmp_path_factory):
    return recipes.fit(
        "mlp",
        load(path),
        out=tmp_path_factory.mktemp("run") / "run",
        epochs=8,
        batch_size=16,
        learning_rate=0.02,
        rebalance="smote_nc",
        augment="light",
        progress=False,
        model_arguments={"hidden_units": [16], "dropout": 0.0},
    )


def test_a_model_learns_from_words_and_is_served_with_the_columns(run, path):
    assert run.evaluation.accuracy > 0.85
    assert run.model.columns == load(path).columns
    served = load_classifier(run.folder.saved_model)
    for model in (run.folder.path, run.folder.saved_model):
        again = recipes.evaluate(model, load(path))
        assert again.loss == pytest.approx(run.evaluation.loss, abs=1e-5)
        np.testing.assert_array_equal(again.confusion, run.evaluation.confusion)
    assert set(served._signature.structured_input_signature[1]) == {
        "column_class",
        "sex",
        "age",
        "port",
    }


def test_data_of_other_columns_are_refused(run, tmp_path):
    rows = [row for row in passengers() if row[4] != "S"]
    other = write_csv(tmp_path / "other.csv", HEADER, rows)
    with pytest.raises(InputError, match=r"those of other\..*columns=model\.columns"):
        recipes.evaluate(run.model, load(other))
    columns = run.model.columns.get_config()
    assert recipes.evaluate(run.model, load(other, columns=columns)).accuracy > 0.8


def test_predict_reads_words_and_empty_cells(run, tmp_path, capsys, monkeypatch):
    import recipes.command

    rows = [["female", "", 1, "S"], ["male", 30, 3, "elsewhere"]]
    new = write_csv(tmp_path / "new.csv", ["sex", "age", "class", "port"], rows)
    answers = []
    for model in (run.folder.path, run.folder.saved_model):
        arguments = ["zoo", "predict", str(model), str(new), "--json"]
        monkeypatch.setattr("sys.argv", arguments)
        recipes.command.main()
        answers.append(json.loads(capsys.readouterr().out))
    for one, other in zip(*answers, strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
    assert [answer["class_name"] for answer in answers[0]] == ["1", "0"]
