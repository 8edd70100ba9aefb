"""Steps in blocks and fused updates: faster, and nothing else."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes import blocks
from recipes.kernels import KERNELS, fused_updates
from recipes.pipeline import training_batches
from tests.recipes.test_resuming import assert_same, texts
from zoo.keras_file import load_keras_file

RUNS = {  # model, data, arguments
    "dropout and augmentation": ("mlp", "digits", {"augment": "digits"}),
    "batch normalisation": ("cnn", "digits", {"model_arguments": {"widths": [4]}}),
    "averaged weights, clipping": (
        "recurrent",
        texts,
        {"model_arguments": {"units": [4]}, "batch_size": 16},
    ),
}


@pytest.mark.parametrize("model, data, arguments", RUNS.values(), ids=RUNS)
def test_grouping_changes_no_bit(
    tmp_path, monkeypatch, no_export, model, data, arguments
):
    def fit(name, seconds):
        monkeypatch.setattr("recipes.blocks.SECONDS", seconds)
        dataset = recipes.load(data) if isinstance(data, str) else data()
        recipes.fit(
            model, dataset, out=tmp_path / name, epochs=2, progress=False, **arguments
        )

    fit("one at a time", 0)
    fit("as many as there are", 1_000)
    assert_same(tmp_path / "one at a time", tmp_path / "as many as there are")


def dense(optimizer, **compiling):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.compile(optimizer, "mse", **compiling)
    return network


class Loop:
    """A block over 20 batches of ones; after the first `good`, of infinities."""

    def __init__(self, good=20, **options):
        self.model = dense("sgd")
        self.block = blocks.Block(self.model.train_step, False, **options)
        values = [1.0] * good + [np.inf] * (20 - good)
        inputs = np.ones((20, 1, 3), "float32") * np.reshape(values, (20, 1, 1))
        targets = np.ones((20, 1, 2), "float32")
        self.batches = iter(tf.data.Dataset.from_tensor_slices((inputs, targets)))

    def steps(self, most):
        """Puts steps off until a block is done; how many it took."""
        for count in itertools.count(1):
            self.block.begin(most - count + 1)
            logs = self.block(self.batches)
            if not self.block.waiting:
                return count, {name: float(value) for name, value in logs.items()}


def test_a_block_grows_to_what_a_moment_has_room_for(monkeypatch):
    monkeypatch.setattr("recipes.blocks.SECONDS", 10.0)
    loop = Loop(clock=itertools.count().__next__)  # Any block takes a second.
    assert [loop.steps(most)[0] for most in (20, 20, 20, 3)] == [1, 1, 8, 3]
    assert loop.model.optimizer.iterations == 13


def test_a_slow_step_is_a_block(monkeypatch):
    loop = Loop(clock=itertools.count().__next__)
    assert [loop.steps(20)[0] for _ in range(4)] == [1, 1, 1, 1]


def test_a_block_ends_at_a_loss_that_is_not_finite(monkeypatch):
    monkeypatch.setattr("recipes.blocks.SECONDS", 1_000)
    loop = Loop(good=6)
    assert [loop.steps(20)[0] for _ in range(2)] == [1, 1]
    count, logs = loop.steps(8)
    assert (count, loop.block.unused) == (8, 3)
    assert not np.isfinite(logs["loss"])
    assert loop.model.optimizer.iterations == 7  # 2, 4 good ones, and the bad one


def test_callbacks_hear_of_the_ends_that_there_are(monkeypatch):
    monkeypatch.setattr("recipes.blocks.SECONDS", 1_000)
    model = dense("sgd", metrics=["mae"])
    heard = []
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: heard.append(
            (batch, int(model.optimizer.iterations), [*logs])
        )
    )
    part = recipes.dataset.Part(np.ones((40, 3), "float32"), np.ones((40, 2)))
    validation = recipes.ordered_batches(part, batch_size=8)
    with blocks.in_blocks(
        model,
        [listener],
        epochs=2,
        steps_per_epoch=10,
        validation=validation,
        checkpoint_steps=4,
    ) as callbacks:
        history = model.fit(
            training_batches(part, batch_size=4),
            epochs=2,
            steps_per_epoch=10,
            validation_data=validation,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
    steps = [step for _, step, _ in heard]
    assert steps == [1, 2, 4, 8, 10, 12, 16, 20]
    assert [batch + 1 for batch, _, _ in heard] == [1, 2, 4, 8, 10, 2, 6, 10]
    assert heard[-1][2] == ["loss", "mae"]
    assert sorted(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    expected = model.evaluate(validation, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(expected[0], rel=1e-6)


def test_afterwards_the_model_is_plain_keras(tmp_path, no_export):
    data = recipes.load("digits")
    run = recipes.fit("mlp", data, out=tmp_path / "run", epochs=1, progress=False)
    assert "update_step" not in vars(run.model.optimizer)
    history = run.model.fit(data.train.inputs, data.train.labels, verbose=0)
    assert history.history["accuracy"][0] > 0.8
    kept = load_keras_file(run.folder.model, compiled=True)
    assert type(kept.optimizer) is keras.optimizers.Adam


def test_a_model_that_runs_eagerly_goes_step_by_step():
    model = dense("sgd", run_eagerly=True)
    with blocks.in_blocks(
        model, ["callback"], epochs=1, steps_per_epoch=1, validation=None
    ) as callbacks:
        assert callbacks == ["callback"]
        assert model.train_function is None


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.9)
OPTIMIZERS = {  # name: (optimizer, whether a kernel takes it)
    "Adam": (lambda: keras.optimizers.Adam(SCHEDULE), True),
    "AdamW, averaged": (
        lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1, use_ema=True),
        True,
    ),
    "Adam, clipped": (lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.1), True),
    "Adam in steps of two": (
        lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
        True,
    ),
    "SGD": (lambda: keras.optimizers.SGD(0.1), True),
    "momentum": (lambda: keras.optimizers.SGD(0.1, momentum=0.9), True),
    "Nesterov": (
        lambda: keras.optimizers.SGD(
            SCHEDULE, momentum=0.9, nesterov=True, weight_decay=0.1
        ),
        True,
    ),
    "AMSGrad": (lambda: keras.optimizers.Adam(amsgrad=True), False),
    "Lion": (keras.optimizers.Lion, False),
    "scaled loss": (
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
        True,
    ),
}


def test_every_kernel_is_tried():
    made = [make() for make, fused in OPTIMIZERS.values() if fused]
    assert {type(optimizer) for optimizer in made} >= set(KERNELS)


@pytest.mark.parametrize("make, fused", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_kernel_does_what_keras_does(make, fused):
    def trained(optimizer):
        rng = np.random.default_rng(0)
        weights = [
            keras.Variable(rng.normal(size=(5, 4)).astype("float32")),
            keras.Variable(rng.normal(size=(6, 4)).astype("float32")),
        ]
        optimizer.build(weights)

        @functools.partial(tf.function, autograph=False)
        def step(dense, rows):
            gradients = [dense, tf.IndexedSlices(rows, [1, 4, 1], (6, 4))]
            optimizer.apply(gradients, weights)

        for _ in range(6):
            gradients = [rng.normal(size=(n, 4)).astype("float32") for n in (5, 3)]
            step(*map(tf.constant, gradients))
        return step, [v.numpy() for v in (*weights, *optimizer.variables)]

    _, expected = trained(make())
    optimizer = make()
    with fused_updates(optimizer):
        step, values = trained(optimizer)
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=2e-5, atol=2e-6)
    graph = step.get_concrete_function(tf.zeros((5, 4)), tf.zeros((3, 4))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    for function in graph.as_graph_def().library.function:  # behind conditions
        kinds |= {node.op for node in function.node_def}
    assert any(kind.startswith("ResourceApply") for kind in kinds) == fused


def test_float16_weights_keep_the_update_of_keras():
    weight = keras.Variable(np.ones(3), dtype="bfloat16")
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build([weight])
    with fused_updates(optimizer):
        optimizer.apply([tf.ones(3, "bfloat16")])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), 0.5)
