"""The features that a trained model computes, as a table."""

import dataclasses
import os
import typing
from typing import Any

import keras

from recipes.data.dataset import Dataset, Part
from recipes.data.options import checks_arguments
from recipes.pipeline import ordered_batches
from recipes.prediction.predict import DEFAULTS
from recipes.prediction.predictions import Prediction, Predictions
from recipes.reports.evaluation import check_shape, trained_model
from recipes.sources.options import Count, Text, Texts
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.models.body import taken_apart


@typing.overload
def embed(
    model: "keras.Model | str | os.PathLike[str]",
    data: Dataset,
    *,
    batch_size: Count = 256,
) -> Dataset: ...


@typing.overload
def embed(
    model: "keras.Model | str | os.PathLike[str]",
    data: Any,
    *,
    id_columns: Texts = (),
    text_column: Text | None = None,
) -> Predictions: ...


@checks_arguments
def embed(
    model: "keras.Model | str | os.PathLike[str]",
    data: Any,
    *,
    id_columns: Texts = (),
    text_column: Text | None = None,
    batch_size: Count = 256,
) -> Dataset | Predictions:
    """Computes the inputs of a model's last layer: the features of each example.

    New examples get their features beside what they are called, as answers do. A
    `Dataset` becomes a table with the same labels.

    A mixture of two images, texts or audio clips is not an example, but a mixture of
    their features can be one. So SMOTE, which interpolates neighbours, works on this
    table: train `"mlp"` without hidden layers on it with `rebalance="smote"`, and the
    result is a new last layer.

    Args:
        model: A functional model, such as those of `zoo`, or as `recipes.predict` takes
            it; not a SavedModel.
        data: A `Dataset` of any kind, or new examples as `recipes.predict` takes them.
        id_columns: Column of a table of new examples to carry through, such as `id`.
        text_column: Column of texts in tables of new examples.
        batch_size: Number of examples of a `Dataset` that are computed at once.

    Returns:
        For a `Dataset`, the same parts and classes, with float32 rows `(n, units)` as
        inputs. For new examples a `Predictions`, whose `columns` are the names of the
        examples and `feature_0`, `feature_1`, …

    Raises:
        InputError: If the model cannot be taken apart, or takes other inputs.

    >>> import numpy as np, zoo
    >>> model = zoo.MLP(input_shape=(2,), num_classes=2, hidden_units=(3,))
    >>> [*embed(model, np.ones((4, 2))).columns]
    ['input', 'feature_0', 'feature_1', 'feature_2']

    >>> import recipes, tempfile, zoo
    >>> digits = recipes.load("digits")
    >>> table = embed(zoo.CNN.from_preset("cnn_digits"), digits)
    >>> print(table.describe())
    digits: rows of 128 features, 10 classes; 1,293 train, 144 validation, 360 test
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = recipes.fit(
    ...         "mlp",
    ...         table,
    ...         rebalance="oversample",
    ...         model_arguments={"hidden_units": []},
    ...         out=f"{folder}/run",
    ...         epochs=2,
    ...         progress=False,
    ...     )
    >>> run.evaluation.accuracy > 0.9
    True
    """
    if not isinstance(data, Dataset):
        options = {**DEFAULTS, "id_columns": id_columns, "text_column": text_column}
        prediction = Prediction(trained_model(model), options, features=True)
        pieces = tuple(prediction.pieces(data))
        return Predictions(pieces, prediction.writer, tuple(prediction.notes))
    if id_columns or text_column is not None:
        given = "id_columns" if id_columns else "text_column"
        raise InputError(f"`{given}` is for new examples, not for a data set.")
    if not isinstance(model, keras.Model):
        model = trained_model(model).model
    return _table(model, data, batch_size)


def _table(model: Any, dataset: Dataset, batch_size: int) -> Dataset:
    if not getattr(model, "inputs", None):
        raise InputError(
            "`model` must be functional, so that its last layer can be removed, got "
            f"{type(model).__name__}."
        )
    if dataset.task == "forecasting":
        raise InputError(
            f"`embed` makes rows of examples with labels; {dataset.name} holds series "
            "to forecast."
        )
    check_shape(model.inputs[0].shape[1:], dataset)
    body = taken_apart(model).body

    def rows(part: Part) -> Part:
        batches = ordered_batches(part, batch_size=batch_size)
        features = body.predict(batches, verbose=0).astype("float32")
        return Part(features.reshape(len(part), -1), part.labels)

    train = rows(dataset.train)
    return dataclasses.replace(
        dataset,
        train=train,
        validation=rows(dataset.validation),
        test=rows(dataset.test),
        kind=Kind.TABLE,
        feature_names=tuple(f"feature_{n}" for n in range(train.inputs.shape[1])),
        sample_rate=None,
        origin=None,
    )
