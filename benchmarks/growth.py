"""How the cost grows with batch size, data size and epochs.

    python -m benchmarks --only growth

`recipes.fit` of the MLP is compared with itself. The rate must not fall with more data,
and the memory must not rise with more epochs: the peak of a run with many epochs is
compared with that of a run with few, each in its own process.
"""

import numpy as np

from benchmarks import training
from benchmarks.comparison import alternated, pairs, row, threads

SHAPE = (28, 28, 1)
BATCHES = (32, 64, 128, 256, 512, 1024)
SIZES = (8_192, 16_384, 32_768, 65_536)
EPOCHS = (3, 30)


def side(number, batch_size, epochs):
    """A side that runs `recipes.fit` on a number of examples."""
    case = "MLP, MNIST"
    training.CASES[case] = ("mlp", SHAPE, number, batch_size)
    return training.ours(case, 1, epochs)


def rows(quick=False, machine=None):
    """Rows for batch sizes, data sizes, and memory by epochs."""
    number, repetitions = (4_096, 1) if quick else (32_768, 5)
    batches = BATCHES[1:3] if quick else BATCHES
    turns = alternated(
        {f"{size}": (side, number, size, 3) for size in batches}, repetitions
    )
    for size in batches[1:]:
        yield _row("batches of {}", (size, batches[0]), turns, machine)
    if quick:
        return
    turns = alternated({f"{size}": (side, size, 128, 3) for size in SIZES}, repetitions)
    for size in SIZES[1:]:
        yield _row("{:,} examples", (size, SIZES[0]), turns, machine, goal=0.95)
    few, many = EPOCHS
    turns = alternated({f"{n}": (side, 4_096, 128, n) for n in EPOCHS}, 3)
    yield row(
        "growth",
        f"peak memory, {many} epochs",
        f"{few} epochs",
        "MB",
        pairs(turns, f"{many}", f"{few}", "memory"),
        less_is_better=True,
        goal=0.95,
    )


def _row(wording, sizes, turns, machine, goal=None):
    mine, theirs = map(str, sizes)
    found = pairs(turns, mine, theirs, "examples_per_second")
    last, limit = turns[-1], None
    if machine is not None:
        rate = np.median([rate for rate, _ in found])
        limit = float(rate * last[mine]["operations"] / machine["operations"])
    return row(
        "growth",
        "MLP, " + wording.format(sizes[0]),
        wording.format(sizes[1]),
        "examples/s",
        found,
        goal=goal,
        limit=limit,
        memory=(last[mine]["memory"], last[theirs]["memory"]),
        facts={"precision": "float32", "xla": False, "threads": threads()},
    )
