"""SMOTE inside the pipeline, against imbalanced-learn's before it.

    python -m benchmarks.rebalancing [--repetitions 3] [--only NAME] [--json]

Two tables: 60,000 rows of 784 numbers and 20,000 of 64, 30 % of them in the smaller
class. A measurement is a process of its own that makes the table, as `recipes.load` has
it in memory, starts the clock and prepares training: ours until its first batch is
there, imbalanced-learn's until the resampled arrays are. Time is the process's own;
memory is how much more its peak is than what it held with the table. The two take
turns, and the ratio is taken within a turn; its median and range are printed. Both use
the exact five neighbours.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.comparison import peak_memory, row
from recipes.memory import taken

CASES = {"60,000 × 784": (60_000, 784), "20,000 × 64": (20_000, 64)}
GOALS = {  # the least ratios: of time, of memory
    "60,000 × 784": {"seconds": 2.0, "bytes": 10.0},
    "20,000 × 64": {"seconds": 1.0, "bytes": None},
}
SIDES = ("ours", "imbalanced-learn")
BATCH = 128


def table(rows: int, columns: int):
    rng = np.random.default_rng(0)
    labels = (rng.permutation(rows) < 0.3 * rows).astype("int64")
    inputs = rng.standard_normal((rows, columns), "float32")
    return taken(inputs, np.arange(rows)), labels


def ours(inputs, labels):
    from recipes.dataset import Part
    from recipes.pipeline import training_batches

    batches = training_batches(
        Part(inputs, labels), batch_size=BATCH, rebalance="smote"
    )
    next(iter(batches))


def theirs(inputs, labels):
    from imblearn.over_sampling import SMOTE

    SMOTE(k_neighbors=5).fit_resample(inputs, labels)


def forget_peak() -> int:
    """Starts the count of the peak anew; returns the bytes that are held now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    return round(peak_memory() * 2**20)


def measure(side: str, case: str) -> None:
    """One measurement, in its own process; prints it as JSON."""
    prepare = ours if side == "ours" else theirs
    small = table(400, 4)
    prepare(*small)  # Whatever is loaded once is loaded now.
    inputs, labels = table(*CASES[case])
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


def turns(case: str, repetitions: int) -> list:
    return [[measured(side, case) for side in SIDES] for _ in range(repetitions)]


def rows(quick=False, machine=None):
    """A row of time and one of memory for every table."""
    for case in list(CASES)[1:] if quick else CASES:
        found = turns(case, 1 if quick else 3)
        for quantity, unit, scale in (("seconds", "s", 1), ("bytes", "MB", 1e6)):
            yield row(
                "rebalancing",
                f"SMOTE, {case}" + (", memory" if quantity == "bytes" else ""),
                "imbalanced-learn",
                unit,
                [(a[quantity] / scale, b[quantity] / scale) for a, b in found],
                less_is_better=True,
                goal=GOALS[case][quantity],
            )


def compared(case: str, repetitions: int) -> dict:
    result = {"case": case}
    found = turns(case, repetitions)
    for quantity in ("seconds", "bytes"):
        ratios = [mine[quantity] / peer[quantity] for mine, peer in found]
        result[quantity] = {
            "ours": statistics.median(mine[quantity] for mine, _ in found),
            "peer": statistics.median(peer[quantity] for _, peer in found),
            "ratio": statistics.median(ratios),
            "range": [min(ratios), max(ratios)],
        }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", nargs=2, metavar=("SIDE", "CASE"))
    arguments = parser.parse_args()
    if arguments.measure:
        measure(*arguments.measure)
        return
    cases = [arguments.only] if arguments.only else CASES
    results = [compared(case, arguments.repetitions) for case in cases]
    if arguments.json:
        print(json.dumps(results))
        return
    for result in results:
        for quantity, unit, scale in (("seconds", "s", 1), ("bytes", "MB", 1e6)):
            row = result[quantity]
            low, high = row["range"]
            print(
                f"{result['case']:14}{quantity:9}ours {row['ours'] / scale:9.2f} {unit}"
                f"   imbalanced-learn {row['peer'] / scale:9.2f} {unit}   ratio "
                f"{row['ratio']:.2f} ({low:.2f} to {high:.2f})"
            )


if __name__ == "__main__":
    main()
