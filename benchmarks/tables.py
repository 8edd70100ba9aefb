"""Tables: `recipes.load` of a CSV file against pandas, and of a large parquet file.

    python -m benchmarks.tables [--rows 300000] [--repetitions 7] [--json]
    python -m benchmarks.tables --parquet 10000000

The first writes 30 columns of numbers and a column of classes. `recipes.load` finds out
what each column is, looks for copies, and splits the rows into parts; `read_csv` only
reads them, and is compared with our reader alone, too. The sides take turns. The second
loads 20 columns of float32 and whole numbers in a fresh process, and compares the peak
of memory with the data that remain.
"""

import argparse
import dataclasses
import gc
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.comparison import alternated, pairs, row

ROWS, NUMBERS = 300_000, 30
FRACTIONS, WHOLE, BLOCK = 14, 6, 500_000  # of the parquet file
FEW = 1_000  # rows of the file that is read before the clock runs
GOALS = {"seconds": 1 / 1.5, "mb": 2.0}


def write_csv(path, rows):
    import pandas as pd

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, NUMBERS)).astype("float32"))
    frame.columns = [f"x{n}" for n in range(NUMBERS)]
    frame["label"] = rng.choice(["no", "yes"], rows)
    frame.to_csv(path, index=False)


def write_parquet(path, rows):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    with pq.ParquetWriter(path, batch(pa, rng, 1).schema) as file:
        for first in range(0, rows, BLOCK):
            file.write_table(batch(pa, rng, min(BLOCK, rows - first)))


def batch(pa, rng, rows):
    columns = {f"x{n}": rng.random(rows, "float32") for n in range(FRACTIONS)}
    for n in range(WHOLE):
        columns[f"i{n}"] = rng.integers(0, 1_000, rows).astype("int32")
    return pa.table({**columns, "label": rng.choice(["no", "yes"], rows)})


def ours(path):
    import recipes

    return recipes.load(path)


def reader(path):
    from recipes.sources.tables.tables import read_table

    return read_table(path)


def pandas(path):
    import pandas as pd

    return pd.read_csv(path)


def side(read, path, few):
    """A side: seconds to read a file, and MB at the peak above those at the start."""
    read(few)  # imports what it needs

    def measure():
        gc.collect()
        before = restarted_peak()
        start = time.perf_counter()
        data = read(path)
        seconds = time.perf_counter() - start
        del data
        return {"seconds": seconds, "mb": memory("VmHWM") - before}

    return measure


def restarted_peak():
    """MB in memory now, from which the peak is counted again."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(name):
    """MB of this process, as Linux counts them."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1e3
    raise RuntimeError(f"/proc/self/status has no {name}")


def rows(quick=False, machine=None, repetitions=7, number=ROWS):
    """A row for the time, and one for the memory."""
    with tempfile.TemporaryDirectory() as folder:
        path, few = (pathlib.Path(folder) / f"{name}.csv" for name in ("all", "few"))
        write_csv(path, FEW if quick else number)
        write_csv(few, FEW)
        sides = {
            each.__name__: (side, each, path, few) for each in (ours, reader, pandas)
        }
        turns = alternated(sides, 1 if quick else repetitions)
    setting = f"CSV of {number:,} × {NUMBERS} numbers"
    for name, figure, unit, told in (
        ("ours", "seconds", "s", ""),
        ("reader", "seconds", "s", ", reading alone"),
        ("ours", "mb", "MB", ", memory"),
    ):
        yield row(
            "tables",
            setting + told,
            "pandas.read_csv",
            unit,
            pairs(turns, name, "pandas", figure),
            less_is_better=True,
            goal=GOALS[figure],
        )


def load_parquet(path, few):
    """Seconds, and MB of the data and of the peak above those at the start."""
    ours(few)
    gc.collect()
    before, start = restarted_peak(), time.perf_counter()
    data = ours(path)
    parts = (data.train, data.validation, data.test)
    return {
        "seconds": time.perf_counter() - start,
        "data_mb": sum(p.inputs.nbytes + p.labels.nbytes for p in parts) / 1e6,
        "peak_mb": memory("VmHWM") - before,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--parquet", type=int, metavar="ROWS")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--files", type=pathlib.Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.files is not None:
        print(json.dumps(load_parquet(*arguments.files)))
        return
    if arguments.parquet is not None:
        with tempfile.TemporaryDirectory() as folder:
            files = [
                pathlib.Path(folder) / f"{name}.parquet" for name in ("all", "few")
            ]
            for file, number in zip(files, (arguments.parquet, FEW), strict=True):
                write_parquet(file, number)
            command = [sys.executable, "-m", "benchmarks.tables", "--files", *files]
            subprocess.run(command, check=True)
        return
    found = list(rows(repetitions=arguments.repetitions, number=arguments.rows))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(each) for each in found]))
        return
    for each in found:
        low, high = each.interval
        print(
            f"{each.setting}: {each.ours:.3g} {each.unit}, pandas {each.theirs:.3g}; "
            f"ratio {each.ratio:.2f} ({low:.2f} to {high:.2f})"
        )


if __name__ == "__main__":
    main()
