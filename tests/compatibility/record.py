"""Records the numbers, signatures and batches of short trainings of each family.

    python -m tests.compatibility.record OUT.json [PART OF A NAME]

records all cases, or those whose names contain the part. Two recordings on one machine,
before and after a change that keeps behaviour, are equal bit for bit. `test_recorded`
compares with a recording from another machine, and allows for rounding. This module
uses only public names, because internal modules move.
"""

import contextlib
import csv
import dataclasses
import hashlib
import json
import pathlib
import sys
import tempfile
from collections.abc import Callable
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

import recipes
import zoo
from recipes import augmentation

SEED = 7
NUM_EXAMPLES = 90
NUM_BATCHES = 3


def labels() -> np.ndarray:
    """Return labels of 50, 30 and 10 examples of three classes, shuffled."""
    counts = np.repeat([0, 1, 2], [50, 30, 10])
    return np.random.default_rng(0).permutation(counts)


def drawn(*shape: int, start: int = -256, stop: int = 257) -> np.ndarray:
    """Return integers, equal on every machine; the class shifts their mean."""
    values = np.random.default_rng(1).integers(start, stop, (NUM_EXAMPLES, *shape))
    shift = labels() * ((stop - start) // 8)
    return values // 2 + shift.reshape(-1, *[1] * len(shape))


def table() -> recipes.Dataset:
    return recipes.from_arrays(drawn(4) / 256, labels(), name="table")


def images() -> recipes.Dataset:
    pixels = drawn(12, 12, 3, start=0, stop=256).astype("uint8")
    return recipes.from_arrays(pixels, labels(), name="images")


def drawings() -> recipes.Dataset:
    pixels = drawn(28, 28, start=0, stop=256).astype("uint8")
    return recipes.from_arrays(pixels, labels(), name="drawings")


def texts() -> recipes.Dataset:
    words = np.array(["good film", "bad", "plot", "not", "a long story", "the end"])
    texts = [" ".join(row) for row in words[drawn(7, start=0, stop=6)]]
    return recipes.from_arrays(texts, labels(), name="texts")


def sequences() -> recipes.Dataset:
    steps = 4 + np.arange(NUM_EXAMPLES) % 5
    arrays = (drawn(8, 3) / 256).astype("float32")
    ragged = [array[:n] for array, n in zip(arrays, steps, strict=True)]
    return recipes.from_arrays(ragged, labels(), sequences=True, name="sequences")


def waveforms() -> recipes.Dataset:
    clips = (drawn(400) / 512).astype("float32")
    return recipes.from_arrays(clips, labels(), sample_rate=2000, name="waveforms")


def turned(inputs, labels, seed):
    """A user's own augmentation: it changes the sign of some sequences."""
    shape = tf.stack([tf.shape(inputs)[0], 1, 1])
    is_turned = tf.random.stateless_uniform(shape, seed) < 0.3
    return tf.where(is_turned, -inputs, inputs), labels


@dataclasses.dataclass(frozen=True)
class Case:
    """A training to record.

    Attributes:
        model: Name of the family.
        data: Function that returns the data set.
        model_arguments: Constructor arguments that keep the model small.
        augment: As `recipes.fit` takes it.
        rebalance: As `recipes.fit` takes it.
        options: Other arguments of `recipes.fit`.
        has_exact_batches: Whether the batches have the same bytes on every machine,
            because nothing in them is computed in floating point.
    """

    model: str
    data: Callable[[], recipes.Dataset]
    model_arguments: dict
    augment: str | Callable | None = None
    rebalance: str | None = None
    options: dict = dataclasses.field(default_factory=dict)
    has_exact_batches: bool = True

    @property
    def is_plain(self) -> bool:
        return self.augment is None and self.rebalance is None


SMALL_CNN = {"widths": [4, 6], "depth": 1}
SMALL_LSTM = {"units": [5], "cell": "lstm", "bidirectional": True}
SMALL_GRU = {"units": [5], "bidirectional": True, "pooling": "max"}
SMALL_TEXT = {**SMALL_GRU, "embedding_units": 6, "dropout": 0.3}
SMALL_GAME = {"width": 2, "latent_dim": 5, "seed": 3}
CASES = {
    "perceptron": Case("perceptron", table, {"kernel_regularizer": "l2"}),
    "perceptron, rebalanced": Case("perceptron", table, {}, rebalance="undersample"),
    "mlp": Case("mlp", lambda: recipes.load("digits"), {"hidden_units": [16]}),
    "mlp, augmented": Case(
        "mlp",
        lambda: recipes.load("digits"),
        {"hidden_units": [16, 16], "residual": True, "dropout": 0.2},
        augment="auto",
        options={"learning_rate": 0.01, "precision": "mixed_bfloat16"},
        has_exact_batches=False,
    ),
    "mlp, table, augmented, rebalanced": Case(
        "mlp",
        table,
        {"hidden_units": [8]},
        augment="light",
        rebalance="smote",
        options={"clip_norm": 0.5},
        has_exact_batches=False,
    ),
    "cnn": Case("cnn", images, SMALL_CNN),
    "cnn, augmented, rebalanced": Case(
        "cnn",
        images,
        {"widths": [4], "depth": 2, "pooling": "average", "residual": True},
        augment="photos",
        rebalance="oversample",
        options={"accumulation_steps": 2, "learning_rate": 0.01},
    ),
    "recurrent, text": Case("recurrent", texts, SMALL_TEXT),
    "recurrent, text, augmented, rebalanced": Case(
        "recurrent", texts, SMALL_TEXT, augment="strong", rebalance="class_weights"
    ),
    "recurrent, sequences": Case("recurrent", sequences, SMALL_LSTM),
    "recurrent, sequences, augmented, rebalanced": Case(
        "recurrent", sequences, SMALL_GRU, augment=turned, rebalance="balanced"
    ),
    "recurrent, waveforms": Case("recurrent", waveforms, SMALL_GRU),
    "recurrent, waveforms, augmented, rebalanced": Case(
        "recurrent",
        waveforms,
        SMALL_LSTM,
        augment="strong",
        rebalance="undersample",
        has_exact_batches=False,
    ),
    "dcgan": Case("dcgan", drawings, SMALL_GAME),
    "dcgan, augmented": Case(
        "dcgan", drawings, SMALL_GAME, augment="light", has_exact_batches=False
    ),
}


def record(case: Case, **options) -> dict:
    """Train for two epochs, and return numbers, signatures and batches.

    Args:
        case: What to train.
        **options: Arguments of `recipes.fit` to change.
    """
    keras.backend.clear_session()
    dataset = case.data()
    batch_size = 128 if len(dataset.train) > 1000 else 16
    options = {"batch_size": batch_size, "epochs": 2, **case.options, **options}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        run = pathlib.Path(folder, "run")
        if not case.is_plain:
            stack.enter_context(without_export())
        train = with_keras if case.model == "perceptron" else with_recipe
        model = train(case, dataset, run, options)
        recorded = {
            "metrics": metrics_in(run / "metrics.csv"),
            "weights": weights_of(model),
            "optimizer": optimizer_in(run / "model.keras"),
            "batches": batches_of(case, dataset, batch_size),
        }
        if case.is_plain:
            recorded["signatures"] = signatures_of(run / "saved_model" / "1")
    return recorded


@contextlib.contextmanager
def without_export():
    """Leave out exports, which take three seconds each, while the block runs.

    Any module of the recipes may have imported `zoo.export`.
    """
    assert recipes.fit  # loads the modules
    names = [name for name in sys.modules if name.startswith("recipes.")]
    with contextlib.ExitStack() as stack:
        for name in names:
            if vars(sys.modules[name]).get("export") is zoo.export:
                stack.enter_context(mock.patch(f"{name}.export"))
        yield


def with_recipe(case, dataset, run, options) -> keras.Model:
    return recipes.fit(
        case.model,
        dataset,
        out=run,
        seed=SEED,
        augment=case.augment,
        rebalance=case.rebalance,
        model_arguments=case.model_arguments,
        progress=False,
        **options,
    ).model


def with_keras(case, dataset, run, options) -> keras.Model:
    """Train a perceptron by Keras's `fit`, with a loss that suits its signs."""
    from custom.losses import HalfSumSquaredError
    from custom.optimizers import GradientDescent

    keras.utils.set_random_seed(SEED)
    part = dataclasses.replace(dataset.train, labels=dataset.train.labels.clip(max=1))
    model = zoo.create(case.model, input_shape=(4,), **case.model_arguments)
    model.adapt(part.inputs)
    model.compile(GradientDescent(0.02), HalfSumSquaredError())
    batches = recipes.training_batches(
        part,
        batch_size=options["batch_size"],
        seed=SEED,
        rebalance=case.rebalance,
    )
    signed = batches.map(lambda x, y: (x, 2 * tf.cast(y, "float32")[:, None] - 1))
    history = model.fit(
        signed,
        steps_per_epoch=4,
        epochs=options["epochs"],
        shuffle=False,
        verbose=0,
    ).history
    run.mkdir()
    with (run / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerows([history, *zip(*history.values(), strict=True)])
    model.save(run / "model.keras")
    if case.is_plain:
        zoo.export(model, run / "saved_model")
    return model


def metrics_in(file: pathlib.Path) -> list[dict[str, float]]:
    """Return the rows of a metrics file, without times."""
    with file.open(newline="", encoding="utf-8") as rows:
        return [
            {name: float(value) for name, value in row.items() if name != "seconds"}
            for row in csv.DictReader(rows)
        ]


def weights_of(model) -> dict[str, dict]:
    return {
        f"{number:02} {weight.path.rpartition('/')[2]}": summary(weight.numpy())
        for number, weight in enumerate(model.weights)
    }


def optimizer_in(file: pathlib.Path) -> dict:
    """Return the steps and the state of the optimizers in a file."""
    model = keras.saving.load_model(file)
    names = ("optimizer", "generator_optimizer", "discriminator_optimizer")
    optimizers = [getattr(model, name, None) for name in names]
    optimizers = [optimizer for optimizer in optimizers if optimizer is not None]
    state = [v.numpy().tobytes() for each in optimizers for v in each.variables]
    return {
        "iterations": [int(optimizer.iterations) for optimizer in optimizers],
        "digest": digest(b"".join(state)),
    }


def summary(array: np.ndarray) -> dict:
    """Return the shape and digest of an array, or its shape, norm and a projection.

    Unlike a mean, a projection on a fixed direction changes if two rows are swapped.
    """
    if array.dtype == object:
        return {"shape": [*array.shape], "digest": digest(b"\n".join(array.tolist()))}
    values = np.asarray(array, "float64").ravel()
    direction = np.random.default_rng(0).integers(-9, 10, values.size) / 9
    return {
        "shape": [*array.shape],
        "digest": digest(array.tobytes()),
        "norm": float(f"{np.linalg.norm(values):.9g}"),
        "projection": float(f"{values @ direction:.9g}"),
    }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def signatures_of(folder: pathlib.Path) -> dict[str, dict]:
    """Return names, types and shapes of the inputs and outputs of an export."""
    found = {}
    for name, signature in tf.saved_model.load(str(folder)).signatures.items():
        taken, given = signature.structured_input_signature[1], signature.output_shapes
        found[name] = {
            "inputs": {
                key: [spec.dtype.name, str(spec.shape)]
                for key, spec in sorted(taken.items())
            },
            "outputs": {
                key: [signature.output_dtypes[key].name, str(shape)]
                for key, shape in sorted(given.items())
            },
        }
    return dict(sorted(found.items()))


def batches_of(case, dataset, batch_size) -> list[dict]:
    """Return the first batches of training; inputs may be strings."""
    batches = recipes.training_batches(
        dataset.train,
        batch_size=batch_size,
        seed=SEED,
        augment=augmentation.choose(case.augment, dataset),
        rebalance=case.rebalance,
    )
    names = ("inputs", "labels", "weights")
    return [
        {
            name: summary(tensor.numpy())
            for name, tensor in zip(names, batch, strict=False)
        }
        for batch in batches.take(NUM_BATCHES)
    ]


def main(out: str, part: str = "") -> None:
    """Write the records of every case whose name contains `part`."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(record(case))}"
        for name, case in CASES.items()
        if part in name
    ]
    pathlib.Path(out).write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
