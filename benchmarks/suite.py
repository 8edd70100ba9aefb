"""The cases of the suite; each one runs in its own process."""

import dataclasses
import importlib
import importlib.metadata
import sys

from benchmarks.comparison import Side
from benchmarks.limits import machine

CASES = {  # name: (module with `rows(quick, machine)`, what it compares)
    "pipeline": ("pipeline", "the input pipeline"),
    "images": ("images", "photos decoded in the batch"),
    "tables": ("tables", "tables read from files"),
    "augmentation": ("augmentation", "augmentation in the pipeline"),
    "rebalancing": ("rebalancing", "SMOTE in the pipeline"),
    "fit": ("training", "recipes.fit"),
    "growth": ("growth", "recipes.fit as the work grows"),
    "gan": ("gan_step", "a step of DCGAN"),
    "optimizers": ("optimizers", "custom.optimizers"),
    "pooling": ("pooling", "custom.layers"),
    "serving": ("serving", "exported models"),
    "endurance": ("endurance", "long use: calls, epochs, loads"),
    "start": ("starting", "imports and the command"),
}
PACKAGES = ("keras", "tensorflow", "torch", "onnxruntime", "imbalanced-learn")


def case(module: str, quick: bool, found: dict):
    """A side that runs a whole case."""
    rows = importlib.import_module(f"benchmarks.{module}").rows

    def measure():
        return {"rows": [dataclasses.asdict(row) for row in rows(quick, found)]}

    return measure


def measured(names, quick: bool) -> dict:
    """The machine, the rows of all cases, and the failed cases with reasons."""
    with Side(machine) as side:
        limits = side.measure()
    limits["versions"] = {}
    for package in PACKAGES:
        try:
            limits["versions"][package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    rows, failed = [], {}
    for name in names:
        print(f"{name}: {CASES[name][1]} …", file=sys.stderr, flush=True)
        try:
            with Side(case, CASES[name][0], quick, limits) as side:
                rows += side.measure()["rows"]
        except RuntimeError as error:
            failed[name] = str(error)
    return {"machine": limits, "rows": rows, "failed": failed}
