"""`recipes.fit` compared with Keras's `fit` and PyTorch on the same model and data.

    python -m benchmarks --only fit

Every side trains the zoo's architecture with the optimizer and schedule of the recipe,
on real digits scaled to the shapes of MNIST and CIFAR-10 or read row by row, and
validates after each epoch. The result is the number of examples per second of all
epochs except the first, which traces and compiles. It includes validation and, for
ours, the metrics file, the checkpoints and the best model that `recipes.fit` writes.
The benchmark checks that all sides learn the same: number of parameters, loss, and
validation accuracy after the same steps.
"""

import math
import tempfile
import time
from unittest import mock

import numpy as np

from benchmarks.comparison import alternated, pairs, row, threads

# name: (model, shape of an example, training examples, batch size)
CASES = {
    "MLP, MNIST": ("mlp", (28, 28, 1), 32_768, 128),
    "CNN, MNIST": ("cnn", (28, 28, 1), 2_560, 64),
    "CNN, CIFAR-10": ("cnn", (32, 32, 3), 2_560, 64),
    "LSTM, rows": ("lstm", (28, 28), 3_840, 64),
    "GRU, rows": ("gru", (28, 28), 3_840, 64),
}
VALIDATION = 512
EPOCHS = 4
GOALS = {  # smallest ratio to reach, by peer
    "keras": dict.fromkeys(CASES, 1.3),
    "pytorch": {
        "MLP, MNIST": 1.0,
        "CNN, MNIST": 1.8,
        "CNN, CIFAR-10": 1.8,
        "LSTM, rows": 0.8,
        "GRU, rows": 0.8,
    },
}
PEERS = {"keras": "Keras fit", "pytorch": "PyTorch", "compiled": "PyTorch compiled"}
# Each side draws its own weights and dropout, so early accuracies differ this much.
TOLERANCE = 0.1


def examples(shape, number):
    """The 8×8 digits in another shape, as `(inputs, labels)`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    order = np.resize(order, number)
    scale = shape[0] // 8
    pixels = np.kron(digits.images[order] / 16, np.ones((1, scale, scale)))
    edge = (shape[0] - 8 * scale) // 2
    pixels = np.pad(pixels, ((0, 0), (edge, edge), (edge, edge)))
    if len(shape) == 2:
        return pixels.astype("float32"), digits.target[order]
    pixels = np.repeat(pixels[..., np.newaxis] * 255, shape[-1], axis=-1)
    return pixels.astype("uint8"), digits.target[order]


def data_of(case, share):
    """The training and validation parts."""
    _, shape, number, batch_size = CASES[case]
    number = max(4, int(number * share) // batch_size) * batch_size
    inputs, labels = examples(shape, number + VALIDATION)
    return (inputs[:number], labels[:number]), (inputs[number:], labels[number:])


def built(name, shape):
    """The model of the zoo, not compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(0)
    if name in ("lstm", "gru"):
        # Rows have no padding, and PyTorch has no dropout around a single layer.
        return zoo.RecurrentNetwork(
            shape, 10, cell=name, units=(128,), mask_padding=False, dropout=0.0
        )
    return zoo.create(name, input_shape=shape, num_classes=10)


def settings_of(case, number, epochs):
    from recipes.training.settings import settings_for
    from zoo.kinds import kind_of_input

    name, shape, _, batch_size = CASES[case]
    name = "recurrent" if name in ("lstm", "gru") else name
    kind = kind_of_input(shape, "float32")
    return settings_for(name, number, kind=kind, epochs=epochs, batch_size=batch_size)


