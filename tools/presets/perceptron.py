"""The preset that Rosenblatt's rule trains.

`recipes.fit` trains by cross-entropy, which a perceptron's −1 and +1 have not.
"""

import csv
import dataclasses
import shutil

from tools.presets.table import Recipe


@dataclasses.dataclass(frozen=True)
class Settings:
    """One example at a time; the epoch that is best on the validation part is kept.

    No line separates the classes of real data, so that the rule never comes to rest:
    its last weights are those of its last mistakes.
    """

    learning_rate: float
    epochs: int
    seed: int
    batch_size: int = 1


def load(recipe: Recipe, **source):
    """569 tumours by 30 measures of their cells' nuclei, as scikit-learn ships them."""
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


def train(recipe: Recipe, dataset, out, seed: int) -> None:
    """Trains the perceptron and writes what a run folder has of it."""
    import keras

    from custom.losses import HalfSumSquaredError
    from custom.optimizers import GradientDescent
    from recipes.reports.run_folder import RunFolder, write_json
    from recipes.training.run_config import describe_run
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
    shutil.rmtree(out, ignore_errors=True)  # Of a run that was cut off.
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
    write_json(folder.evaluation, judged(model, dataset))


def judged(model, dataset) -> dict:
    """The accuracy on the test part."""
    answers = model.predict(dataset.test.inputs, verbose=0)
    return {"accuracy": float((answers == _signs(dataset.test)).mean())}


def _signs(part):
    """−1 for the first class, +1 for the second."""
    return (2.0 * part.labels - 1.0).astype("float32")[:, None]
