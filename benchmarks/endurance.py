"""What grows with use: many calls from many threads, many epochs, many loads.

    python -m benchmarks --only endurance

One signature of an exported CNN answers 20,000 calls from 16 threads; each answer is
compared with that of one thread. `recipes.fit` of the MLP runs 200 epochs, and the
memory at the end is compared with that after a quarter of them. A SavedModel is loaded
50 times, and the memory after the last is compared with that after the tenth.
"""

import concurrent.futures
import functools
import gc
import pathlib
import tempfile

import numpy as np

from benchmarks.comparison import Side, row, seconds, threads
from benchmarks.serving import exported, images, made

THREADS, CALLS, SOME = 16, 20_000, 64
EPOCHS, LOADS, WARM = 200, 50, 10


def resident():
    """Megabytes that the process has in memory now."""
    gc.collect()
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmRSS.")


def written(folder):
    """A side that writes the export that the others read."""
    import zoo

    return lambda: {"path": str(zoo.export(made(), f"{folder}/model"))}


def called(path, calls):
    """A side: calls a second from one thread and from many, and the memory of each."""
    ask = exported(path)
    batches = np.split(images(SOME), SOME)
    expected = [ask(batch) for batch in batches]

    def one(number):
        answer = ask(batches[number % SOME])
        np.testing.assert_array_equal(answer, expected[number % SOME])

    def everything(pool, number):
        for _ in pool.map(one, range(number)):
            pass

    def measure():
        found = {}
        for name, workers in (("one", 1), ("many", THREADS)):
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                everything(pool, calls // 10)
                before = resident()
                spent = seconds(functools.partial(everything, pool, calls))
            found |= {name: calls / spent, f"{name} MB": (resident(), before)}
        return found

    return measure


def trained(epochs):
    """A side: the memory after a quarter of the epochs, and after all."""
    import keras

    import recipes

    class Memory(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.at = {}

        def on_epoch_end(self, epoch, logs=None):
            if epoch + 1 in (max(epochs // 4, 1), epochs):
                self.at[epoch + 1] = resident()

    def measure():
        memory = Memory()
        with tempfile.TemporaryDirectory() as folder:
            recipes.fit(
                "mlp",
                "digits",
                out=f"{folder}/run",
                epochs=epochs,
                patience=epochs,
                callbacks=[memory],
                progress=False,
            )
        return {"MB": (memory.at[epochs], memory.at[max(epochs // 4, 1)])}

    return measure


def loaded(path, loads):
    """A side: the memory after a tenth of the loads or so, and after all."""
    from zoo.loading import load_classifier

    def measure():
        found = []
        for _ in range(loads):
            load_classifier(path).probabilities(images(1))
            found.append(resident())
        return {"MB": (found[-1], found[min(WARM, loads) - 1])}

    return measure


def rows(quick=False, machine=None):
    """Rows for the calls, and for the memory after calls, epochs and loads."""
    calls, epochs, loads = (500, 8, 12) if quick else (CALLS, EPOCHS, LOADS)
    with tempfile.TemporaryDirectory() as folder:
        with Side(written, folder) as side:
            path = side.measure()["path"]
        with Side(called, path, calls) as side:
            served = side.measure()
        with Side(loaded, path, loads) as side:
            read = side.measure()
    with Side(trained, epochs) as side:
        fitted = side.measure()
    yield row(
        "endurance",
        f"{calls:,} calls, {THREADS} threads",
        "1 thread",
        "calls/s",
        [(served["many"], served["one"])],
        facts={"precision": "float32", "xla": False, "threads": threads()},
    )
    memory = {
        f"memory after {calls:,} calls": (served["many MB"], "before them"),
        f"memory after {epochs} epochs": (fitted["MB"], f"{epochs // 4} epochs"),
        f"memory after {loads} loads": (read["MB"], f"{min(WARM, loads)} loads"),
    }
    for setting, (pair, peer) in memory.items():
        yield row(
            "endurance",
            setting,
            peer,
            "MB",
            [tuple(pair)],
            less_is_better=True,
            goal=0.9,
        )
