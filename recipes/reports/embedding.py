"""The features that a trained model computes, as a table."""

import dataclasses

import keras

from recipes.data.dataset import Dataset, Part
from recipes.data.options import checks_arguments
from recipes.pipeline import ordered_batches
from recipes.reports.evaluation import check_shape
from recipes.sources.options import Count
from zoo.errors import InputError
from zoo.kinds import Kind


@checks_arguments
def embed(model: keras.Model, dataset: Dataset, *, batch_size: Count = 256) -> Dataset:
    """Computes the inputs of a model's last layer, as the rows of a table.

    A mixture of two images, texts or audio clips is not an example, but a mixture of
    their features can be one. So SMOTE, which interpolates neighbours, works on this
    table: train `"mlp"` without hidden layers on it with `rebalance="smote"`, and the
    result is a new last layer.

    Args:
        model: A functional model for such inputs, such as those of `zoo`.
        dataset: Data of any kind.
        batch_size: Number of examples that are computed at once.

    Returns:
        The same parts and classes, with float32 rows `(n, units)` as inputs.

    Raises:
        InputError: If the model is not functional, or takes inputs of another shape.

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
    body = keras.Model(model.inputs, model.layers[-1].input)

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
