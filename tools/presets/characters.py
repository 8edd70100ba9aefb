"""Trains the preset that generates text character by character."""

import pathlib
import shutil
from typing import TYPE_CHECKING, Any

from tools.presets.table import Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np

    from recipes import Dataset

SETTINGS = {
    "batch_size": 64,
    "segment_length": 64,
    "learning_rate": 4e-3,
    "clip_norm": 1.0,
}


def load(recipe: Recipe, **source: Any) -> "Dataset":
    """The texts from the source `data`, or else by their name, one per line.

    Labels are not used.
    """
    import recipes
    from recipes.sources.texts.continuous_text import text_dataset

    labelled = recipes.load(source.pop("data", recipe.data), **source)
    parts = (labelled.train, labelled.validation, labelled.test)
    return text_dataset(
        labelled.name,
        ["".join(f"{text.strip()}\n" for text in part.inputs) for part in parts],
    )


def train(recipe: Recipe, dataset: "Dataset", out: pathlib.Path, seed: int) -> None:
    """Trains the network and evaluates it."""
    import recipes
    from zoo.atomic_writes import write_json

    shutil.rmtree(out, ignore_errors=True)  # from an interrupted run
    run = recipes.fit(
        recipe.model,
        dataset,
        out=out,
        seed=seed,
        model_arguments=recipe.arguments,
        **{**SETTINGS, **recipe.settings},
    )
    scores = {recipe.measure: run.evaluation.bits}
    write_json(run.folder.evaluation, {**scores, "beside": run.evaluation.baselines})


def evaluate(model: "keras.Model", dataset: "Dataset") -> dict[str, Any]:
    """Bits per character of the test part."""
    import recipes

    return {"bits per character": recipes.evaluate(model, dataset).bits}


def examples(model: Any, dataset: "Dataset", number: int) -> "np.ndarray":
    """Tokens of pieces of the test part."""
    return dataset.test.inputs[: 40 * number].reshape(number, 40)
