"""`recipes.Classifier`: a classifier of the zoo with scikit-learn's interface."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from recipes.estimators.estimator import Estimator
from recipes.estimators.examples import Labels


class Classifier(ClassifierMixin, Estimator):
    """A classifier of the zoo for scikit-learn's pipelines, searches and ensembles.

    It has the defaults of `recipes.fit`, and writes no run folder. Parameters are
    checked when it is fitted.

    Args:
        model: A name from `zoo.list_models()`.
        model_arguments: Constructor arguments of the model.
        optimizer: As `recipes.fit` takes it by name; so are the next four.
        learning_rate: Peak of the schedule.
        clip_norm: Clip gradients to this global norm.
        loss: The loss by name.
        regularizer: Penalty on the weights by name.
        epochs: Largest number of passes over the training examples.
        batch_size: Examples in a batch. If all different rows of an array of numbers
            fit into one batch, equal rows are one row with the sum of their weights.
        patience: Stop after this many epochs without a better validation loss.
        validation_fraction: Share of the examples that decide which epoch is kept, in
            [0, 1); with 0 the last epoch is kept.
        warm_start: Go on with the weights of the last `fit`.
        random_state: Seed, or a `numpy.random.RandomState`, for the weights, the order
            of examples, dropout and the validation part. Default: another one each
            time.
        out: A run folder to write, which must not exist. Training is that of
            `recipes.fit` then, and a test part as large as the validation part is held
            out for the scores in it. Default: none.

    Attributes:
        classes_: The classes, in the order of the probabilities.
        model_: The trained Keras model.
        metrics_: The losses of each epoch.
        n_epochs_: The epoch whose weights were kept.
        n_features_in_: Number of columns.
        feature_names_in_: Their names, if all are strings.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = Classifier("mlp", epochs=20, random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.8, classifier.predict_proba(X[:2]).shape
    (True, (2, 3))
    """

    def _labels(self, y: np.ndarray) -> Labels:
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "A classifier learns to tell classes apart, and there is only one "
                f"class, {self.classes_.tolist()[0]!r}."
            )
        names = tuple(str(each) for each in self.classes_.tolist())
        return Labels(numbers.astype("int64"), names)

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, float64 `(n, classes)`."""
        found = self._answers(X)["probabilities"].astype("float64")
        return found / found.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each example, `(n,)`."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
