"""A loss that stops being finite: stopped at that step, told where, best model kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.divergence import first_not_finite
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
    """Learns to make `positive` negative, whose logarithm is NaN then."""
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
def test_the_layer_is_named_and_the_step(tmp_path, checkpoint_steps):
    keras.utils.set_random_seed(1)
    with pytest.raises(InputError, match="'logarithm' is not finite") as told:
        recipes.fit(
            model(rate=3.0),
            rows(),
            out=tmp_path / "run",
            batch_size=8,
            epochs=20,
            checkpoint_steps=checkpoint_steps,
            progress=False,
        )
    assert "not finite at step" in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_later_the_best_model_is_kept(tmp_path, no_export):
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
def test_what_comes_after_the_layers(loss, clause):
    network = keras.Sequential([keras.Input((3,)), dense(kernel_initializer="ones")])
    network.compile(loss=loss)
    assert clause in first_not_finite(network, tf.ones((2, 3)), tf.ones((2, 2)))
