"""Presets that `recipes.fit` trains, as `zoo fit` does."""

import dataclasses
import shutil

from tools.presets.table import Recipe


def load(recipe: Recipe, **source):
    """The data set, from where `data` says, or else by its name."""
    import recipes

    dataset = recipes.load(source.pop("data", recipe.data), **source)
    if not recipe.class_names:
        return dataset
    return dataclasses.replace(dataset, class_names=recipe.class_names)


def train(recipe: Recipe, dataset, out, seed: int) -> None:
    """Trains the model, or goes on with a run that was cut off; leaves its folder."""
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


def judged(model, dataset) -> dict:
    """The accuracy on the test part."""
    import recipes

    return {"accuracy": recipes.evaluate(model, dataset).accuracy}
