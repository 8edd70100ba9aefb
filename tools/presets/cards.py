"""Writes the model cards and the index of presets from the records of the runs."""

import pathlib
import statistics
from typing import Any

from tools.presets.table import RECIPES
from zoo.kinds import Kind
from zoo.presets.folder import PresetFolder
from zoo.presets.index import INDEX, SHIPPED

# The kind of data, by the first word of a task.
KINDS = {
    "image": Kind.IMAGES,
    "table": Kind.TABLE,
    "text": Kind.TEXT,
    "audio": Kind.AUDIO,
}


def card_from(name: str, record: dict[str, Any]) -> dict[str, Any]:
    """The card of a preset: texts from its recipe, numbers from its runs."""
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
        "good_start": recipe.good_start,
    }


def write_cards() -> None:
    """Writes the cards of the shipped presets and the index, without training."""
    from zoo.atomic_writes import write_json

    for name in RECIPES:
        preset = PresetFolder(SHIPPED / name)
        if preset.path.is_dir():
            card = preset.read(preset.card) | card_from(name, preset.read(preset.run))
            write_json(preset.card, card)
    write_json(INDEX, index_of(SHIPPED))


def index_of(folder: pathlib.Path) -> dict[str, dict[str, Any]]:
    """The table of the presets in a folder, as in `index.json`."""
    return {
        path.name: _index_row(PresetFolder(path))
        for path in sorted(folder.iterdir())
        if PresetFolder(path).metadata.is_file()
    }


def _index_row(preset: PresetFolder) -> dict[str, Any]:
    card = preset.read(preset.card)
    return {
        "model": card["model"],
        "kind": KINDS[card["task"].partition(" ")[0]],
        "task": card["task"],
        "data": card["data"],
        "classes": len(card["class_names"] or ()) or None,
        "good_start": card["good_start"],
        "score": card["score"]["mean"],
        "measure": card["score"]["measure"],
        "parameters": card["parameters"],
        "bytes": preset.weights.stat().st_size,
        "sha256": preset.read(preset.metadata)["sha256"],
    }
