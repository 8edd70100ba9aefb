"""Runs that give any number of labels: data, thresholds, scores, export, refusals."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import average_precision_score, f1_score

import recipes
import zoo
from recipes.command import zoo as command
from tests.recipes.sources.source_files import write_csv
from zoo.errors import InputError
from zoo.targets import IN_NUMPY, Multilabel, target_from_config

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4)).round(3)
MARKS = (np.stack([X[:, 0], X[:, 1] + X[:, 2], -X[:, 3] - 1], axis=1) > 0).astype(int)
NAMES = ("blue", "red", "round")


def lists():
    return ["|".join(np.array(NAMES)[row > 0]) for row in MARKS]


def every_label(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    return np.concatenate([part.labels for part in parts])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = recipes.load((X, MARKS))
    out = tmp_path_factory.mktemp("runs") / "run"
    return recipes.fit("mlp", data, out=out, epochs=20, progress=False)


def test_rows_of_zeros_and_ones_are_labels():
    dataset = recipes.load((X, MARKS))
    assert (dataset.label_names, dataset.class_names) == (("0", "1", "2"), ())
    assert "any number of the labels" in dataset.notes[0]
    np.testing.assert_array_equal(every_label(dataset).sum(axis=0), MARKS.sum(axis=0))


def test_columns_of_a_table_are_labels(tmp_path):
    rows = np.concatenate([X, MARKS], axis=1).tolist()
    path = write_csv(tmp_path / "t.csv", ["a", "b", "c", "d", *NAMES], rows)
    dataset = recipes.load(path, target=NAMES)
    assert dataset.label_names == NAMES
    assert dataset.feature_names == ("a", "b", "c", "d")
    for part in (dataset.train, dataset.test):
        np.testing.assert_array_equal(part.labels[:, 0], part.inputs[:, 0] > 0)


def test_lists_of_words_are_labels_and_an_empty_one_is_missing(tmp_path):
    rows = [[*x, words] for x, words in zip(X.tolist(), lists(), strict=True)]
    path = write_csv(tmp_path / "t.csv", ["a", "b", "c", "d", "tags"], rows)
    dataset = recipes.load(path, target=["tags"])
    assert dataset.label_names == NAMES
    empty = int((MARKS.sum(axis=1) == 0).sum())
    assert len(every_label(dataset)) == len(X) - empty
    assert any(f"{empty:,} of {len(X):,} examples" in note for note in dataset.notes)
    for part in (dataset.train, dataset.test):
        np.testing.assert_array_equal(part.labels[:, 0], part.inputs[:, 0] > 0)


def test_thresholds_are_those_of_the_best_f1_on_the_validation_part(run):
    part = recipes.load((X, MARKS)).validation
    probabilities = run.model.predict(part.inputs, verbose=0).astype("float64")
    for column, threshold in enumerate(run.model.target.thresholds):
        marks, scores = part.labels[:, column], probabilities[:, column]
        best = max(f1_score(marks, scores >= value) for value in scores)
        found = f1_score(marks, scores >= threshold - 1e-6)
        assert found == pytest.approx(best)
    assert run.model.target.thresholds != (0.5,) * 3


def test_scores_are_those_of_scikit_learn(run):
    data = recipes.load((X, MARKS))
    evaluation = recipes.evaluate(run.folder.path, data)
    answers = zoo.load_model(run.folder.path).answers(data.test.inputs)
    true = data.test.labels
    average = average_precision_score(true, answers["probabilities"], average="macro")
    assert evaluation.mean_average_precision == pytest.approx(average, abs=1e-6)
    f1 = f1_score(true, answers["labels"], average=None)
    assert [score.f1 for score in evaluation.labels] == pytest.approx([*f1])
    exact = (true == answers["labels"]).all(axis=1).mean()
    assert evaluation.exact == pytest.approx(exact)
    assert evaluation.mean_average_precision > 0.8
    written = json.loads(run.folder.evaluation.read_text())
    assert written == json.loads(json.dumps(evaluation.as_json()))
    assert run.folder.labels.read_bytes().startswith(b"\x89PNG")


def test_model_file_and_export_answer_alike(run):
    expected = run.model.target.answers(run.model.predict(X, verbose=0), IN_NUMPY)
    for path in (run.folder.model, run.folder.saved_model):
        loaded = zoo.load_model(path)
        assert loaded.target == run.model.target
        answers = loaded.answers(X)
        np.testing.assert_allclose(
            answers["probabilities"], expected["probabilities"], atol=1e-5
        )
        assert answers["labels"].dtype == bool
        assert (answers["labels"] == expected["labels"]).mean() > 0.99


def test_the_loss_is_the_cross_entropy_of_each_label():
    outputs = RNG.uniform(0.1, 0.9, size=(6, 3))
    marks = MARKS[:6]
    logs = marks * np.log(outputs) + (1 - marks) * np.log(1 - outputs)
    loss = float(Multilabel(NAMES).loss()(marks, outputs.astype("float32")))
    assert loss == pytest.approx(-logs.mean(), rel=1e-5)


def test_the_configuration_restores_the_target():
    target = Multilabel(NAMES, (0.1, 0.2, 0.3))
    assert target_from_config(target.get_config()) == target


DIFFERENCES = {
    "none": ([[0.2, 0.8]], [[False, True]], None),
    "another probability": ([[0.2, 0.7]], [[False, True]], "gave 0.7 where"),
    "another label": ([[0.2, 0.8]], [[True, True]], "do not follow"),
    "another shape": ([[0.2]], [[False]], "of the shape|the shape"),
}


@pytest.mark.parametrize("values, labels, part", DIFFERENCES.values(), ids=DIFFERENCES)
def test_other_answers_of_an_export_are_noticed(values, labels, part):
    target = Multilabel(("a", "b"))
    own = target.answers(np.array([[0.2, 0.8]]), IN_NUMPY)
    served = {"probabilities": np.array(values, "f4"), "labels": np.array(labels)}
    found = target.difference(served, own, 1e-4)
    assert found is None if part is None else part.split("|")[-1] in found


def test_the_command_goes_from_a_table_to_labels(tmp_path):
    rows = [[*x, words] for x, words in zip(X.tolist(), lists(), strict=True)]
    path = write_csv(tmp_path / "t.csv", ["a", "b", "c", "d", "tags"], rows)

    def run(*words):
        result = CliRunner().invoke(command, [*map(str, words)])
        assert result.exit_code == 0, result.output
        return result

    out = tmp_path / "run"
    fit = (
        "fit",
        "mlp",
        "--data",
        path,
        "--target",
        "tags",
        "--epochs",
        3,
        "--out",
        out,
    )
    assert "mean average precision" in run(*fit).stdout
    scores = json.loads(run("evaluate", out, "--data", path, "--json").stdout)
    assert scores == json.loads((out / "evaluation.json").read_text())
    (first, *others) = json.loads(run("predict", out, path, "--json").stdout)
    assert len(others) == len(X) - 1
    assert set(first["labels"]) <= set(first["probabilities"]) == set(NAMES)


WRONG = {
    "rebalancing": ({"rebalance": "oversample"}, "`rebalance` 'oversample'"),
    "one class": ({"loss": "keras.categorical_crossentropy"}, "one class per example"),
    "logarithm": ({"transform": "log"}, "`transform` 'log' is for numbers"),
    "a perceptron": ({"model": "perceptron"}, "'perceptron' answers with classes"),
}


@pytest.mark.parametrize("options, part", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(options, part, tmp_path):
    options = {"model": "mlp", "data": recipes.load((X, MARKS)), **options}
    with pytest.raises(InputError, match=part):
        recipes.fit(**options, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


BAD_LABELS = {
    "two": (np.where(MARKS == 1, 2, 0), "must be zeros and ones .* the number 2"),
    "never": (MARKS * [1, 0, 1], "has the label '1'"),
}


@pytest.mark.parametrize("labels, part", BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_cannot_be_learned_are_refused(labels, part):
    with pytest.raises(InputError, match=part):
        recipes.load((X, labels), task="multilabel")


def test_a_model_of_other_labels_is_refused(run):
    others = recipes.from_arrays(X, MARKS, value_names=NAMES)
    with pytest.raises(InputError, match=r"answers with the labels 0, 1, 2; .* blue"):
        recipes.evaluate(run.folder.path, others)
