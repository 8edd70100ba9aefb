"""The sizes of the models: parameters, multiply-adds, accuracy, seconds.

    python -m benchmarks.sizes [--data digits] [--data-dir DIR] [--seeds 3]
                               [--only cnn-small ...] [--json]

Each size is trained by `recipes.fit` with its default settings, once per seed, and
scored on the test part. Multiply-adds are those of convolutions and matrix products for
one example, computed from the shapes of the layers.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import recipes
from benchmarks.limits import multiply_adds
from zoo.models import cnn, mlp

SIZES = {"mlp": mlp.SIZES, "cnn": cnn.SIZES}
NAMES = [f"{model}-{size}" for model, sizes in SIZES.items() for size in sizes]


def measure(model, size, dataset, seeds):
    accuracies, seconds = [], []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            run = recipes.fit(
                model,
                dataset,
                out=f"{folder}/run",
                seed=seed,
                model_arguments={"size": size},
                progress=False,
            )
        seconds.append(time.perf_counter() - start)
        accuracies.append(run.evaluation.accuracy)
    return {
        "model": model,
        "size": size,
        "parameters": run.model.count_params(),
        "multiply_adds": multiply_adds(run.model),
        "accuracy": statistics.mean(accuracies),
        "accuracy_range": [min(accuracies), max(accuracies)],
        "seconds": statistics.median(seconds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits")
    parser.add_argument("--data-dir")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    dataset = recipes.load(arguments.data, data_dir=arguments.data_dir)
    results = [
        measure(*name.split("-"), dataset, arguments.seeds) for name in arguments.only
    ]
    if arguments.json:
        print(json.dumps(results))
        return
    print("| model | size | parameters | multiply-adds | accuracy (range) | seconds |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for r in results:
        low, high = r["accuracy_range"]
        print(
            f"| {r['model']} | {r['size']} | {r['parameters']:,} | "
            f"{r['multiply_adds']:,} | {r['accuracy']:.2%} ({low:.2%} to {high:.2%}) "
            f"| {r['seconds']:.0f} |"
        )


if __name__ == "__main__":
    main()
