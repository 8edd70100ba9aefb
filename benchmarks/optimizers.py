"""The optimizers, compared with those of the same name in Keras, as `fit` runs them.

    python -m benchmarks.optimizers [--repetitions 15] [--only Adam] [--json]

A whole `apply` in float32 runs inside `tf.function` on the CPU, for a model with four
million weights and one with sixty small variables, without compilation and with
`jit_compile=True`. Our step, Keras's step and an empty step take turns. The empty step
gets the same gradients and weights and changes nothing; it shows the fixed cost of a
call. In each turn, `ratio` is our time over Keras's time for the whole call, and
`update` is the same after subtracting the time of the empty step from both. The medians
and the middle half of the ratios are printed. Below 1, ours is faster than Keras.
"""

import argparse
import json
import os
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from benchmarks.comparison import row, seconds
from custom import optimizers

MODELS = {
    "4 million": [(1000, 1000)] * 4,
    "60 small": [(64, 64), (64,)] * 30,
}
GOALS = {False: 0.5, True: 1.0}  # by whether the step is compiled
PEERS = {
    "GradientDescent": lambda: keras.optimizers.SGD(0.01),
    "Momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "Nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "Adagrad": keras.optimizers.Adagrad,
    "Adadelta": keras.optimizers.Adadelta,
    "RMSprop": keras.optimizers.RMSprop,
    "Adam": keras.optimizers.Adam,
    "AdaMax": keras.optimizers.Adamax,
    "Nadam": keras.optimizers.Nadam,
}


def steps(name, shapes, compiled):
    """The three steps that take turns, traced and run twice for warm-up."""
    gradients = [tf.random.stateless_normal(shape, (0, 1)) for shape in shapes]

    def step(update):
        weights = [keras.Variable(tf.ones(shape)) for shape in shapes]
        run = tf.function(update(weights), jit_compile=compiled)
        run()
        run()
        return run

    def applied(optimizer):
        def update(weights):
            optimizer.build(weights)
            return lambda: optimizer.apply(gradients, weights)

        return step(update)

    def nothing(weights):
        count = tf.Variable(0, dtype="int64")

        def read():
            read = [tf.identity(v) for v in (*gradients, *weights)]
            with tf.control_dependencies(read):
                count.assign_add(1)

        return read

    return {
        "ours": applied(getattr(optimizers, name)()),
        "keras": applied(PEERS[name]()),
        "nothing": step(nothing),
    }


def timed(name, model, compiled, repetitions):
    """Seconds of each step in each turn."""
    runs = steps(name, MODELS[model], compiled)
    # Small models take more turns: each turn lasts about a millisecond.
    turns = repetitions * (1 if model == "4 million" else 10)
    return [{key: seconds(run) for key, run in runs.items()} for _ in range(turns)]


def rows(quick=False, machine=None):
    """One row per optimizer and model, for the whole `apply`."""
    tf.get_logger().setLevel("ERROR")
    for compiled, goal in GOALS.items():
        for model in MODELS:
            for name in ["Adam"] if quick else PEERS:
                times = timed(name, model, compiled, 1 if quick else 15)
                yield row(
                    "optimizers",
                    f"{name}, {model} weights{', compiled' if compiled else ''}",
                    "Keras",
                    "ms",
                    [(1e3 * each["ours"], 1e3 * each["keras"]) for each in times],
                    less_is_better=True,
                    # Half of Keras's time is for updates of many weights: below it
                    # the call itself is what costs.
                    goal=1 / goal if model == "4 million" else 1.0,
                    facts={"precision": "float32", "xla": compiled},
                )


def measure(name, model, compiled, repetitions):
    times = timed(name, model, compiled, repetitions)
    nothing = statistics.median(t["nothing"] for t in times)
    ours = statistics.median(t["ours"] for t in times)
    keras_s = statistics.median(t["keras"] for t in times)
    ratios = [t["ours"] / t["keras"] for t in times]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "optimizer": name,
        "model": model,
        "compiled": compiled,
        "ours_ms": 1e3 * ours,
        "keras_ms": 1e3 * keras_s,
        "nothing_ms": 1e3 * nothing,
        "ratio": middle,
        "ratio_middle_half": [low, high],
        "update": (ours - nothing) / (keras_s - nothing),
        "goal": GOALS[compiled],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    tf.get_logger().setLevel("ERROR")
    results = [
        measure(name, model, compiled, arguments.repetitions)
        for compiled in GOALS
        for model in MODELS
        for name in arguments.only
    ]
    if arguments.json:
        print(json.dumps(results))
        return
    print(
        f"{'optimizer':17}{'model':11}{'compiled':10}{'ours':>7}{'Keras':>7}"
        f"{'empty':>7} ms  ratio (middle half)  update  goal"
    )
    for r in results:
        low, high = r["ratio_middle_half"]
        print(
            f"{r['optimizer']:17}{r['model']:11}{'yes' if r['compiled'] else 'no':10}"
            f"{r['ours_ms']:7.2f}{r['keras_ms']:7.2f}{r['nothing_ms']:7.2f}     "
            f"{r['ratio']:.2f} ({low:.2f} to {high:.2f})    {r['update']:.2f}  "
            f"  {r['goal']}"
        )


if __name__ == "__main__":
    main()
