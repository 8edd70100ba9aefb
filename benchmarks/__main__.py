"""Every claim about speed, against what people would use instead.

    python -m benchmarks [--only NAME ...] [--quick] [--json] [--write-docs]

Each case is a process of its own; within it ours and its peers take turns. `--json`
prints what was found, and `--read FILE` takes it from such a file instead of measuring.
"""

import argparse
import dataclasses
import importlib
import importlib.metadata
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import report
from benchmarks.comparison import Row, Side
from benchmarks.limits import machine

CASES = {  # name: (module with `rows(quick, machine)`, what it compares)
    "pipeline": ("pipeline", "the input pipeline"),
    "augmentation": ("augmentation", "augmentation in the pipeline"),
    "rebalancing": ("rebalancing", "SMOTE in the pipeline"),
    "fit": ("training", "recipes.fit"),
    "growth": ("growth", "recipes.fit as the work grows"),
    "gan": ("gan_step", "a step of DCGAN"),
    "optimizers": ("optimizers", "custom.optimizers"),
    "pooling": ("pooling", "custom.layers"),
    "serving": ("serving", "exported models"),
    "start": ("starting", "imports and the command"),
}
PACKAGES = ("keras", "tensorflow", "torch", "onnxruntime", "imbalanced-learn")


def case(module: str, quick: bool, found: dict):
    """A side that goes through a case."""
    rows = importlib.import_module(f"benchmarks.{module}").rows

    def measure():
        return {"rows": [dataclasses.asdict(row) for row in rows(quick, found)]}

    return measure


def measured(names, quick: bool) -> dict:
    """The machine, the rows of the cases, and the cases that failed, with reasons."""
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="a smoke of every case")
    parser.add_argument("--json", action="store_true", help="instead of the table")
    parser.add_argument(
        "--read", nargs="+", type=pathlib.Path, help="what --json has printed before"
    )
    parser.add_argument(
        "--write-docs", action="store_true", help="tables and chart in docs/"
    )
    arguments = parser.parse_args()
    if arguments.read:
        parts = [json.loads(file.read_text()) for file in arguments.read]
        found = {
            "machine": parts[-1]["machine"],
            "rows": [row for part in parts for row in part["rows"]],
            "failed": {k: v for part in parts for k, v in part["failed"].items()},
        }
    else:
        found = measured(arguments.only, arguments.quick)
    rows = [Row(**row) for row in found["rows"]]
    if arguments.json:
        print(json.dumps(found))
    else:
        report.print_table(rows)
    if arguments.write_docs:
        report.write_docs(rows, found["machine"])
    for name, reason in found["failed"].items():
        print(f"{name} failed: {reason}", file=sys.stderr)
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
