"""A few photos of new classes: fine-tuning against training from zero.

    python -m benchmarks.fine_tuning --data-dir DIR [--preset FOLDER] [--seeds 5]

The network of `cnn_cifar10` learns five classes of CIFAR-10: airplane, automobile,
bird, cat and deer. Then it gets 20 images of each of the other five, which it has never
seen; a tenth of them is for validation. The same network learns the same images from
zero, with the defaults of `recipes.fit`. Both are scored on the 5,000 test images of
the five classes. A seed decides which images are drawn, the weights and the order.

`--preset` names the folder of a preset that this program wrote before; without one, the
preset is trained, which takes eight minutes on two cores, and kept in `--out`. Time is
that of training with the tracing of its graphs, without evaluation and export.
"""

import argparse
import json
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import recipes

KNOWN = 5  # classes that the preset has learned; the others are new
EXAMPLES = 20
NETWORK = {
    "widths": (32, 64, 128, 256),
    "residual": True,
    "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.00025}},
}


def parts(data_dir):
    """All examples for training, those for the test, and the names of the classes."""
    whole = recipes.load("cifar10", data_dir=data_dir)
    pairs = [
        (np.asarray(part.inputs[:]), np.asarray(part.labels))
        for part in (whole.train, whole.validation, whole.test)
    ]
    together = [np.concatenate(arrays) for arrays in zip(*pairs[:2], strict=True)]
    return tuple(together), pairs[2], whole.class_names


def trained_preset(train, test, names, folder):
    (x, y), (x_test, y_test) = train, test
    known, to_test = y < KNOWN, y_test < KNOWN
    run = recipes.fit(
        "cnn",
        recipes.from_arrays(
            x[known],
            y[known],
            x_test[to_test],
            y_test[to_test],
            class_names=names[:KNOWN],
        ),
        epochs=6,
        batch_size=128,
        learning_rate=0.1,
        augment="auto",
        model_arguments=NETWORK,
        out=folder / "preset-run",
    )
    print(run.evaluation.summary("test"), flush=True)
    return run.model.save_to_preset(folder / "cnn_five")


def few(train, test, names, seed):
    """A data set of a few examples of each new class."""
    (x, y), (x_test, y_test) = train, test
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(np.flatnonzero(y == label), EXAMPLES, replace=False)
        for label in range(KNOWN, len(names))
    ]
    drawn = rng.permutation(np.concatenate(chosen))
    new = y_test >= KNOWN
    return recipes.from_arrays(
        x[drawn],
        y[drawn] - KNOWN,
        x_test[new],
        y_test[new] - KNOWN,
        class_names=names[KNOWN:],
    )


class Clock(keras.callbacks.Callback):
    """Measures training, with the tracing of its graphs."""

    def on_train_begin(self, logs=None):
        self.start = time.monotonic(), time.process_time()

    def on_train_end(self, logs=None):
        wall, processor = self.start
        self.seconds = time.monotonic() - wall
        self.processor_seconds = time.process_time() - processor


def measured(data, seed, out, **arguments):
    clock = Clock()
    run = recipes.fit(
        data=data, seed=seed, out=out, progress=False, callbacks=[clock], **arguments
    )
    return {
        "accuracy": run.evaluation.accuracy,
        "epochs": len(run.metrics),
        "seconds": clock.seconds,
        "processor_seconds": clock.processor_seconds,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--preset", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path())
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    train, test, names = parts(arguments.data_dir)
    preset = arguments.preset or trained_preset(train, test, names, arguments.out)
    sides = {
        "fine-tuned": {"preset": preset},
        "its head alone": {"preset": preset, "freeze": "body", "epochs": 6},
        "from zero": {"model": "cnn", "model_arguments": NETWORK},
    }
    found = {side: [] for side in sides}
    for seed in range(arguments.seeds):
        data = few(train, test, names, seed)
        for side, chosen in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                out = pathlib.Path(folder) / "run"
                found[side].append(measured(data, seed, out, **chosen))
            if not arguments.json:
                print(seed, side, found[side][-1], flush=True)
    means = {
        side: {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
        for side, runs in found.items()
    }
    if arguments.json:
        print(json.dumps({"runs": found, "means": means}))
        return
    zero = means.pop("from zero")
    print("from zero", rounded(zero))
    for side, mean in means.items():
        gain = 100 * (mean["accuracy"] - zero["accuracy"])
        share = mean["processor_seconds"] / zero["processor_seconds"]
        print(side, rounded(mean), f"{gain:.1f} points more, {share:.2f} of the time")


def rounded(mean):
    return {key: round(value, 3) for key, value in mean.items()}


if __name__ == "__main__":
    main()
