"""The adding problem: which cells remember two numbers over a long sequence?

    python -m benchmarks.adding_problem [--length 200] [--cells simple lstm gru]
                                        [--memory-length 200] [--seeds 1]
                                        [--steps 3000] [--json]

Each step of a sequence has a number, drawn uniformly from 0…1, and a mark. The mark is
1 at two steps, one in each half, and 0 elsewhere. The answer is the sum of the two
marked numbers. A model that always answers 1 has a mean squared error of 1/6, the
variance of the sum; the problem counts as solved below 0.01. Every batch is new, so no
example can be memorised, and the error is measured on 2,000 further sequences.

All cells have the same settings: 128 units (`--units`), batches of 64, Adam with a
learning rate of 2e-3, and gradients clipped to norm 1. `--memory-length` is the
argument of `zoo.RecurrentNetwork` for cells with gates. Training stops early when the
mean error of 200 consecutive batches is below 0.004.

Source: Hochreiter and Schmidhuber 1997, "Long short-term memory", §5.4.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from recipes.sources.synthetic import adding_problem
from zoo.models.recurrent import RecurrentNetwork

CELLS = ("simple", "lstm", "gru")
BATCH_SIZE = 64
SOLVED = 0.01
ENOUGH = 0.004


def measure(cell, length, memory_length, units, steps, learning_rate, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = RecurrentNetwork(
        (length, 2),
        output_units=1,
        cell=cell,
        units=units,
        memory_length=None if cell == "simple" else memory_length,
        dropout=0.0,
        mask_padding=False,  # all sequences have the same length
    )
    model.compile(
        keras.optimizers.Adam(learning_rate, clipnorm=1.0), "mse", jit_compile=False
    )
    start = time.perf_counter()
    trained = 0
    while trained < steps:
        part = min(200, steps - trained)
        inputs, sums = adding_problem(rng, part * BATCH_SIZE, length)
        history = model.fit(inputs, sums, BATCH_SIZE, shuffle=False, verbose=0)
        trained += part
        if history.history["loss"][0] < ENOUGH:
            break
    seconds = time.perf_counter() - start
    inputs, sums = adding_problem(np.random.default_rng(10**6 + seed), 2000, length)
    error = model.evaluate(inputs, sums, batch_size=500, verbose=0)
    return {
        "cell": cell,
        "length": length,
        "memory_length": model.get_config()["memory_length"],
        "seed": seed,
        "parameters": model.count_params(),
        "batches": trained,
        "seconds": seconds,
        "error": error,
        "solved": error < SOLVED,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--memory-length", type=int)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = [
        measure(
            cell,
            arguments.length,
            arguments.memory_length,
            arguments.units,
            arguments.steps,
            arguments.learning_rate,
            seed,
        )
        for cell in arguments.cells
        for seed in range(arguments.seeds)
    ]
    if arguments.json:
        print(json.dumps(results))
        return
    print("| cell | seed | parameters | batches | seconds | mean squared error |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for r in results:
        print(
            f"| {r['cell']} | {r['seed']} | {r['parameters']:,} | {r['batches']:,} | "
            f"{r['seconds']:.0f} | {r['error']:.4f} |"
        )


if __name__ == "__main__":
    main()
