"""Whether a search beats the defaults on small data sets.

    python -m benchmarks.search [--data NAME ...] [--seeds N ...] [--out FILE]
    python -m benchmarks.search --read FILE

The data are those that scikit-learn ships. Each seed searches anew; the settings are
chosen on the validation part, and the test part scores the best trial and the first,
which has the defaults. Printed are means over the seeds, with the standard deviation.
A search beats the defaults on a data set if its mean loss on the test part is lower:
cross-entropy of classes, root of the mean squared error of numbers.
"""

import argparse
import csv
import json
import os
import pathlib
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sklearn.datasets

import recipes
from recipes.training.resume import report_run

TABLES = {
    "breast cancer": (sklearn.datasets.load_breast_cancer, {}),
    "diabetes": (sklearn.datasets.load_diabetes, {"task": "regression"}),
}
DATA = ("digits", *TABLES)


def data(name: str, folder: pathlib.Path, split: str | None):
    """The data set; scikit-learn's tables are written to CSV files first."""
    if name not in TABLES:
        return recipes.load(name)
    load, options = TABLES[name]
    table = load()
    path = folder / f"{name.replace(' ', '_')}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.feature_names, "answer"])
        writer.writerows(
            [*row, answer]
            for row, answer in zip(table.data.tolist(), table.target, strict=True)
        )
    return recipes.load(path, label_column="answer", split=split, **options)


def compared(name: str, trials: int, seed: int, split: str | None) -> dict:
    """The scores of the defaults and of the search, with one seed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        dataset = data(name, folder, split)
        start = time.perf_counter()
        found = recipes.search(
            "mlp",
            dataset,
            trials=trials,
            seed=seed,
            out=folder / "search",
            progress=False,
        )
        seconds = time.perf_counter() - start
        best = report_run(found.run, dataset, scores_only=True).as_json()
        first = report_run(
            found.folder / "trials" / "0", dataset, scores_only=True
        ).as_json()
    states = [trial.state for trial in found.trials]
    return {
        "data": name,
        "seed": seed,
        "validation examples": len(dataset.validation),
        "seconds": seconds,
        "validation": [found.trials[0].score, found.best.score],
        "loss": [loss(first), loss(best)],
        "score": [score(first), score(best)],
        "pruned": states.count("pruned"),
        "lost": states.count("lost"),
        "settings": found.best.settings,
    }


def loss(evaluation: dict) -> float:
    """Cross-entropy, or root of the mean squared error."""
    if "loss" in evaluation:
        return evaluation["loss"]
    return evaluation["rmse"]


def score(evaluation: dict) -> float:
    """Accuracy, or R²."""
    if "accuracy" in evaluation:
        return evaluation["accuracy"]
    return evaluation["r2"]


def table(rows: list[dict]) -> str:
    """Means and standard deviations over the seeds, a line for each data set."""
    lines = [
        "| data | test loss, defaults | test loss, search | test score, defaults | "
        "test score, search | lower loss with | pruned | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(row["data"] for row in rows):
        of_name = [row for row in rows if row["data"] == name]
        cells = [name]
        for measure in ("loss", "score"):
            for side in (0, 1):
                values = [row[measure][side] for row in of_name]
                spread = statistics.stdev(values) if len(values) > 1 else 0.0
                cells.append(f"{statistics.mean(values):.4g} ± {spread:.2g}")
        defaults, best = (
            statistics.mean(row["loss"][side] for row in of_name) for side in (0, 1)
        )
        cells.append("search" if best < defaults else "defaults")
        cells += [
            f"{statistics.mean(row[name] for row in of_name):.0f}"
            for name in ("pruned", "seconds")
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--split", help="of the tables, such as 60/20/20")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON line for each seed")
    parser.add_argument("--read", type=pathlib.Path, help="print what --out wrote")
    arguments = parser.parse_args()
    if arguments.read:
        lines = arguments.read.read_text().splitlines()
        print(table([json.loads(line) for line in lines]))
        return
    rows: list[dict] = []
    for seed in arguments.seeds:
        for name in arguments.data:
            rows.append(compared(name, arguments.trials, seed, arguments.split))
            if arguments.out:
                with arguments.out.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
