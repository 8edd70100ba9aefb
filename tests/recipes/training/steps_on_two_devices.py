"""A script that trains on padded sequences on one device and on two.

The sequences have labels at each step, or are pairs of texts. It prints as JSON the
largest relative difference of the weights, and the metrics.
"""

import json
import pathlib
import sys

import numpy as np


def labelled_steps():
    from tests.recipes.sources.step_sequences import sentences

    tokens, labels = zip(*sentences(45), strict=True)
    return ([*tokens], [*labels]), {"rebalance": "class_weights"}


def pairs_of_texts():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice([*"abc"], rng.integers(1, 9))) for _ in range(45)]
    return (texts, [text[::-1] for text in texts]), {"task": "translation"}


CASES = {"labels at each step": labelled_steps, "pairs of texts": pairs_of_texts}


def main(folder, case):
    import tensorflow as tf

    import recipes
    from tests.light_runs import EXPORTS, PICTURES, leave_out

    leave_out(PICTURES, EXPORTS)
    (cpu,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)
    data, options = CASES[case]()
    found = {}
    for strategy in ("cpu", "mirrored"):
        run = recipes.fit(
            "recurrent",
            data,
            out=folder / strategy,
            strategy=strategy,
            model_arguments={"units": [6], "embedding_units": 6, "dropout": 0.0},
            epochs=1,
            batch_size=7,  # 32 for training: parts differ, the last batch has 4
            progress=False,
            **options,
        )
        weights = np.concatenate([w.ravel() for w in run.model.get_weights()])
        rows = [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics]
        found[strategy] = weights, rows
    (one, rows), (two, others) = found.values()
    difference = float(abs(one - two).max() / abs(one).max())
    print(json.dumps({"difference": difference, "metrics": [rows, others]}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
