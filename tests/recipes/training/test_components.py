"""Optimizers, losses, penalties and metrics of `recipes.fit`: names and objects."""

import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import pytest

import custom
import recipes
from recipes.training.callbacks import Terminated
from recipes.training.components import named
from recipes.training.tasks.classification import Classification
from tests.recipes.training.recipe_on_two_devices import (
    ARGUMENTS,
    ON_TWO_DEVICES,
    OPTIMIZERS,
    table,
)
from tests.recipes.training.test_resume import TerminatedAt, assert_same
from zoo.errors import InputError
from zoo.keras_file import load_keras_file

STEPS = 5  # in an epoch of `ARGUMENTS`


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """Runs end with the saved model, without scores, pictures and exports."""
    monkeypatch.setattr(Classification, "report", lambda *_: (None, None))


def fit(folder, model="mlp", data=None, **options):
    options = {**ARGUMENTS, **options}
    return recipes.fit(model, table() if data is None else data, out=folder, **options)


def rates(peak, epochs):
    """The learning rate after each epoch, by the formula of the schedule."""
    total = epochs * STEPS
    warmup = max(1, total // 10)
    for step in range(STEPS, total + 1, STEPS):
        part = (step - warmup) / (total - warmup)
        yield peak * (1 + math.cos(math.pi * part)) / 2


def test_every_optimizer_is_in_the_table():
    assert set(OPTIMIZERS) == {n.lower() for n in custom.optimizers.__all__} - {
        "gradientdescent"
    } | {"gradient_descent"}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_gets_the_schedule_and_resumes_exactly(tmp_path, optimizer):
    whole = fit(tmp_path / "whole", optimizer=optimizer, epochs=4)
    cls, peak = OPTIMIZERS[optimizer]
    assert type(whole.model.optimizer).__name__ == cls
    recorded = [row["learning_rate"] for row in whole.metrics]
    np.testing.assert_allclose(recorded, [*rates(peak, 4)], rtol=1e-5, atol=1e-9)
    losses = [row["loss"] for row in whole.metrics]
    assert losses[-1] < losses[0]
    ending = mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(8)
    )
    with ending, pytest.raises(Terminated):
        fit(tmp_path / "cut", optimizer=optimizer, epochs=4)
    recipes.resume(tmp_path / "cut", data=table(), progress=False)
    assert_same(tmp_path / "cut", tmp_path / "whole")


# A sum of gradients, one of squares, both; and no state at all.
@pytest.mark.parametrize(
    "optimizer", ["momentum", "adagrad", "nadam", "gradient_descent"]
)
def test_an_optimizer_scales_the_loss_in_float16(tmp_path, optimizer):
    run = fit(tmp_path / "run", optimizer=optimizer, precision="mixed_float16")
    scaled = run.model.optimizer
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert type(scaled.inner_optimizer).__name__ == OPTIMIZERS[optimizer][0]
    wide = fit(tmp_path / "wide", optimizer=optimizer)
    losses = [each.metrics[-1]["loss"] for each in (run, wide)]
    np.testing.assert_allclose(*losses, rtol=0.02)


