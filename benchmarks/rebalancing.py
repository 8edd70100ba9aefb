"""SMOTE inside the pipeline, against imbalanced-learn's before it.

    python -m benchmarks --only rebalancing

Two tables: 60,000 rows of 784 numbers and 20,000 of 64, 30 % of them in the smaller
class. A measurement is a process of its own that makes the table, as `recipes.load` has
it in memory, starts the clock and prepares training: ours until its first batch is
there; imbalanced-learn's until the resampled arrays are, and until the first batch of a
`tf.data` pipeline of these is. Time is the process's own; memory is how much more its
peak is than what it held with the table. The sides take turns, and the ratio is taken
within a turn. All use the exact five neighbours.
"""

import argparse
import gc
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.comparison import peak_memory, row
from recipes.data.zero_copy import taken

CASES = {"60,000 × 784": (60_000, 784), "20,000 × 64": (20_000, 64)}
ARRAYS, FIRST_BATCH = "imbalanced-learn, arrays", "imbalanced-learn, first batch"
GOALS = {  # the least ratios
    ("60,000 × 784", "seconds", ARRAYS): 2.0,
    ("60,000 × 784", "bytes", ARRAYS): 10.0,
    ("20,000 × 64", "seconds", FIRST_BATCH): 1.0,
}
BATCH = 128


def table(rows: int, columns: int):
    rng = np.random.default_rng(0)
    labels = (rng.permutation(rows) < 0.3 * rows).astype("int64")
    inputs = rng.standard_normal((rows, columns), "float32")
    return taken(inputs, np.arange(rows)), labels


def ours(inputs, labels):
    from recipes.data.dataset import Part
    from recipes.pipeline import training_batches

    batches = training_batches(
        Part(inputs, labels), batch_size=BATCH, rebalance="smote"
    )
    next(iter(batches))


def resampled(inputs, labels):
    from imblearn.over_sampling import SMOTE

    return SMOTE(k_neighbors=5).fit_resample(inputs, labels)


def resampled_batches(inputs, labels):
    import tensorflow as tf

    inputs, labels = resampled(inputs, labels)
    batches = tf.data.Dataset.from_tensor_slices((inputs, labels))
    next(iter(batches.shuffle(len(labels)).batch(BATCH).prefetch(tf.data.AUTOTUNE)))


SIDES = {"ours": ours, ARRAYS: resampled, FIRST_BATCH: resampled_batches}


def forget_peak() -> int:
    """Starts the count of the peak anew; returns the bytes that are held now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    return round(peak_memory() * 2**20)


def measure(side: str, case: str) -> None:
    """One measurement, in its own process; prints it as JSON."""
    prepare = SIDES[side]
    small = table(400, 4)
    prepare(*small)  # Whatever is loaded once is loaded now.
    inputs, labels = table(*CASES[case])
    gc.collect()  # What the imports left is no part of preparing.
    before, start = forget_peak(), time.perf_counter()
    prepare(inputs, labels)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "bytes": peak_bytes() - before}))


def measured(side, case):
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.rebalancing"]
    answer = subprocess.run(
        [*command, "--measure", side, case], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def rows(quick=False, machine=None):
    """A row of time and one of memory for every table and peer."""
    for case in list(CASES)[1:] if quick else CASES:
        turns = [
            {side: measured(side, case) for side in SIDES}
            for _ in range(1 if quick else 3)
        ]
        for peer in (ARRAYS, FIRST_BATCH):
            for quantity, unit, scale in (("seconds", "s", 1), ("bytes", "MB", 1e6)):
                yield row(
                    "rebalancing",
                    f"SMOTE, {case}" + (", memory" if quantity == "bytes" else ""),
                    peer,
                    unit,
                    [
                        tuple(turn[side][quantity] / scale for side in ("ours", peer))
                        for turn in turns
                    ],
                    less_is_better=True,
                    goal=GOALS.get((case, quantity, peer)),
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", nargs=2, metavar=("SIDE", "CASE"), required=True)
    measure(*parser.parse_args().measure)


if __name__ == "__main__":
    main()
