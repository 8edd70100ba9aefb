"""The estimators in what scikit-learn and imbalanced-learn build of them."""

import json
import pickle
import random

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.ensemble import AdaBoostClassifier, BaggingRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import zoo
from recipes import Classifier, Regressor
from zoo.errors import InputError

SMALL = {
    "model_arguments": {"hidden_units": [16], "dropout": 0.0},
    "epochs": 15,
    "learning_rate": 0.02,
    "random_state": 0,
}
X, Y = load_iris(return_X_y=True)
FRAME = pd.DataFrame(
    {
        "size": [1.0, 2.0, None, 4.0] * 15,
        "colour": ["red", "blue", "red", "green"] * 15,
        "day": pd.date_range("2024-01-01", periods=60).astype(str),
    }
)
COLOURS = (FRAME["colour"] == "red").map({True: "yes", False: "no"}).to_numpy()
TEXTS = ["good film", "bad film", "a good one", "bad, bad"] * 10
SENTIMENT = np.array([1, 0, 1, 0] * 10)


def classifier(**changes):
    return Classifier("mlp", **{**SMALL, **changes})


@pytest.fixture(scope="module")
def fitted():
    return classifier().fit(X, Y)


USES = {
    "a pipeline": lambda: (
        make_pipeline(StandardScaler(), classifier()).fit(X, Y).score(X, Y)
    ),
    "cross_val_score": lambda: cross_val_score(classifier(), X, Y, cv=3).mean(),
    "a grid search": lambda: (
        GridSearchCV(classifier(), {"learning_rate": [1e-5, 0.02]}, cv=2)
        .fit(X, Y)
        .best_score_
    ),
    "calibration": lambda: (
        CalibratedClassifierCV(classifier(), cv=2).fit(X, Y).score(X, Y)
    ),
    "boosting": lambda: (
        AdaBoostClassifier(classifier(), n_estimators=2).fit(X, Y).score(X, Y)
    ),
    "an oversampler": lambda: (
        make_sampling_pipeline(SMOTE(k_neighbors=2), classifier())
        .fit(X[:110], Y[:110])
        .score(X, Y)
    ),
    "bagging": lambda: (
        BaggingRegressor(Regressor("mlp", **SMALL), n_estimators=2)
        .fit(X[:, :3], X[:, 3])
        .score(X[:, :3], X[:, 3])
    ),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_serves_in(use):
    assert use() > 0.8


EXAMPLES = {
    "words, dates and missing numbers": (FRAME, COLOURS, "mlp"),
    "texts in a list": (TEXTS, SENTIMENT, "recurrent"),
    "texts in a column": (pd.Series(TEXTS), SENTIMENT, "recurrent"),
    "images": (load_digits().images[:80], load_digits().target[:80] < 5, "mlp"),
}
TINY = {
    "mlp": {"hidden_units": [8]},
    "recurrent": {"units": [4], "embedding_units": 4, "bidirectional": False},
}


@pytest.mark.parametrize("x, y, model", EXAMPLES.values(), ids=EXAMPLES)
def test_reads_what_the_zoo_reads(x, y, model):
    estimator = Classifier(
        model,
        model_arguments=TINY[model],
        epochs=25,
        learning_rate=0.02,
        random_state=0,
    ).fit(x, y)
    assert set(estimator.classes_) == set(y)
    assert estimator.score(x, y) > 0.75
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict_proba(x), estimator.predict_proba(x))


def test_a_file_holds_the_estimator_and_a_model_that_the_zoo_reads(fitted, tmp_path):
    path = tmp_path / "iris.keras"
    fitted.save(path)
    read = Classifier.load(path)
    np.testing.assert_array_equal(read.predict_proba(X), fitted.predict_proba(X))
    assert read.get_params() == fitted.get_params()
    assert (read.classes_ == fitted.classes_).all()
    found = zoo.load_model(path).probabilities(X.astype("float32"))
    np.testing.assert_allclose(found, fitted.predict_proba(X), atol=1e-6)
    with pytest.raises(InputError, match=r"holds a Classifier.*recipes.Classifier"):
        Regressor.load(path)


