"""A loss that is not finite: the error names the step, and the best model is kept."""

from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.training.not_finite import first_not_finite
from recipes.training.tasks.classification import Classification
from zoo.errors import InputError


def rows(count=96):
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    return recipes.from_arrays(rng.normal(size=(count, 3)) + labels[:, None], labels)


@keras.saving.register_keras_serializable(package="test_divergence")
class Logarithm(keras.layers.Layer):
    """The logarithm, which is NaN below 0."""

    def call(self, inputs):
        return keras.ops.log(inputs)


def model(rate=0.1):
    """Return a model that learns to make `positive` negative, so its logarithm NaN."""
    inputs = keras.Input((3,))
    positive = keras.layers.Dense(
        2, kernel_initializer="zeros", bias_initializer="ones", name="positive"
    )(inputs)
    outputs = Logarithm(name="logarithm")(positive)
    network = keras.Model(inputs, keras.layers.Dense(2, name="last")(outputs))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"])
    return network


@pytest.mark.parametrize("checkpoint_steps", [1, 2, 1_000])
def test_the_error_names_the_layer_and_the_step(tmp_path, checkpoint_steps):
    keras.utils.set_random_seed(1)
    with pytest.raises(InputError, match="'logarithm' is not finite") as error:
        recipes.fit(
            model(rate=3.0),
            rows(),
            out=tmp_path / "run",
            batch_size=8,
            epochs=20,
            checkpoint_steps=checkpoint_steps,
            progress=False,
        )
    assert "not finite at step" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_after_the_first_epoch_the_best_model_is_kept(tmp_path):
    keras.utils.set_random_seed(1)
    run = recipes.fit(
        model(rate=0.1),
        rows(),
        out=tmp_path / "run",
        batch_size=8,
        epochs=60,
        patience=60,
        progress=False,
    )
    assert run.ended == "diverged"
    assert "the output of the layer 'logarithm' is not finite" in run.divergence
    assert np.isfinite(run.evaluation.loss)
    assert run.kept_epoch < len(run.metrics)


@keras.saving.register_keras_serializable(package="test_divergence")
class Square(keras.layers.Layer):
    """The square, whose gradients grow with every long step."""

    def call(self, inputs):
        return keras.ops.square(inputs)


def explosive():
    """Return a model that diverges unless its learning rate is low."""
    inputs = keras.Input((3,))
    squared = Square(name="square")(keras.layers.Dense(8)(inputs))
    network = keras.Model(inputs, keras.layers.Dense(2, name="last")(squared))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(2.0), loss, metrics=["accuracy"])
    return network


def restored(folder, checkpoint_steps=5):
    keras.utils.set_random_seed(1)
    return recipes.fit(
        explosive(),
        rows(),
        out=folder,
        batch_size=8,
        epochs=4,
        on_nan="restore",
        checkpoint_steps=checkpoint_steps,
        progress=False,
    )


@pytest.mark.parametrize("checkpoint_steps", [5, 1_000])
def test_restoring_goes_back_and_halves_the_learning_rate(tmp_path, checkpoint_steps):
    run = restored(tmp_path / "run", checkpoint_steps)
    assert run.ended == "complete"
    assert run.divergence is None
    assert np.isfinite(run.evaluation.loss)
    assert all(np.isfinite(row["loss"]) for row in run.metrics)
    assert [row["epoch"] for row in run.metrics] == [1, 2, 3, 4]
    assert 1 <= len(run.slowdowns) <= 10
    assert all("is not finite; went back to step" in s for s in run.slowdowns)
    rate = 2.0 * 0.5 ** len(run.slowdowns)
    assert run.metrics[-1]["learning_rate"] == pytest.approx(rate)


def test_restoring_gives_up_if_lower_rates_do_not_help(tmp_path, monkeypatch):
    monkeypatch.setattr("recipes.training.rate_halving.LIMIT", 2)
    broken = model(rate=0.1)
    broken.get_layer("positive").bias.assign([-1.0, -1.0])
    with pytest.raises(InputError, match="Training diverged") as error:
        recipes.fit(
            broken, rows(), out=tmp_path / "run", on_nan="restore", progress=False
        )
    assert "step 1: the output of the layer 'logarithm'" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_restored_run_is_resumed_with_the_halved_rate(tmp_path):
    unbroken = restored(tmp_path / "unbroken")
    ended = mock.patch.object(Classification, "report", side_effect=KeyboardInterrupt)
    with ended, pytest.raises(KeyboardInterrupt):
        restored(tmp_path / "run")
    resumed = recipes.resume(tmp_path / "run", data=rows(), progress=False)
    assert resumed.slowdowns == unbroken.slowdowns
    for a, b in zip(resumed.metrics, unbroken.metrics, strict=True):
        assert a | {"seconds": 0} == b | {"seconds": 0}


@keras.saving.register_keras_serializable(package="test_divergence")
class Sawtooth(keras.optimizers.schedules.LearningRateSchedule):
    """A user's own schedule, which cannot be halved."""

    def __call__(self, step):
        return 0.1

    def get_config(self):
        return {}


def test_a_schedule_that_cannot_be_halved_is_refused(tmp_path):
    network = model()
    network.compile(keras.optimizers.SGD(Sawtooth()), network.loss)
    with pytest.raises(InputError, match=r"cannot halve .* Sawtooth"):
        recipes.fit(network, rows(), out=tmp_path / "run", on_nan="restore")


def dense(**arguments):
    return keras.layers.Dense(2, name="only", **arguments)


@pytest.mark.parametrize(
    "loss, clause",
    [
        (lambda t, p: tf.reduce_sum(p) / 0.0, "the loss is not finite, though"),
        (lambda t, p: tf.reduce_sum(tf.sqrt(p * 0)), "only/bias is not finite"),
        (lambda t, p: tf.reduce_sum(p), "the update of the weights is too large"),
    ],
    ids=["loss", "gradient", "update"],
)
def test_the_loss_gradients_and_updates_are_checked_after_the_layers(loss, clause):
    network = keras.Sequential([keras.Input((3,)), dense(kernel_initializer="ones")])
    network.compile(loss=loss)
    assert clause in first_not_finite(network, tf.ones((2, 3)), tf.ones((2, 2)))
