"""Runs that predict numbers: training, scores, interval, export, refusals."""

import json

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import recipes
import zoo
from recipes.data.dataset import Dataset, Part
from zoo.errors import InputError
from zoo.targets import IN_NUMPY, Regression

RNG = np.random.default_rng(0)
SIZES = {"train": 400, "validation": 100, "test": 200}


def friedman(count):
    """The function of Friedman 1991 in five of six variables, and a second number."""
    x = RNG.uniform(size=(count, 6)).astype("float32")
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y = y + 10 * x[:, 3] + 5 * x[:, 4] + RNG.normal(size=count)
    return x, np.column_stack([y, 1000 + 50 * x[:, 5]]).astype("float32")


def table(numbers=1, name="friedman"):
    parts = {}
    for part, count in SIZES.items():
        x, y = friedman(count)
        parts[part] = Part(x, y[:, :numbers])
    names = ("strength", "height")[:numbers]
    features = tuple("abcdef")
    return Dataset(
        name,
        "table",
        **parts,
        class_names=(),
        feature_names=features,
        value_names=names,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return recipes.fit("mlp", table(2), out=out, epochs=12, progress=False)


def test_scores_are_those_of_scikit_learn(run):
    data = table(2)
    evaluation = recipes.evaluate(run.folder.path, data)
    predicted = run.model.predict(data.test.inputs, verbose=0)
    for column, score in enumerate(evaluation.numbers):
        pair = data.test.labels[:, column], predicted[:, column]
        assert score.mae == pytest.approx(mean_absolute_error(*pair), rel=1e-5)
        assert score.rmse == pytest.approx(root_mean_squared_error(*pair), rel=1e-5)
        assert score.r2 == pytest.approx(r2_score(*pair), abs=1e-5)
    assert evaluation.numbers[1].r2 > 0.5


def test_the_run_folder_has_scores_yardsticks_and_pictures(run):
    written = json.loads(run.folder.evaluation.read_text())
    assert written == json.loads(json.dumps(run.evaluation.as_json()))
    assert [score["name"] for score in written["numbers"]] == ["strength", "height"]
    assert set(written["numbers"][0]["baselines"]) == {"mean", "linear model"}
    assert run.folder.predictions.read_bytes().startswith(b"\x89PNG")
    assert not run.folder.confusion.exists()
    config = json.loads(run.folder.config.read_text())
    assert config["data"]["value_names"] == ["strength", "height"]


def test_the_yardsticks_are_the_mean_and_a_ridge_regression(tmp_path):
    data = table()
    run = recipes.fit("mlp", data, out=tmp_path / "run", epochs=1, progress=False)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7)))
    ridge.fit(data.train.inputs, data.train.labels[:, 0])
    (score,) = run.evaluation.numbers
    true = data.test.labels[:, 0]
    for name, predicted in {
        "mean": np.full(len(true), data.train.labels.mean()),
        "linear model": ridge.predict(data.test.inputs),
    }.items():
        expected = root_mean_squared_error(true, predicted)
        assert score.baselines[name] == pytest.approx(expected, rel=1e-3)
    # After one epoch, the network is worse, and the summary says so.
    assert "strength: the linear model is as good" in run.evaluation.summary("test")


def test_model_file_and_export_answer_alike_with_the_interval(run):
    inputs = table(2).test.inputs
    outputs = run.model.predict(inputs, verbose=0)
    expected = run.model.target.answers(outputs, IN_NUMPY)
    for path in (run.folder.path, run.folder.model, run.folder.saved_model):
        loaded = zoo.load_model(path)
        answers = loaded.answers(inputs)
        assert set(answers) == {"values", "lower", "upper"}
        assert loaded.target.names == ("strength", "height")
        for name in answers:
            np.testing.assert_allclose(answers[name], expected[name], rtol=1e-4)


def test_the_interval_holds_its_share_of_new_examples(run):
    x, y = friedman(2000)
    answers = zoo.load_model(run.folder.saved_model).answers(x)
    inside = (answers["lower"] <= y) & (y <= answers["upper"])
    # The margin comes from 100 examples: a standard deviation of 0.03.
    np.testing.assert_allclose(inside.mean(axis=0), 0.9, atol=0.09)
    assert run.evaluation.coverage[0] == 0.9


@pytest.mark.exports
def test_a_logarithm_answers_in_the_unit_of_the_data(tmp_path):
    data = table()
    run = recipes.fit(
        "mlp",
        data,
        out=tmp_path / "run",
        epochs=8,
        transform="log",
        interval=0.8,
        loss="keras.mean_absolute_error",
        metrics=["mean_absolute_percentage_error"],
        optimizer="momentum",
        progress=False,
    )
    assert run.model.target.transform == "log"
    assert run.evaluation.coverage[0] == 0.8
    assert run.evaluation.r2 > 0.2
    answers = zoo.load_model(run.folder.saved_model).answers(data.test.inputs)
    ratios = answers["upper"] / answers["values"], answers["values"] / answers["lower"]
    np.testing.assert_allclose(ratios[0], ratios[1], rtol=1e-4)


def of_texts():
    parts = {
        part: Part(
            np.array(
                [f"word{n % 7} and word{n % 3}" for n in range(count // 4)], object
            ),
            np.arange(count // 4, dtype="float32")[:, None] % 7,
        )
        for part, count in SIZES.items()
    }
    return Dataset("letters", "text", **parts, class_names=(), value_names=("stars",))


@pytest.mark.exports
def test_texts_have_numbers_too(tmp_path):
    data = of_texts()
    run = recipes.fit("recurrent", data, out=tmp_path / "run", epochs=1, progress=False)
    served = zoo.load_model(run.folder.saved_model)
    answers = served.answers(data.test.inputs)["values"]
    expected = run.model.predict(data.test.inputs, verbose=0)
    np.testing.assert_allclose(answers, expected, rtol=1e-3, atol=1e-4)
    assert run.folder.mistakes.exists()


def classes():
    parts = {
        part: Part(np.zeros((8, 6), "float32"), np.arange(8) % 2)
        for part in ("train", "validation", "test")
    }
    return Dataset("classes", "table", **parts, class_names=("no", "yes"))


WRONG = {
    "rebalancing": ({"rebalance": "oversample"}, "`rebalance` 'oversample' evens out"),
    "a loss of classes": ({"loss": "cross_entropy"}, "cross_entropy.*with numbers"),
    "accuracy": ({"metrics": ["accuracy"]}, "accuracy.*with numbers"),
    "a whole interval": ({"interval": 1.0}, r"`interval` must be in \(0, 1\)"),
    "logarithm of classes": ({"data": classes, "transform": "log"}, "has classes"),
    "a perceptron": ({"model": "perceptron"}, "'perceptron' answers with classes"),
}


@pytest.mark.parametrize("options, part", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(options, part, tmp_path):
    options = {"model": "mlp", "data": table, **options}
    options["data"] = options["data"]()
    with pytest.raises(InputError, match=part):
        recipes.fit(**options, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_a_model_with_other_numbers_is_refused(run, tmp_path):
    with pytest.raises(InputError, match=r"answers with strength, height; .* strength"):
        recipes.evaluate(run.folder.path, table(1))
    with pytest.raises(InputError, match=r"answers with strength, height; .* classes"):
        recipes.evaluate(run.folder.path, classes())
    model = zoo.MLP((6,), target=Regression(("a", "b"), (0, 0), (1, 1)))
    with pytest.raises(InputError, match="answers with a, b"):
        recipes.fit(model, table(1), out=tmp_path / "run", progress=False)