def count_weights(model):
    """Trainable weights only: PyTorch does not count normalisation statistics."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def result(rate, loss, accuracy, parameters, **facts):
    return {
        "examples_per_second": rate,
        "loss": float(loss),
        "accuracy": float(accuracy),
        "parameters": parameters,
        **facts,
    }


def ours(case, share, epochs):
    """A side that runs `recipes.fit`."""
    import recipes
    from benchmarks.limits import training_operations
    from recipes.data.dataset import Dataset, Part

    name, shape, _, batch_size = CASES[case]
    train, validation = data_of(case, share)
    kind = "table" if len(shape) == 2 else "images"
    classes = tuple("0123456789")
    parts = Part(*train), Part(*validation), Part(*validation)
    dataset = Dataset(case, kind, *parts, classes)

    def measure():
        # The export after training takes seconds and is not measured.
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch("recipes.training.tasks.supervised.export"),
        ):
            run = recipes.fit(
                built(name, shape),
                dataset,
                out=f"{folder}/run",
                epochs=epochs,
                batch_size=batch_size,
                progress=False,
            )
        first, last = run.metrics[0], run.metrics[-1]
        spent = last["seconds"] - first["seconds"]
        return result(
            len(train[1]) * (epochs - 1) / spent,
            last["loss"],
            last["val_accuracy"],
            count_weights(run.model),
            operations=training_operations(run.model),
            facts={
                "precision": run.model.dtype_policy.name,
                "xla": bool(run.model.jit_compile),
                "threads": threads(),
            },
        )

    return measure


def with_keras(case, share, epochs):
    """A side that runs Keras's `fit` on the same model with the same optimizer."""
    import keras

    from recipes.training.components import make_optimizer

    name, shape, _, batch_size = CASES[case]
    train, validation = data_of(case, share)
    settings = settings_of(case, len(train[1]), epochs)

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.times = [*getattr(self, "times", []), time.perf_counter()]

    def measure():
        model = built(name, shape)
        model.compile(
            make_optimizer(settings, len(train[1]) // batch_size),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        clock = Clock()
        history = model.fit(
            *train,
            batch_size,
            epochs=epochs,
            validation_data=validation,
            callbacks=[clock],
            verbose=0,
        ).history
        return result(
            len(train[1]) * (epochs - 1) / (clock.times[-1] - clock.times[0]),
            history["loss"][-1],
            history["val_accuracy"][-1],
            count_weights(model),
            facts={"xla": bool(model.jit_compile)},
        )

    return measure


def with_pytorch(case, share, epochs, compiles=False):
    """A side that runs PyTorch: tensors in memory, fused optimizer, channels last."""
    import torch

    from benchmarks import peers

    name, shape, _, batch_size = CASES[case]
    torch.set_num_threads(threads())
    train, validation = data_of(case, share)
    settings = settings_of(case, len(train[1]), epochs)
    inputs, labels = map(torch.from_numpy, train)
    held_out = peers.as_inputs(validation[0], name)
    criterion = torch.nn.CrossEntropyLoss()
    module = peers.network(name, shape)
    network = torch.compile(module) if compiles else module

    def epoch(optimizer, schedule):
        network.train()
        losses = []
        for chosen in torch.randperm(len(labels)).split(batch_size):
            batch = peers.as_inputs(inputs[chosen].numpy(), name)
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(network(batch), labels[chosen])
            loss.backward()
            if settings.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(module.parameters(), settings.clip_norm)
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        network.eval()
        with torch.no_grad():
            answers = [network(batch).argmax(1) for batch in held_out.split(batch_size)]
        right = torch.cat(answers).numpy() == validation[1]
        return float(torch.stack(losses).mean()), right.mean()

    def measure():
        torch.manual_seed(0)
        for layer in module.modules():  # Compile each module once.
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        training = peers.optimizer(name, module, settings, len(labels) // batch_size)
        epoch(*training)
        start = time.perf_counter()
        for _ in range(epochs - 1):
            loss, accuracy = epoch(*training)
        rate = len(labels) * (epochs - 1) / (time.perf_counter() - start)
        return result(rate, loss, accuracy, peers.count_parameters(module))

    return measure


def check_same_work(case, turn):
    """Checks for equal parameters and similar accuracy after the same steps."""
    mine = turn["ours"]
    for name, side in turn.items():
        assert side["parameters"] == mine["parameters"], (case, name)
        assert abs(side["accuracy"] - mine["accuracy"]) <= TOLERANCE, (case, turn)


def rows(quick=False, machine=None, only=None):
    """One row per model and peer, with compiled PyTorch where it works."""
    share, epochs, repetitions = (0.1, 2, 1) if quick else (1, EPOCHS, 5)
    for case in only or CASES:
        sides = {
            "ours": (ours, case, share, epochs),
            "keras": (with_keras, case, share, epochs),
            "pytorch": (with_pytorch, case, share, epochs),
        }
        if not quick:
            sides["compiled"] = (with_pytorch, case, share, epochs, True)
        turns = alternated(sides, repetitions, optional=("compiled",))
        if not quick:
            check_same_work(case, turns[-1])
        for peer in turns[-1]:
            if peer != "ours":
                yield _row(case, peer, turns, machine)


def _row(case, peer, turns, machine):
    found = pairs(turns, "ours", peer, "examples_per_second")
    last = turns[-1]
    limit = None
    if machine is not None:
        rate = np.median([mine for mine, _ in found])
        limit = float(rate * last["ours"]["operations"] / machine["operations"])
    return row(
        "fit",
        case,
        PEERS[peer],
        "examples/s",
        found,
        goal=GOALS.get(peer, {}).get(case),
        limit=limit,
        memory=(last["ours"]["memory"], last[peer]["memory"]),
        facts={
            **last["ours"]["facts"],
            "loss": (last["ours"]["loss"], last[peer]["loss"]),
            "accuracy": (last["ours"]["accuracy"], last[peer]["accuracy"]),
        },
    )
