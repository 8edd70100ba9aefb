"""Steps in blocks and fused updates give the same numbers as single steps."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.pipeline import training_batches
from recipes.training import blocks
from tests.recipes.training.test_resume import assert_same, texts
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
def test_blocks_give_the_same_numbers_as_single_steps(
    tmp_path, monkeypatch, model, data, arguments
):
    def fit(name, seconds):
        monkeypatch.setattr("recipes.training.blocks.SECONDS", seconds)
        dataset = recipes.load(data) if isinstance(data, str) else data()
        recipes.fit(
            model, dataset, out=tmp_path / name, epochs=2, progress=False, **arguments
        )

    fit("single steps", 0)
    fit("blocks", 1_000)
    assert_same(tmp_path / "single steps", tmp_path / "blocks")


def dense(optimizer, **compiling):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.compile(optimizer, "mse", **compiling)
    return network


class Loop:
    """A block over 20 batches: the first `good` hold ones, the others infinities."""

    def __init__(self, good=20, **options):
        self.model = dense("sgd")
        self.block = blocks.Block(self.model.train_step, False, **options)
        values = [1.0] * good + [np.inf] * (20 - good)
        inputs = np.ones((20, 1, 3), "float32") * np.reshape(values, (20, 1, 1))
        targets = np.ones((20, 1, 2), "float32")
        self.batches = iter(tf.data.Dataset.from_tensor_slices((inputs, targets)))

    def steps(self, most):
        """Run one block of at most `most` steps; return its length and logs."""
        for count in itertools.count(1):
            self.block.begin(most - count + 1)
            logs = self.block(self.batches)
            if not self.block.waiting:
                return count, {name: float(value) for name, value in logs.items()}


def test_a_block_grows_until_it_takes_the_time_allowed(monkeypatch):
    monkeypatch.setattr("recipes.training.blocks.SECONDS", 10.0)
    loop = Loop(clock=itertools.count().__next__)  # every block takes a second
    assert [loop.steps(most)[0] for most in (20, 20, 20, 3)] == [1, 1, 8, 3]
    assert loop.model.optimizer.iterations == 13


def test_a_slow_step_is_a_block_of_its_own(monkeypatch):
    loop = Loop(clock=itertools.count().__next__)
    assert [loop.steps(20)[0] for _ in range(4)] == [1, 1, 1, 1]


def test_a_block_ends_at_a_loss_that_is_not_finite(monkeypatch):
    monkeypatch.setattr("recipes.training.blocks.SECONDS", 1_000)
    loop = Loop(good=6)
    assert [loop.steps(20)[0] for _ in range(2)] == [1, 1]
    count, logs = loop.steps(8)
    assert (count, loop.block.unused) == (8, 3)
    assert not np.isfinite(logs["loss"])
    assert (
        loop.model.optimizer.iterations == 7
    )  # 2 single steps, 4 good ones of the block, and the bad one


def test_callbacks_are_called_at_the_end_of_each_block(monkeypatch):
    monkeypatch.setattr("recipes.training.blocks.SECONDS", 1_000)
    model = dense("sgd", metrics=["mae"])
    calls = []
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: calls.append(
            (batch, int(model.optimizer.iterations), [*logs])
        )
    )
    part = recipes.data.dataset.Part(np.ones((40, 3), "float32"), np.ones((40, 2)))
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
    steps = [step for _, step, _ in calls]
    assert steps == [1, 2, 4, 8, 10, 12, 16, 20]
    assert [batch + 1 for batch, _, _ in calls] == [1, 2, 4, 8, 10, 2, 6, 10]
    assert calls[-1][2] == ["loss", "mae"]
    assert sorted(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    expected = model.evaluate(validation, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(expected[0], rel=1e-6)


def test_the_model_of_a_finished_run_is_plain_keras(tmp_path):
    data = recipes.load("digits")
    run = recipes.fit("mlp", data, out=tmp_path / "run", epochs=1, progress=False)
    assert "update_step" not in vars(run.model.optimizer)
    history = run.model.fit(data.train.inputs, data.train.labels, verbose=0)
    assert history.history["accuracy"][0] > 0.8
    kept = load_keras_file(run.folder.model, compiled=True)
    assert type(kept.optimizer) is keras.optimizers.Adam


def test_a_model_that_runs_eagerly_trains_without_blocks():
    model = dense("sgd", run_eagerly=True)
    with blocks.in_blocks(
        model, ["callback"], epochs=1, steps_per_epoch=1, validation=None
    ) as callbacks:
        assert callbacks == ["callback"]
        assert model.train_function is None
