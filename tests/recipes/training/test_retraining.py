"""The model of a finished run, or one trained by Keras, starts its training afresh."""

import json

import keras
import numpy as np
import pytest

import recipes
from recipes.training.components import schedule_of
from tests.recipes.training.test_preflight import fit, network, table, texts
from zoo.errors import InputError

STEPS = 3  # in an epoch of `table` with batches of 16


def from_file(run):
    return keras.saving.load_model(run.folder.model)


RUNS = {  # first run: (model, data, options)
    "by default": ("mlp", table, {}),
    "another optimizer": (
        "mlp",
        table,
        {"optimizer": "adagrad", "loss": "keras.kl_divergence"},
    ),
    "float16": ("mlp", table, {"precision": "mixed_float16"}),
    "average": ("recurrent", texts, {"model_arguments": {"units": [2]}}),
}


@pytest.mark.parametrize("is_read, rate", [(False, None), (True, 0.25)])
@pytest.mark.parametrize("model, data, options", RUNS.values(), ids=RUNS)
def test_a_finished_model_gets_a_new_schedule(
    model, data, options, is_read, rate, tmp_path
):
    first = fit(model, data(), tmp_path / "first", epochs=1, **options)
    before = settings_of(first)["learning_rate"]
    again = from_file(first) if is_read else first.model
    second = fit(again, data(), tmp_path / "second", epochs=4, learning_rate=rate)
    peak = rate or before
    assert settings_of(second)["learning_rate"] == peak
    steps = -(-len(data().train) // 16)
    schedule = schedule_of(peak, 4 * steps)
    assert inner(second)._learning_rate.get_config() == schedule.get_config()
    if "precision" not in options:  # Steps are skipped until the loss scale fits.
        np.testing.assert_allclose(
            [row["learning_rate"] for row in second.metrics],
            [float(schedule(steps * epoch)) for epoch in range(1, 5)],
            rtol=1e-5,
            atol=1e-9,
        )
    for each in (lambda run: run.model.optimizer, inner, lambda run: run.model.loss):
        assert type(each(first)) is type(each(second))
    assert inner(first).use_ema is inner(second).use_ema
    if model == "recurrent":
        assert inner(second).ema_momentum == 1 - 1 / steps


def settings_of(run):
    return json.loads(run.folder.config.read_text())["training"]["settings"]


def inner(run):
    optimizer = run.model.optimizer
    return getattr(optimizer, "inner_optimizer", optimizer)


def test_a_dcgan_gets_new_schedules(tmp_path):
    images = np.zeros((40, 28, 28, 1), "uint8")
    data = recipes.from_arrays(images, [0, 1] * 20)
    small = {"model_arguments": {"width": 4, "latent_dim": 3}, "epochs": 1}
    first = fit("dcgan", data, tmp_path / "first", **small)
    second = fit(first.model, data, tmp_path / "second", epochs=1, learning_rate=0.01)
    for name in ("generator_optimizer", "discriminator_optimizer"):
        optimizer = getattr(second.model, name)
        rate = optimizer.get_config()["learning_rate"]["config"]
        assert rate["warmup_target"] == 0.01
        assert int(optimizer.iterations) == -(-len(data.train) // 16)


def own(optimizer):
    model = network()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def test_the_state_of_a_past_training_does_not_leak(tmp_path):
    """The same weights give the same numbers, whatever the optimizer did before."""
    numbers = []
    for past in (0, 30):
        model = own(keras.optimizers.Adam(0.1, use_ema=True))
        weights = [np.ones_like(each) * 0.1 for each in model.get_weights()]
        if past:
            data = table().train
            model.fit(data.inputs, data.labels, epochs=past, verbose=0)
        model.set_weights(weights)
        run = fit(model, table(), tmp_path / str(past))
        numbers.append([(row["loss"], row["val_loss"]) for row in run.metrics])
    assert numbers[0] == numbers[1]


def test_dropout_of_a_trained_model_follows_the_seed(tmp_path):
    numbers = []
    for past in (1, 2):
        model = network(keras.layers.Dropout(0.5))
        model.compile("sgd", "sparse_categorical_crossentropy")
        data = table().train
        model.fit(data.inputs, data.labels, epochs=past, verbose=0)
        model.set_weights([np.ones_like(each) * 0.1 for each in model.get_weights()])
        run = fit(model, table(), tmp_path / str(past), seed=5)
        numbers.append([row["loss"] for row in run.metrics])
    assert numbers[0] == numbers[1]


def test_a_users_schedule_starts_at_its_start(tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, STEPS, 0.1)
    model = own(keras.optimizers.SGD(schedule))
    data = table().train
    model.fit(data.inputs, data.labels, epochs=9, verbose=0)
    run = fit(model, table(), tmp_path / "run", epochs=1)
    assert run.metrics[0]["learning_rate"] == pytest.approx(0.05, rel=1e-4)


def test_a_compiled_model_that_was_not_trained_keeps_its_schedule(tmp_path):
    """A schedule like that of a run is the user's own until it has made a step."""
    schedule = schedule_of(0.5, 100)
    model = own(keras.optimizers.SGD(schedule))
    with pytest.raises(InputError, match="`learning_rate`: leave that out"):
        fit(model, table(), tmp_path / "no", learning_rate=0.1)
    run = fit(model, table(), tmp_path / "run", epochs=1)
    assert run.metrics[0]["learning_rate"] == pytest.approx(float(schedule(STEPS)))


@pytest.mark.parametrize("argument", ["optimizer", "clip_norm"])
def test_a_finished_model_keeps_its_optimizer(argument, tmp_path):
    first = fit("mlp", table(), tmp_path / "first")
    value = {"optimizer": "adagrad", "clip_norm": 1.0}[argument]
    with pytest.raises(InputError, match=f"decides `{argument}`"):
        fit(first.model, table(), tmp_path / "second", **{argument: value})


def test_a_run_of_a_single_step_learns(tmp_path):
    size = len(table().train)
    model = network()
    before = model.get_weights()
    run = fit(model, table(), tmp_path / "run", epochs=1, batch_size=size)
    changes = [
        abs(after - was).max()
        for after, was in zip(run.model.get_weights(), before, strict=True)
    ]
    assert max(changes) == pytest.approx(1e-3, rel=1e-2)  # Adam's first step
