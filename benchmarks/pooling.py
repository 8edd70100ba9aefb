"""The pooling layers, compared with those of Keras and PyTorch.

    python -m benchmarks.pooling [--repetitions 15] [--json]

The forward and backward pass of batches of 128 in float32 runs inside `tf.function` on
the CPU. The variants take turns. Each ratio is computed within one turn; its median and
range over all turns are printed. Inputs are the outputs of a ReLU. Below 1, ours is
faster.
"""

import argparse
import json
import os
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from benchmarks.comparison import row, seconds
from custom import layers

SHAPES = ((128, 28, 28, 32), (128, 14, 14, 64))
WINDOWS = (2, 3)


def compiled(layer, x):
    """One forward and backward pass, traced and run twice for warm-up."""
    model = keras.Sequential([layer])

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = model(x, training=True)
        return value, tape.gradient(value, x)

    def run():
        return [tensor.numpy()[0, 0, 0, 0] for tensor in step(x)]

    run()
    run()
    return run


def torch_lp_pooling(size, x):
    """PyTorch's layer in its preferred layout, or `None` if it has none."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(os.cpu_count())
    layer = torch.nn.LPPool2d(2, size)
    x = torch.tensor(np.moveaxis(x.numpy(), -1, 1).copy(), requires_grad=True)

    def run():
        x.grad = None
        layer(x).sum().backward()

    run()
    return run


def variants(shape, size):
    """The pass of each layer, and for each of ours its peers and allowed ratio."""
    x = tf.nn.relu(tf.random.stateless_normal(shape, (0, 1)))
    poolings = {
        "average": keras.layers.AveragePooling2D(size),
        "max": keras.layers.MaxPooling2D(size),
        "LpPooling2D": layers.LpPooling2D(2, size),
        "StochasticPooling2D": layers.StochasticPooling2D(size, seed=0),
        "MedianPooling2D": layers.MedianPooling2D(size),
        "MixedPooling2D": layers.MixedPooling2D(pool_size=size),
    }
    runs = {name: compiled(layer, x) for name, layer in poolings.items()}
    claims = [
        ("LpPooling2D", ("average",), 1.5),
        ("StochasticPooling2D", ("max",), 4),
        ("MedianPooling2D", ("max",), 5),
        ("MixedPooling2D", ("max", "average"), 1.2),
    ]
    peer = torch_lp_pooling(size, x)
    if peer:
        runs["torch LPPool2d"] = peer
        claims.append(("LpPooling2D", ("torch LPPool2d",), 1))
    return runs, claims


def turns(runs, repetitions):
    """Seconds of each variant in each of `repetitions` turns."""
    return [
        {name: seconds(run) for name, run in runs.items()} for _ in range(repetitions)
    ]


def compared(repetitions, shapes=SHAPES):
    """Layer, peers, shape, window, allowed ratio, and seconds of each turn."""
    for shape in shapes:
        for size in WINDOWS:
            runs, claims = variants(shape, size)
            times = turns(runs, repetitions)
            for name, peers, allowed in claims:
                found = [(t[name], sum(t[peer] for peer in peers)) for t in times]
                yield name, " + ".join(peers), shape, size, allowed, found


def rows(quick=False, machine=None):
    """One row per layer, peer, shape and window."""
    shapes, repetitions = (SHAPES[1:], 1) if quick else (SHAPES, 15)
    for name, peer, shape, size, allowed, found in compared(repetitions, shapes):
        yield row(
            "pooling",
            f"{name}, {'×'.join(map(str, shape))}, window {size}",
            peer,
            "ms",
            [(1e3 * mine, 1e3 * theirs) for mine, theirs in found],
            less_is_better=True,
            goal=1 / allowed,
            facts={"precision": "float32", "xla": False},
        )


def measure(repetitions):
    for name, peer, shape, size, allowed, found in compared(repetitions):
        ratios = [mine / theirs for mine, theirs in found]
        yield {
            "layer": name,
            "peer": peer,
            "shape": list(shape),
            "window": size,
            "milliseconds": 1e3 * statistics.median(mine for mine, _ in found),
            "ratio": statistics.median(ratios),
            "ratio_range": [min(ratios), max(ratios)],
            "allowed": allowed,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = list(measure(arguments.repetitions))
    if arguments.json:
        print(json.dumps(results))
        return
    print(f"{'layer':21}{'peer':16}{'shape':20}window      ms  ratio (range), goal")
    for r in results:
        low, high = r["ratio_range"]
        print(
            f"{r['layer']:21}{r['peer']:16}{'×'.join(map(str, r['shape'])):20}"
            f"{r['window']:6}{r['milliseconds']:8.1f}  {r['ratio']:.2f} "
            f"({low:.2f} to {high:.2f}), {r['allowed']}"
        )


if __name__ == "__main__":
    main()