def test_two_devices_learn_what_one_learns(tmp_path):
    script = pathlib.Path(__file__).parent / "recipe_on_two_devices.py"
    home = str(pathlib.Path(recipes.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, script, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": home},
    )
    assert result.returncode == 0, result.stderr
    differences = json.loads(result.stdout.splitlines()[-1])
    assert set(differences) == set(ON_TWO_DEVICES)
    assert {n: d for n, d in differences.items() if d > 1e-4} == {}


PART = table().validation  # one batch
TARGETS = np.eye(2)[PART.labels]
LOSSES = {  # name: formula, from targets and probabilities of the validation part
    "half_sum_squared_error": lambda t, p: 0.5 * ((t - p) ** 2).sum(),
    "half_sum_squared_error:reduction=sum_over_batch_size": lambda t, p: (
        0.5 * ((t - p) ** 2).sum() / len(t)
    ),
    "cross_entropy": lambda t, p: -np.log(np.where(t == 1, p, 1 - p)).mean(),
    "squared_cross_entropy": lambda t, p: (
        np.log(np.where(t == 1, p, 1 - p)) ** 2
    ).mean(),
    "keras.sparse_categorical_crossentropy": lambda t, p: -np.log(p[t == 1]).mean(),
    "keras.categorical_crossentropy:label_smoothing=0.2": lambda t, p: (
        -((0.8 * t + 0.1) * np.log(p)).sum(axis=1).mean()
    ),
    "keras.mean_squared_error": lambda t, p: ((t - p) ** 2).mean(),
}


def kept_metrics(run):
    return run.metrics[run.kept_epoch - 1]


def probabilities(run):
    return run.model.predict(PART.inputs, verbose=0).astype("float64")


@pytest.mark.parametrize("loss", LOSSES)
def test_the_validation_loss_follows_the_formula_of_the_loss(tmp_path, loss):
    run = fit(tmp_path / "run", loss=loss)
    expected = LOSSES[loss](TARGETS, probabilities(run))
    assert kept_metrics(run)["val_loss"] == pytest.approx(expected, rel=1e-5)


PENALTIES = {  # name: formula of the penalty of one kernel
    "l1:0.01": lambda w: 0.01 * np.abs(w).sum(),
    "l2:0.02": lambda w: 0.01 * (w**2).sum(),
    "l1l2:0.01,0.02": lambda w: 0.01 * np.abs(w).sum() + 0.01 * (w**2).sum(),
    "keras.l2:0.01": lambda w: 0.01 * (w**2).sum(),
}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_penalty_is_part_of_the_loss(tmp_path, penalty):
    run = fit(tmp_path / "run", regularizer=penalty)
    kernels = [v for v in run.model.trainable_variables if v.name == "kernel"]
    assert len(kernels) == 2
    expected = -np.log(probabilities(run)[TARGETS == 1]).mean() + sum(
        PENALTIES[penalty](kernel.numpy().astype("float64")) for kernel in kernels
    )
    assert kept_metrics(run)["val_loss"] == pytest.approx(expected, rel=1e-5)


def test_every_penalty_and_loss_is_in_a_table():
    chosen = {named("regularizer", text).cls.__name__ for text in PENALTIES}
    assert set(custom.regularizers.__all__) <= chosen
    chosen = {named("loss", text).cls.__name__ for text in LOSSES}
    games = {n for n in custom.losses.__all__ if "Generator" in n or "Discr" in n}
    assert set(custom.losses.__all__) - games <= chosen


class Recording(keras.callbacks.Callback):
    """Records the weights and the number of updates after every step."""

    def __init__(self):
        super().__init__()
        self.weights, self.updates = [], []

    def on_train_batch_end(self, batch, logs=None):
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        self.updates.append(int(optimizer.iterations))
        self.weights.append(
            [v.numpy().astype("float64") for v in self.model.trainable_variables]
        )


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_the_saved_weights_are_the_average(tmp_path, precision):
    """The average has momentum 1 − 1/steps; the reference is computed in float64."""
    texts = recipes.from_arrays(["a b", "b c", "c d", "d a"] * 15, [0, 1, 0, 1] * 15)
    recording = Recording()
    run = fit(
        tmp_path / "run",
        "recurrent",
        texts,
        precision=precision,
        epochs=1,
        batch_size=6,
        model_arguments={"units": [3]},
        callbacks=[recording],
    )
    momentum = 1 - 1 / len(recording.weights)
    average, updates = recording.weights[0], recording.updates[0]
    for weights, number in zip(recording.weights, recording.updates, strict=True):
        if number > max(updates, 1):  # an infinite loss makes no update
            average = [
                momentum * a + (1 - momentum) * w
                for a, w in zip(average, weights, strict=True)
            ]
        elif number == 1:
            average = weights
        updates = number
    last = recording.weights[-1]
    assert max(abs(a - w).max() for a, w in zip(average, last, strict=True)) > 1e-4
    for kept, expected in zip(run.model.trainable_variables, average, strict=True):
        np.testing.assert_allclose(kept.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_objects_are_used_unchanged(tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.9)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.25)
    for name in "ab":  # objects are not changed, and can be used again
        run = fit(
            tmp_path / name,
            optimizer=optimizer,
            loss=custom.losses.HalfSumSquaredError(),
            regularizer=custom.regularizers.L2(0.125),
            metrics=["auc", keras.metrics.CategoricalAccuracy(name="again")],
            epochs=1,
        )
    assert run.model.optimizer.momentum == 0.25
    assert run.metrics[0]["learning_rate"] == pytest.approx(0.5 * 0.9**STEPS)
    assert run.metrics[0]["again"] == pytest.approx(run.metrics[0]["accuracy"])
    assert {"auc", "val_auc", "val_again"} <= set(run.metrics[0])
    assert run.model.layers[-1].kernel_regularizer.alpha == 0.125
    assert int(optimizer.iterations) == 0
    config = json.loads(run.folder.config.read_text())["training"]
    assert (
        config["settings"]["optimizer"] is config["settings"]["learning_rate"] is None
    )
    assert config["optimizer"]["config"]["momentum"] == 0.25


def test_a_named_optimizer_takes_options(tmp_path):
    run = fit(
        tmp_path / "run",
        optimizer="keras.adamw:weight_decay=0.5,beta_1=0.75",
        learning_rate=0.125,
        clip_norm=2,
        accumulation_steps=2,
    )
    config = load_keras_file(run.folder.model, compiled=True).optimizer.get_config()
    assert config["weight_decay"] == 0.5
    assert config["beta_1"] == 0.75
    assert config["global_clipnorm"] == 2
    assert config["gradient_accumulation_steps"] == 2
    assert config["learning_rate"]["config"]["warmup_target"] == 0.125


class Unregistered(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def built(*compiling):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    if compiling:
        model.compile(*compiling)
    return model


REFUSED = {
    "unknown optimizer": ({"optimizer": "adgrad"}, "did you mean 'adagrad'"),
    "Keras's optimizer without prefix": (
        {"optimizer": "adamw"},
        "did you mean 'keras.adamw'",
    ),
    "unknown argument": ({"optimizer": "keras.sgd:momntum=1"}, "no argument 'momntum'"),
    "value": ({"optimizer": "momentum:momentum=3"}, r"must be in \[0, 1\)"),
    "two rates": ({"optimizer": "adam:0.1", "learning_rate": 0.2}, "leave one out"),
    "rate of an object": (
        {"optimizer": keras.optimizers.SGD(), "learning_rate": 0.2},
        "an object with options of its own, which decides `learning_rate`",
    ),
    "another object": ({"optimizer": keras.losses.Hinge()}, "`optimizer` must be a"),
    "loss of a DCGAN": ({"loss": "discriminator_loss"}, "is for a DCGAN"),
    "another shape": ({"loss": "keras.ctc"}, "'ctc' does not fit a classifier of 2"),
    "logits": (
        {"loss": keras.losses.CategoricalCrossentropy(from_logits=True)},
        "expects logits, and the model ends in probabilities",
    ),
    "unregistered": ({"loss": Unregistered()}, "register_keras_serializable"),
    "metrics that disagree": (
        {"loss": "keras.sparse_categorical_crossentropy", "metrics": ["auc"]},
        "compares probabilities of the classes",
    ),
    "one metric": ({"metrics": "auc"}, "`metrics` must be a list"),
    "penalty of a built model": (
        {"model": built(), "regularizer": "l2", "model_arguments": None},
        "`regularizer` is for a model given by name",
    ),
    "penalty given twice": (
        {"regularizer": "l2", "model_arguments": {"kernel_regularizer": "l2"}},
        "leave one out",
    ),
    "loss of a compiled model": (
        {
            "model": built("sgd", "mse"),
            "loss": "cross_entropy",
            "model_arguments": None,
        },
        "which decides `loss`",
    ),
    "schedule and callback": (
        {"callbacks": [keras.callbacks.ReduceLROnPlateau()]},
        "cannot set the learning rate, which follows a schedule",
    ),
    "not a callback": ({"callbacks": [print]}, "must hold Keras callbacks"),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_components_that_do_not_fit_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        fit(tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("loss", ["mse", "categorical_crossentropy"])
def test_a_compiled_model_gets_the_targets_of_its_loss(tmp_path, loss):
    model = built("sgd", loss)
    run = fit(tmp_path / "run", model, model_arguments=None, epochs=1)
    chosen = {"mse": "keras.mean_squared_error"}.get(loss)
    expected = LOSSES[chosen] if chosen else lambda t, p: -np.log(p[t == 1]).mean()
    value = expected(TARGETS, probabilities(run))
    assert kept_metrics(run)["val_loss"] == pytest.approx(value, rel=1e-5)


def test_a_perceptron_learns(tmp_path):
    for loss in (None, "keras.hinge"):
        run = fit(
            tmp_path / str(loss),
            "perceptron",
            model_arguments=None,
            epochs=20,
            loss=loss,
        )
        train = table().train
        signs = run.model.predict(train.inputs, verbose=0).ravel()
        assert ((signs > 0) == train.labels).mean() > 0.85
    with pytest.raises(InputError, match="does not fit a perceptron"):
        fit(tmp_path / "no", "perceptron", model_arguments=None, loss="cross_entropy")


def test_standardisation_is_fitted_on_the_training_part():
    from recipes.training.models import build

    data = table()
    model = build("mlp", data, {"hidden_units": [2]})
    layer = model.get_layer("standardize")
    means = {
        name: getattr(data, name).inputs.astype("float64").mean(axis=0)
        for name in ("train", "validation", "test")
    }
    np.testing.assert_allclose(layer.mean.numpy().ravel(), means["train"], rtol=1e-5)
    for one, other in itertools.combinations(means.values(), 2):
        assert (abs(one - other) > 1e-3).all()
