"""What a trained model makes of its inputs, as a table."""

import dataclasses

import keras

from recipes.data.dataset import Dataset, Part
from recipes.pipeline import ordered_batches
from recipes.reports.evaluation import check_shape
from zoo.errors import InputError
from zoo.kinds import Kind


def embed(model: keras.Model, dataset: Dataset, *, batch_size: int = 256) -> Dataset:
    """The features that the last layer of a model sees, as rows of a table.

    Between two images, texts or sounds there is no third one, but between their
    features there is. So SMOTE, which mixes neighbours, works here: embed the data,
    train `"mlp"` without hidden layers on the table with `rebalance="smote"`, and that
    is a new last layer.

    Args:
        model: A functional model that takes such inputs, such as those of `zoo`.
        dataset: Of any kind.
        batch_size: Examples at a time.

    Returns:
        The same parts and classes; the inputs are float32 rows `(n, units)`.

    Raises:
        InputError: If the model is not functional, or takes other inputs.

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
            f"`model` must be functional, so that its last layer can be left out; "
            f"got {type(model).__name__}."
        )
    check_shape(model.inputs[0].shape[1:], dataset)
    body = keras.Model(model.inputs, model.layers[-1].input)

    def rows(part: Part) -> Part:
        batches = ordered_batches(part, batch_size=batch_size)
        features = body.predict(batches, verbose=0).astype("float32")
        return Part(features.reshape(len(part), -1), part.labels)

    parts = {
        name: rows(getattr(dataset, name)) for name in ("train", "validation", "test")
    }
    units = parts["train"].inputs.shape[1]
    return dataclasses.replace(
        dataset,
        **parts,
        kind=Kind.TABLE,
        feature_names=tuple(f"feature_{n}" for n in range(units)),
        sample_rate=None,
        origin=None,
    )
