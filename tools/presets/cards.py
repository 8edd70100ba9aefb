"""Cards and the index, from the records of the runs."""

import pathlib
import statistics

from tools.presets.table import RECIPES
from zoo.presets.folder import PresetFolder
from zoo.presets.index import INDEX, SHIPPED


def card_from(name: str, record: dict) -> dict:
    """What a card says: words from the recipe, numbers from the runs' record."""
    recipe = RECIPES[name]
    scores = {str(run["seed"]): run[recipe.measure] for run in record["runs"]}
    return {
        "description": recipe.description,
        "task": recipe.task,
        "data": recipe.data,
        "data_license": recipe.data_license,
        "license": "Apache-2.0",
        "recipe": recipe.command(name),
        "seed": recipe.seeds[0],
        "score": {
            "measure": recipe.measure,
            "examples": record["examples"]["test"],
            "mean": statistics.mean(scores.values()),
            "least": min(scores.values()),
            "greatest": max(scores.values()),
            "by_seed": scores,
            **({"beside": record["beside"]} if "beside" in record else {}),
        },
        "latency": record["latency"],
        "inputs": recipe.inputs,
        "limits": recipe.limits,
    }


def renew_cards() -> None:
    """Writes the cards that ship, and the index, anew from recipes and records."""
    from recipes.reports.run_folder import write_json

    for name in RECIPES:
        preset = PresetFolder(SHIPPED / name)
        if preset.path.is_dir():
            said = card_from(name, preset.read(preset.run))
            write_json(preset.card, preset.read(preset.card) | said)
    write_json(INDEX, index_of(SHIPPED))


def index_of(folder: pathlib.Path) -> dict:
    """The table of the presets in a folder, as `index.json` holds it."""
    return {
        path.name: _index_row(PresetFolder(path))
        for path in sorted(folder.iterdir())
        if PresetFolder(path).metadata.is_file()
    }


def _index_row(preset: PresetFolder) -> dict:
    card = preset.read(preset.card)
    return {
        "model": card["model"],
        "task": card["task"],
        "data": card["data"],
        "score": card["score"]["mean"],
        "measure": card["score"]["measure"],
        "parameters": card["parameters"],
        "bytes": preset.weights.stat().st_size,
        "sha256": preset.read(preset.metadata)["sha256"],
    }