def test_a_pickle_holds_the_bytes_of_the_file_and_no_keras_objects(fitted):
    state = fitted.__getstate__()
    assert state["model_"].startswith(b"PK")
    json.dumps({key: repr(value) for key, value in state.items()})
    assert not any(type(v).__module__.startswith("keras") for v in state.values())


def test_the_same_seed_gives_the_same_model_and_other_randomness_stays(fitted):
    np.random.seed(3)
    random.seed(3)
    expected = np.random.RandomState(3).rand(), random.Random(3).random()
    again = clone(fitted).fit(X, Y)
    assert (np.random.rand(), random.random()) == expected
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    other = classifier(random_state=1).fit(X, Y)
    assert (other.predict_proba(X) != fitted.predict_proba(X)).any()


def test_the_weight_of_an_example_counts():
    x, y = make_classification(
        300, 2, n_informative=1, n_redundant=0, n_clusters_per_class=1, flip_y=0.4,
        random_state=0,
    )  # fmt: skip
    weights = np.where(y == 1, 20.0, 1.0)
    shares = [classifier().fit(x, y, w).predict(x).mean() for w in (None, weights)]
    assert shares[1] > shares[0] + 0.2


def test_warm_start_goes_on_with_the_weights():
    estimator = classifier(warm_start=True, learning_rate=0.002).fit(X, Y)
    first = estimator.metrics_[0]["loss"]
    estimator.fit(X, Y)
    assert estimator.metrics_[0]["loss"] < 0.7 * first
    with pytest.raises(InputError, match="`warm_start` goes on"):
        estimator.fit(X[:, :2], Y)


def test_numbers_keep_their_unit_and_shape():
    y = 1000 + 50 * X[:, 3]
    plain = Regressor("mlp", **SMALL).fit(X[:, :3], y)
    assert plain.score(X[:, :3], y) > 0.8
    several = Regressor("mlp", **SMALL).fit(X[:, :2], X[:, 2:])
    assert several.predict(X[:5, :2]).shape == (5, 2)
    logarithm = Regressor("mlp", **SMALL, target_transform="log").fit(X[:, :3], y)
    assert logarithm.score(X[:, :3], y) > 0.8


def test_a_run_folder_is_written_if_it_is_asked_for(tmp_path, no_export):
    estimator = classifier(epochs=2, out=tmp_path / "run").fit(X, Y)
    assert (tmp_path / "run" / "evaluation.json").exists()
    assert estimator.predict(X).shape == (150,)


REFUSED = {
    "a Keras model": ({"model": zoo.MLP((4,), 3)}, "must be the name of a model"),
    "another family": ({"model": "recurrent"}, "takes texts"),
    "an unknown optimizer": ({"optimizer": "adamw"}, "no optimizer 'adamw'"),
    "an unknown loss": ({"loss": "keras.entropy"}, "no loss 'keras.entropy'"),
    "no epochs": ({"epochs": 0}, "`epochs` must be"),
    "all held out": ({"validation_fraction": 1.0}, "`validation_fraction`"),
    "a wrong argument": ({"model_arguments": {"units": 3}}, "no argument 'units'"),
    "too high a rate": ({"learning_rate": 1e30}, "Training diverged"),
}


@pytest.mark.parametrize("changes, said", REFUSED.values(), ids=REFUSED)
def test_refuses(changes, said):
    with pytest.raises(ValueError, match=said):
        Classifier(**{**SMALL, **changes}).fit(X, Y)


LABELS = {  # what cannot be learned from
    "one class": (Classifier, ["a"] * 150, "only one class, 'a'"),
    "words as numbers": (Regressor, ["a", "b"] * 75, "use recipes.Classifier"),
}


@pytest.mark.parametrize("estimator, y, said", LABELS.values(), ids=LABELS)
def test_refuses_labels(estimator, y, said):
    with pytest.raises(ValueError, match=said):
        estimator("mlp", **SMALL).fit(X, y)
