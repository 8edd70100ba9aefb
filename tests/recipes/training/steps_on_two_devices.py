"""A script that trains on sequences with labels at each step on one device and on two.

It prints as JSON the largest relative difference of the weights, and the metrics.
"""

import json
import pathlib
import sys

import numpy as np


def main(folder):
    import tensorflow as tf

    import recipes
    from recipes.training.tasks.sequence_labelling import SequenceLabelling
    from tests.recipes.sources.step_sequences import sentences

    SequenceLabelling.report = lambda *_: None
    (cpu,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)
    tokens, labels = zip(*sentences(45), strict=True)
    found = {}
    for strategy in ("cpu", "mirrored"):
        run = recipes.fit(
            "recurrent",
            ([*tokens], [*labels]),
            out=folder / strategy,
            strategy=strategy,
            model_arguments={"units": [6], "embedding_units": 6, "dropout": 0.0},
            epochs=2,
            batch_size=7,  # 32 for training: parts differ, the last batch has 4
            rebalance="class_weights",
            progress=False,
        )
        weights = np.concatenate([w.ravel() for w in run.model.get_weights()])
        rows = [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics]
        found[strategy] = weights, rows
    (one, rows), (two, others) = found.values()
    difference = float(abs(one - two).max() / abs(one).max())
    print(json.dumps({"difference": difference, "metrics": [rows, others]}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
