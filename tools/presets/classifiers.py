"""Trains presets by `recipes.fit`, as `zoo fit` does."""

import dataclasses
import pathlib
import shutil
from typing import TYPE_CHECKING, Any

from tools.presets.table import Recipe

if TYPE_CHECKING:
    import keras

    from recipes import Dataset


def load(recipe: Recipe, **source: Any) -> "Dataset":
    """The data set from the source `data`, or else by its name."""
    import recipes

    dataset = recipes.load(source.pop("data", recipe.data), **source)
    if not recipe.class_names:
        return dataset
    return dataclasses.replace(dataset, class_names=recipe.class_names)


def train(recipe: Recipe, dataset: "Dataset", out: pathlib.Path, seed: int) -> None:
    """Trains the model, or continues an interrupted run, and writes the run folder."""
    import recipes
    from recipes.reports.run_folder import RunFolder
    from recipes.training.checkpoints.storage import Checkpoints

    if Checkpoints(RunFolder(out).checkpoints).steps():
        recipes.resume(out, data=dataset)
        return
    shutil.rmtree(out, ignore_errors=True)
    recipes.fit(
        recipe.model,
        dataset,
        out=out,
        seed=seed,
        model_arguments=recipe.arguments,
        **recipe.settings,
    )


def evaluate(model: "keras.Model", dataset: "Dataset") -> dict[str, Any]:
    """The accuracy on the test part."""
    import recipes

    return {"accuracy": recipes.evaluate(model, dataset).accuracy}
