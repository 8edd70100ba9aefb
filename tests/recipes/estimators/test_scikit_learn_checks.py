"""The estimators pass scikit-learn's own checks of estimators."""

import pytest

pytest.importorskip("sklearn", "1.6")  # Older versions have other checks.
from sklearn.utils.estimator_checks import parametrize_with_checks

from recipes.estimators.classifier import Classifier
from recipes.estimators.regressor import Regressor

SMALL = {
    "model_arguments": {"hidden_units": [16], "dropout": 0.0},
    "epochs": 20,
    "learning_rate": 0.02,
}


@parametrize_with_checks([Classifier("mlp", **SMALL), Regressor("mlp", **SMALL)])
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)
