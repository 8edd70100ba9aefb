"""Trains the perceptron preset by Rosenblatt's rule.

`recipes.fit` minimises the cross-entropy, which the outputs −1 and +1 do not have.
"""

import csv
import dataclasses
import pathlib
import shutil
from typing import TYPE_CHECKING, Any

from tools.presets.table import Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np

    from recipes import Dataset


@dataclasses.dataclass(frozen=True)
class Settings:
    """Updates after each example; the best epoch on the validation part is kept.

    No hyperplane separates the classes of this data, so that the rule does not
    converge: its last weights depend on its last mistakes.
    """

    learning_rate: float
    epochs: int
    seed: int
    batch_size: int = 1


def load(recipe: Recipe, **source: Any) -> "Dataset":
    """569 tumours with 30 measurements of their cell nuclei, from scikit-learn."""
    from sklearn.datasets import load_breast_cancer

    from recipes.sources import from_arrays

    bunch = load_breast_cancer()
    return from_arrays(
        bunch.data,
        bunch.target,
        class_names=[str(name) for name in bunch.target_names],
        feature_names=tuple(str(name) for name in bunch.feature_names),
        name=recipe.data,
    )


def train(recipe: Recipe, dataset: "Dataset", out: pathlib.Path, seed: int) -> None:
    """Trains the perceptron and writes its run folder."""
    import keras

    from custom.losses import HalfSumSquaredError
    from custom.optimizers import GradientDescent
    from recipes.reports.run_folder import RunFolder
    from recipes.training.run_config import describe_run
    from zoo.atomic_writes import write_json
    from zoo.models.perceptron import Perceptron

    settings = Settings(**recipe.settings, seed=seed)
    keras.utils.set_random_seed(seed)
    model = Perceptron(
        dataset.input_shape, class_names=dataset.class_names, **recipe.arguments
    )
    model.adapt(dataset.train.inputs)
    model.compile(
        GradientDescent(settings.learning_rate),
        HalfSumSquaredError(),
        metrics=[keras.metrics.Accuracy()],
    )
    shutil.rmtree(out, ignore_errors=True)  # from an interrupted run
    out.mkdir(parents=True)
    folder = RunFolder(out)
    write_json(folder.config, describe_run(model, dataset, settings))
    history = model.fit(
        dataset.train.inputs,
        _signs(dataset.train),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(dataset.validation.inputs, _signs(dataset.validation)),
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                folder.model, "val_accuracy", mode="max", save_best_only=True
            )
        ],
        verbose=0,
    ).history
    with folder.metrics.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", *history])
        for epoch, values in enumerate(zip(*history.values(), strict=True), 1):
            rows.writerow([epoch, *values])
    model.load_weights(folder.model)
    write_json(folder.evaluation, evaluate(model, dataset))


def evaluate(model: "keras.Model", dataset: "Dataset") -> dict[str, Any]:
    """The accuracy on the test part."""
    outputs = model.predict(dataset.test.inputs, verbose=0)
    return {"accuracy": float((outputs == _signs(dataset.test)).mean())}


def _signs(part: Any) -> "np.ndarray":
    """−1 for the first class, +1 for the second."""
    return (2.0 * part.labels - 1.0).astype("float32")[:, None]
