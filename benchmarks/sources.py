"""A very large table: time and memory to the first batch.

    python -m benchmarks.sources [--rows 10000000] [--features 32] [--json]

Writes a float32 table to a temporary folder, loads it memory-mapped in a fresh process,
takes over-sampled batches of 128 rows, and removes it. Memory is the peak of the
process including mapped pages, and its private memory, which no other process can
share.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

BATCHES = 300
RARE = 0.1  # share of the second class
BLOCK = 100_000


def write(folder, rows, features):
    rng = np.random.default_rng(0)
    table = np.lib.format.open_memmap(
        folder / "x_train.npy", "w+", "float32", (rows, features)
    )
    for first in range(0, rows, BLOCK):
        block = table[first : first + BLOCK]
        block[:] = rng.random(block.shape, "float32")
    table.flush()
    np.save(folder / "y_train.npy", (rng.random(rows) < RARE).astype("int8"))


def measure(folder):
    import tensorflow as tf

    import recipes
    from recipes.pipeline import training_batches

    tf.zeros(1)  # Start TensorFlow before the clock runs.
    before = memory()
    start = time.perf_counter()
    dataset = recipes.load(folder)
    loaded = time.perf_counter() - start
    batches = iter(
        training_batches(
            dataset.train, batch_size=128, rebalance="oversample", drop_remainder=True
        )
    )
    next(batches)
    first = time.perf_counter() - start
    peak = memory()["VmHWM"]
    start = time.perf_counter()
    for _ in range(BATCHES):
        next(batches)
    after = memory()
    return {
        "loading_seconds": loaded,
        "first_batch_seconds": first,
        "batches_per_second": BATCHES / (time.perf_counter() - start),
        "peak_mb_at_first_batch": peak,
        f"peak_mb_after_{BATCHES}_batches": after["VmHWM"],
        "own_mb": after["RssAnon"],
        "own_mb_before": before["RssAnon"],
        "notes": dataset.notes,
    }


def memory():
    """Megabytes by type of memory, as Linux reports them."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {key: int(fields[key].split()[0]) / 1e3 for key in ("VmHWM", "RssAnon")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder is not None:
        print(json.dumps(measure(arguments.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), arguments.rows, arguments.features)
        command = [sys.executable, "-m", "benchmarks.sources", "--folder", folder]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    result = json.loads(answer.stdout.splitlines()[-1])
    if arguments.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key}: {value:,.2f}" if isinstance(value, float) else f"{key}: {value}")


if __name__ == "__main__":
    main()
