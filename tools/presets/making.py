"""Runs the recipe of a preset and writes its folder."""

import importlib
import json
import os
import pathlib
import time

from tools.presets.cards import card_from
from tools.presets.table import RECIPES
from zoo.errors import InputError
from zoo.models.weights import copy_state

EXAMPLES = 4  # inputs kept in a preset with their outputs
CALLS = 200  # of which the fastest counts: the others waited for something else


def make(name: str, work: pathlib.Path, out: pathlib.Path, **source) -> pathlib.Path:
    """Trains a preset, once for each of its seeds, and writes its folder.

    Args:
        name: A key of `RECIPES`.
        work: Where the runs are kept, as `work/NAME/seed-0` and so on.
        out: The folder that the preset is written into, as `out/NAME`.
        **source: How to read the data; arguments of `recipes.load`.

    Returns:
        The preset's folder.

    Raises:
        InputError: If a run that is there is of another recipe.
    """
    from zoo.keras_file import load_keras_file

    recipe = RECIPES[name]
    trainer = importlib.import_module(recipe.trainer)
    dataset = trainer.load(recipe, **source)
    runs = {
        seed: _run(trainer, recipe, dataset, seed, work / name / f"seed-{seed}")
        for seed in recipe.seeds
    }
    beside = {}
    for variant, arguments in recipe.variants.items():
        changed = trainer.load(recipe, **(source | arguments))
        folder = work / name / variant.replace(" ", "-")
        run = _run(trainer, recipe, changed, recipe.seeds[0], folder)
        beside[variant] = _read(run / "evaluation.json")[recipe.measure]
    kept = runs[recipe.seeds[0]]
    model = load_keras_file(kept / "model.keras")
    if recipe.class_names:
        model = _named(model, recipe.class_names)
    if recipe.weights_dtype == "float16":
        _round(model)
        judged = trainer.judged(model, dataset)
        beside["as it ships, in float16"] = judged[recipe.measure]
    if hasattr(trainer, "examples"):
        examples = trainer.examples(model, dataset, EXAMPLES)
    else:
        examples = dataset.test.inputs[:EXAMPLES]
    record = _record(recipe, runs)
    record |= {
        "parameters": model.count_params(),
        "latency": _latency(model, examples[:1]),
    }
    beside |= _read(kept / "evaluation.json").get("beside", {})
    if beside:
        record["beside"] = beside
    return model.save_to_preset(
        out / name,
        card=card_from(name, record),
        examples=examples,
        record=record,
        weights_dtype=recipe.weights_dtype,
        overwrite=True,
    )


def _named(model, class_names):
    """The same with names, which its data may not have had."""
    fresh = type(model).from_config({**model.get_config(), "class_names": class_names})
    copy_state(model, fresh)
    return fresh


def _run(trainer, recipe, dataset, seed, run):
    """The folder of a finished run, from before or from now."""
    done = run / "recipe.json"  # The last thing that is written.
    if done.is_file():
        if _read(done) != recipe.training:
            raise InputError(f"{run} is of another recipe; remove it to train anew.")
        return run
    trainer.train(recipe, dataset, run, seed)
    done.write_text(json.dumps(recipe.training), encoding="utf-8")
    return run


def _round(model) -> None:
    """Rounds matrices and kernels to float16, as `save_to_preset` will store them."""
    for weights in model.weights:
        values = weights.numpy()
        if values.dtype == "float32" and values.ndim > 1:
            weights.assign(values.astype("float16"))


def _record(recipe, runs) -> dict:
    """What ships as `run.json`: nothing but what the runs wrote."""
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


def _summary(seed, folder, measure):
    return {
        "seed": seed,
        measure: _read(folder / "evaluation.json")[measure],
        "epochs": len((folder / "metrics.csv").read_text("utf-8").splitlines()) - 1,
    }


def _latency(model, example) -> dict:
    """Time of one call of the model with one example, as a server would make it."""
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


def _read(file):
    return json.loads(file.read_text(encoding="utf-8"))
