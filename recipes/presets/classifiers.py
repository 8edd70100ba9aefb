"""Presets that `recipes.fit` trains, as `zoo fit` does."""

from recipes.presets.table import Recipe


def load(recipe: Recipe, **source):
    """The data set by its name."""
    import recipes

    return recipes.load(recipe.data, **source)


def train(recipe: Recipe, dataset, out, seed: int) -> None:
    """Trains the model and leaves its run folder."""
    import recipes

    recipes.fit(
        recipe.model,
        dataset,
        out=out,
        seed=seed,
        model_arguments=recipe.arguments,
        **recipe.settings,
    )
