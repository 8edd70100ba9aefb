"""Test accuracy and total time of `zoo fit`.

    python -m benchmarks.accuracy cnn digits
    python -m benchmarks.accuracy cnn cifar10 --data-dir DIR --seeds 1

Each seed runs in its own process. The time includes everything the command does: start,
data, training, evaluation, pictures, and the export with its check.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ZOO = [sys.executable, "-c", "from recipes.command import main; main()"]


def fit(model, data, seed, out, rest) -> dict:
    """Runs `zoo fit` once; returns seconds, test accuracy and epochs."""
    start = time.perf_counter()
    arguments = [model, "--data", data, "--seed", str(seed), "--out", str(out)]
    finished = subprocess.run(
        [*ZOO, "fit", *arguments, *rest, "--json"], stdout=subprocess.PIPE, check=True
    )
    result = json.loads(finished.stdout)
    return {
        "seed": seed,
        "accuracy": result["evaluation"]["accuracy"],
        "epochs": result["epochs"],
        "seconds": time.perf_counter() - start,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--data-dir")
    parser.add_argument("--epochs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rest = []
    if arguments.data_dir:
        folder = str(pathlib.Path(arguments.data_dir).resolve())
        rest += ["--data-dir", folder, "--no-download"]
    if arguments.epochs:
        rest += ["--epochs", arguments.epochs]
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seeds):
            out = pathlib.Path(folder, str(seed))
            runs.append(fit(arguments.model, arguments.data, seed, out, rest))
    if arguments.json:
        print(json.dumps(runs))
        return
    for run in runs:
        print(
            f"{arguments.model} on {arguments.data}, seed {run['seed']}: "
            f"test accuracy {run['accuracy']:.4f}, {run['epochs']} epochs, "
            f"{run['seconds']:.0f} s"
        )
    accuracies = [run["accuracy"] for run in runs]
    print(
        f"test accuracy {statistics.mean(accuracies):.4f} on average, from "
        f"{min(accuracies):.4f} to {max(accuracies):.4f}"
    )


if __name__ == "__main__":
    main()
