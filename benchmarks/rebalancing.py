"""SMOTE in our pipeline, compared with imbalanced-learn's before the pipeline.

    python -m benchmarks --only rebalancing

There are two tables: 60,000 rows of 784 numbers and 20,000 rows of 64 numbers, with 30
% of the rows in the smaller class. Each measurement runs in its own process. The
process makes the table as `recipes.load` would hold it, starts the clock and prepares
training: ours up to its first batch; imbalanced-learn up to the resampled arrays, and
up to the first batch of a `tf.data` pipeline over them. Time is processor time. Memory
is the peak minus what the process held with the table. The sides take turns, and the
ratio is computed within a turn. All sides use the exact five nearest neighbours.
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
GOALS = {  # smallest ratios to reach
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
    """Resets the recorded peak; returns the bytes in use now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    return round(peak_memory() * 2**20)


def measure(side: str, case: str) -> None:
    """Makes one measurement in this process and prints it as JSON."""
    prepare = SIDES[side]
    small = table(400, 4)
    prepare(*small)  # Load everything that is loaded once.
    inputs, labels = table(*CASES[case])
    gc.collect()  # Memory left by imports does not count.
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
    """Two rows, time and memory, per table and peer."""
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
