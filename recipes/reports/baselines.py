"""Predictions of simple models, as yardsticks for a network that predicts numbers."""

from typing import Any

import numpy as np

from recipes.data.dataset import Dataset
from zoo.kinds import Kind

LARGEST = 2**27  # numbers in the inputs of the linear model, half a gigabyte


def baseline_predictions(dataset: Dataset) -> dict[str, np.ndarray]:
    """Predictions for the test part, by the name of the yardstick.

    `mean` predicts the mean of the training part. `linear model` is a ridge regression
    of scikit-learn on the standardized columns of a table, on the pixels of images, or
    on the TF-IDF weights of the words of texts; other data have none. Its penalty is
    chosen on the training part.
    """
    train, test = dataset.train, dataset.test
    mean = np.broadcast_to(train.labels.mean(axis=0), test.labels.shape)
    predictions = {"mean": mean}
    size = int(np.prod(train.inputs.shape)) if train.inputs.ndim > 1 else 0
    if dataset.kind in MODELS and size <= LARGEST:
        model = MODELS[dataset.kind](dataset)
        model.fit(_flat(train.inputs), train.labels)
        predicted = model.predict(_flat(test.inputs))
        predictions["linear model"] = predicted.reshape(test.labels.shape)
    return predictions


def _flat(inputs: np.ndarray) -> np.ndarray:
    return inputs if inputs.ndim == 1 else inputs.reshape(len(inputs), -1)


def _of_numbers(dataset: Dataset) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    codes = [] if dataset.columns is None else list(dataset.columns.codes)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), codes),
        remainder=StandardScaler(),
        sparse_threshold=0,
    )
    return make_pipeline(encoder, _ridge())


def _of_texts(dataset: Dataset) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(TfidfVectorizer(max_features=20_000), _ridge())


def _ridge() -> Any:
    from sklearn.linear_model import RidgeCV

    return RidgeCV(np.logspace(-3, 3, 7))


MODELS = {
    Kind.TABLE: _of_numbers,
    Kind.IMAGES: _of_numbers,
    Kind.TEXT: _of_texts,
}


def as_good(name: str, measure: str, theirs: str, ours: str) -> str:
    """What a summary says of a baseline that the model does not beat.

    >>> as_good("the mean", "RMSE", "2.1", "2.3")
    'the mean is as good as the model or better (RMSE 2.1 against 2.3)'
    """
    return (
        f"{name} is as good as the model or better ({measure} {theirs} against {ours})"
    )
