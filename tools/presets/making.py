"""Trains a preset and writes its folder."""

import importlib
import json
import os
import pathlib
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tools.presets.cards import card_from
from tools.presets.table import RECIPES, Recipe
from zoo.errors import InputError
from zoo.weights import copy_state

if TYPE_CHECKING:
    import keras
    import numpy as np

    from recipes import Dataset

EXAMPLES = 4  # inputs stored in a preset with their outputs
CALLS = 200  # The fastest one counts: the others waited for other processes.


def make(
    name: str, work: pathlib.Path, out: pathlib.Path, **source: Any
) -> pathlib.Path:
    """Trains a preset once for each of its seeds, and writes its folder.

    Args:
        name: A key of `RECIPES`.
        work: Folder of the runs, which are called `NAME/seed-0` and so on.
        out: Folder that the preset is written into, as `NAME`.
        **source: Arguments of `recipes.load`.

    Returns:
        The preset's folder.

    Raises:
        InputError: If an existing run was trained by another recipe.
    """
    from zoo.keras_file import load_keras_file

    recipe = RECIPES[name]
    trainer = importlib.import_module(recipe.trainer)
    dataset = trainer.load(recipe, **source)
    runs = {
        seed: _run(trainer, recipe, dataset, seed, work / name / f"seed-{seed}")
        for seed in recipe.seeds
    }
    other_scores = {}
    for variant, arguments in recipe.variants.items():
        changed = trainer.load(recipe, **(source | arguments))
        folder = work / name / variant.replace(" ", "-")
        run = _run(trainer, recipe, changed, recipe.seeds[0], folder)
        other_scores[variant] = _read(run / "evaluation.json")[recipe.measure]
    first = runs[recipe.seeds[0]]
    model = load_keras_file(first / "model.keras")
    if recipe.class_names:
        model = _with_class_names(model, recipe.class_names)
    if recipe.weights_dtype == "float16":
        _round(model)
        scores = trainer.evaluate(model, dataset)
        other_scores["as it ships, in float16"] = scores[recipe.measure]
    if hasattr(trainer, "examples"):
        examples = trainer.examples(model, dataset, EXAMPLES)
    else:
        examples = dataset.test.inputs[:EXAMPLES]
    record = _record(recipe, runs)
    record |= {
        "parameters": model.count_params(),
        "latency": _latency(model, examples[:1]),
    }
    other_scores |= _read(first / "evaluation.json").get("beside", {})
    if other_scores:
        record["beside"] = other_scores
    return model.save_to_preset(
        out / name,
        card=card_from(name, record),
        examples=examples,
        record=record,
        weights_dtype=recipe.weights_dtype,
        overwrite=True,
    )


def _with_class_names(
    model: "keras.Model", class_names: tuple[str, ...]
) -> "keras.Model":
    """The model with names of classes, which its data may not have had."""
    renamed = type(model).from_config(
        {**model.get_config(), "class_names": class_names}
    )
    copy_state(model, renamed)
    return renamed


def _run(
    trainer: ModuleType,
    recipe: Recipe,
    dataset: "Dataset",
    seed: int,
    run: pathlib.Path,
) -> pathlib.Path:
    """The folder of a finished run, which is trained if it does not exist."""
    done = run / "recipe.json"  # written last
    if done.is_file():
        if _read(done) != recipe.training:
            raise InputError(
                f"{run} was trained by another recipe; remove it to train again."
            )
        return run
    trainer.train(recipe, dataset, run, seed)
    done.write_text(json.dumps(recipe.training), encoding="utf-8")
    return run


def _round(model: "keras.Model") -> None:
    """Rounds matrices and kernels to float16, as `save_to_preset` stores them."""
    for weights in model.weights:
        values = weights.numpy()
        if values.dtype == "float32" and values.ndim > 1:
            weights.assign(values.astype("float16"))


def _record(recipe: Recipe, runs: dict[int, pathlib.Path]) -> dict[str, Any]:
    """The content of `run.json`, all of it from the files of the runs."""
    config = _read(runs[recipe.seeds[0]] / "config.json")
    return {
        "recipe": recipe.training,
        "runs": [
            _summary(seed, folder, recipe.measure) for seed, folder in runs.items()
        ],
        "examples": config["data"]["examples"],
        "training": config["training"],
        "resolved": config["resolved"],
        "versions": config["versions"],
    }


def _summary(seed: int, folder: pathlib.Path, measure: str) -> dict[str, Any]:
    return {
        "seed": seed,
        measure: _read(folder / "evaluation.json")[measure],
        "epochs": len((folder / "metrics.csv").read_text("utf-8").splitlines()) - 1,
    }


def _latency(model: "keras.Model", example: "np.ndarray") -> dict[str, Any]:
    """The time of one call of the compiled model with one example, as in a server."""
    import tensorflow as tf

    call = tf.function(lambda inputs: model(inputs, training=False))
    example = tf.constant(example)
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call(example)
        times.append(time.perf_counter() - start)
    return {
        "milliseconds": round(1000 * min(times), 3),
        "of": f"one example through the compiled model, the fastest of {CALLS} calls",
        "device": f"CPU, {os.cpu_count()} cores",
    }


def _read(file: pathlib.Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))
