r"""The cost of several workers: a model of the communication in a step.

    python -m benchmarks.scaling [--batch-size 64] [--workers 8 16 64 256]
                                 [--step NAME=MILLISECONDS ...] [--json]

In every step, each of $N$ workers computes on its own $b$ examples in $t$ seconds. Then
the gradients of $S$ bytes are summed over a ring, with $m - 1$ small messages (five per
batch normalisation, one per metric). On a link with $\beta$ bytes per second and
$\alpha$ seconds of latency, this takes

$$c = \frac{2 (N - 1)}{N} \frac{S}{\beta} + m \, (2 (N - 1) \, \alpha + o)$$

where $o$ is the time that TensorFlow itself needs per message, measured here between
two processes. Communication does not overlap with the computation of the gradients, so
the efficiency, relative to $N$ times the rate of one worker, is at least

$$e = \frac{t}{t + c}$$

$t$, $S$, $m$ and $o$ are measured on this machine; bandwidths and latencies are the
nominal ones of each network. Use `--step` to give other step times, such as a GPU's.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.comparison import seconds
from recipes.training.strategies.cluster import Cluster
from recipes.training.strategies.launching import free_ports

MEASURES = 2  # loss and accuracy
PER_NORMALIZATION = 5  # messages: three forward, two backward


@dataclasses.dataclass(frozen=True)
class Network:
    """A link between two workers.

    Attributes:
        name: Common name of the network.
        gigabits: Gigabits per second in one direction.
        microseconds: Latency between two workers.
    """

    name: str
    gigabits: float
    microseconds: float

    def seconds(self, load: "Load", workers: int, overhead: float) -> float:
        """Seconds of communication in a step."""
        hops = 2 * (workers - 1)
        moved = hops / workers * load.gradient_bytes
        each = hops * self.microseconds * 1e-6 + overhead
        return moved / (self.gigabits * 1e9 / 8) + load.messages * each


NETWORKS = (
    Network("10 Gb/s Ethernet", 10, 30),
    Network("25 Gb/s Ethernet", 25, 20),
    Network("100 Gb/s Ethernet", 100, 5),
    Network("InfiniBand HDR", 200, 1.5),
    Network("NVLink 4", 3600, 1),
)


@dataclasses.dataclass(frozen=True)
class Load:
    """A step of one worker.

    Attributes:
        name: The model.
        seconds: Seconds per step without communication.
        gradient_bytes: Bytes of the gradients in float32.
        messages: Number of sums over the workers.
        example_bytes: Bytes of one example from the pipeline.
        batch_size: Examples per worker.
    """

    name: str
    seconds: float
    gradient_bytes: int
    messages: int
    example_bytes: int
    batch_size: int

    def efficiency(self, network: Network, workers: int, overhead: float) -> float:
        """Rate of all workers, relative to `workers` times the rate of one.

        >>> load = Load("mlp", 0.01, 10**6, 3, 64, 32)
        >>> fast, slow = Network("fast", 100, 1), Network("slow", 1, 1)
        >>> load.efficiency(fast, 8, 0.0) > load.efficiency(slow, 8, 0.0)
        True
        """
        return self.seconds / (self.seconds + network.seconds(self, workers, overhead))

    def input_rate(self, workers: int, efficiency: float) -> float:
        """Examples per second of all workers together."""
        return workers * self.batch_size / self.seconds * efficiency


def models():
    """One model per family, with the shape and dtype of its batches."""
    import zoo

    yield "mlp, 28×28", zoo.MLP((28, 28, 1), 10), ((28, 28, 1), "uint8")
    yield "cnn, 32×32×3", zoo.CNN((32, 32, 3), 10), ((32, 32, 3), "uint8")
    sequences = zoo.RecurrentNetwork((100, 16), 10, units=(128,))
    yield "recurrent, GRU of 128, 100 steps", sequences, ((100, 16), "float32")


def measured(batch_size: int):
    """The load of each model on this machine."""
    for name, model, (shape, dtype) in models():
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        examples = np.random.default_rng(0).integers(0, 256, (batch_size, *shape))
        inputs = tf.constant(examples.astype(dtype))
        labels = tf.constant(np.arange(batch_size) % 10)
        model.train_on_batch(inputs, labels)  # Creates the variables.
        step = tf.function(model.train_step)

        def once(step=step, batch=(inputs, labels)):
            return {key: float(value) for key, value in step(batch).items()}

        once()
        normalizations = sum(
            isinstance(layer, keras.layers.BatchNormalization)
            for layer in model._flatten_layers()
        )
        yield Load(
            name,
            min(seconds(once) for _ in range(5)),
            4 * sum(int(np.prod(w.shape)) for w in model.trainable_weights),
            1 + PER_NORMALIZATION * normalizations + MEASURES,
            int(np.dtype(dtype).itemsize * np.prod(shape)),
            batch_size,
        )
    yield from _gan(batch_size)


def _gan(batch_size):
    import zoo

    model = zoo.DCGAN((28, 28, 1))
    model.compile()
    images = np.random.default_rng(0).integers(0, 256, (batch_size, 28, 28, 1), "uint8")
    step, batch = tf.function(model.train_step), tf.constant(images)

    def once():
        return {key: float(value) for key, value in step(batch).items()}

    once()
    players = (model.generator, model.discriminator)
    weights = [w for player in players for w in player.trainable_weights]
    yield Load(
        "dcgan, 28×28",
        min(seconds(once) for _ in range(3)),
        4 * sum(int(np.prod(w.shape)) for w in weights),
        2 + len(model.metrics),  # Each replica normalises by itself.
        28 * 28,
        batch_size,
    )


def overhead_of_a_message() -> float:
    """Seconds that TensorFlow needs to sum one number over two processes."""
    addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(2))
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scaling", "--worker"],
            env={**os.environ, "TF_CONFIG": Cluster(addresses, n, "").as_tf_config()},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for n in range(2)
    ]
    outputs = [worker.communicate()[0] for worker in workers]
    return float(outputs[0])


def _as_worker():
    """Prints the median time of a sum; many sums run in one graph."""
    from recipes.training.strategies.placement import place

    strategy, repeated = place().strategy, 50

    def of_replica():
        context = tf.distribute.get_replica_context()
        value = tf.ones(())
        for _ in range(repeated):
            value = context.all_reduce(tf.distribute.ReduceOp.MEAN, value)
        return value

    run = tf.function(lambda: strategy.run(of_replica))
    times = []
    for _ in range(21):
        start = time.perf_counter()
        strategy.experimental_local_results(run())[0].numpy()
        times.append((time.perf_counter() - start) / repeated)
    print(np.median(times))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 16, 64, 256])
    parser.add_argument("--step", nargs="+", default=[], metavar="NAME=MILLISECONDS")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        _as_worker()
        return
    given = dict(each.split("=") for each in arguments.step)
    loads = [
        dataclasses.replace(load, seconds=float(given[load.name.split(",")[0]]) / 1e3)
        if load.name.split(",")[0] in given
        else load
        for load in measured(arguments.batch_size)
    ]
    overhead = overhead_of_a_message()
    table = [
        {
            "model": load.name,
            "network": network.name,
            **{
                str(workers): load.efficiency(network, workers, overhead)
                for workers in arguments.workers
            },
        }
        for load in loads
        for network in NETWORKS
    ]
    if arguments.json:
        facts = {"loads": [dataclasses.asdict(load) for load in loads]}
        print(json.dumps({**facts, "overhead": overhead, "efficiency": table}))
        return
    _show(loads, overhead, table, arguments.workers)


def _show(loads, overhead, table, workers):
    print(f"TensorFlow's own time for a message: {overhead * 1e6:.0f} µs\n")
    print("| model | step, ms | gradients, MB | messages | examples/s of a worker |")
    print("| --- | --- | --- | --- | --- |")
    for load in loads:
        print(
            f"| {load.name} | {load.seconds * 1e3:.1f} | "
            f"{load.gradient_bytes / 1e6:.2f} | {load.messages} | "
            f"{load.batch_size / load.seconds:,.0f} |"
        )
    print(f"\n| model | network | {' | '.join(f'{n} workers' for n in workers)} |")
    print(f"| --- | --- |{' --- |' * len(workers)}")
    for row in table:
        cells = " | ".join(f"{row[str(n)]:.0%}" for n in workers)
        print(f"| {row['model']} | {row['network']} | {cells} |")


if __name__ == "__main__":
    main()
