"""A user's callbacks in `recipes.fit` are called as in Keras, also after resuming."""

from unittest import mock

import keras
import pytest

import recipes
from recipes.pipeline import ordered_batches, steps_per_epoch, training_batches
from recipes.training.callbacks import Terminated
from recipes.training.tasks.classification import Classification
from recipes.training.user_callbacks import UserCallbacks
from tests.recipes.training.recipe_on_two_devices import ARGUMENTS, table
from tests.recipes.training.test_resume import TerminatedAt, assert_same
from zoo.errors import InputError

OPTIONS = {"epochs": 3, "batch_size": 15}
STEPS = 5


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """Runs end with the saved model, without scores, pictures and exports."""
    monkeypatch.setattr(Classification, "report", lambda *_: (None, None))


class Calls(keras.callbacks.Callback):
    """Records every call: hook, number of the epoch or batch, and names in the logs."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def get_state(self):
        return list(self.calls)

    def set_state(self, state):
        self.calls = [tuple(call) for call in state]


def _recorded(hook):
    has_number = "epoch" in hook or "batch" in hook

    def call(self, *arguments, **named):
        number = arguments[:has_number]
        logs = named["logs"] if named else arguments[has_number]
        assert self.model.optimizer is not None
        assert self.params["epochs"] == OPTIONS["epochs"]
        assert self.params["steps"] == STEPS
        self.calls.append((hook, *number, ",".join(sorted(logs or ()))))

    return call


for phase in ("train", "epoch", "train_batch", "test", "test_batch"):
    for moment in ("begin", "end"):
        setattr(Calls, f"on_{phase}_{moment}", _recorded(f"on_{phase}_{moment}"))


def fit(folder, callbacks, **options):
    options = {**ARGUMENTS, **OPTIONS, **options}
    return recipes.fit("mlp", table(), out=folder, callbacks=callbacks, **options)


def fit_with_keras(callback):
    """Train on the same batches by Keras's own `fit`."""
    data = table()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        training_batches(data.train, batch_size=OPTIONS["batch_size"]),
        validation_data=ordered_batches(
            data.validation, batch_size=OPTIONS["batch_size"]
        ),
        epochs=OPTIONS["epochs"],
        steps_per_epoch=steps_per_epoch(len(data.train), OPTIONS["batch_size"]),
        callbacks=[callback],
        shuffle=False,
        verbose=0,
    )


def test_callbacks_are_called_as_by_keras(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "recipes.training.blocks.SECONDS", 1_000
    )  # blocks of many steps
    ours, theirs = Calls(), Calls()
    fit(tmp_path / "run", [ours])
    fit_with_keras(theirs)
    assert len(theirs.calls) > 3 * STEPS * 2
    assert ours.calls == theirs.calls


def test_only_callbacks_for_batches_need_every_step():
    every_epoch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    every_batch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: None
    )
    needs = {
        name: UserCallbacks(callbacks, STEPS, 0).need_every_step
        for name, callbacks in {
            "none": [],
            "epochs": [every_epoch, keras.callbacks.History()],
            "batches": [every_epoch, every_batch],
            "a class": [Calls()],
        }.items()
    }
    assert needs == {"none": False, "epochs": False, "batches": True, "a class": True}


def test_callbacks_do_not_change_the_results(tmp_path):
    for name, callbacks in (("with", [Calls()]), ("without", [])):
        fit(tmp_path / name, callbacks)
    assert_same(tmp_path / "with", tmp_path / "without")


@pytest.mark.parametrize("steps", [3, 5, 7])
def test_callbacks_of_a_resumed_run_see_each_step_once(tmp_path, steps):
    whole, cut, resumed = Calls(), Calls(), Calls()
    fit(tmp_path / "whole", [whole])
    ending = mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(steps)
    )
    with ending, pytest.raises(Terminated):
        fit(tmp_path / "run", [cut])
    with pytest.raises(InputError, match="calls Calls, callbacks of your own"):
        recipes.resume(tmp_path / "run", data=table(), progress=False)
    recipes.resume(tmp_path / "run", data=table(), callbacks=[resumed], progress=False)
    assert_same(tmp_path / "run", tmp_path / "whole")
    batches = [call for call in resumed.calls if "train_batch" in call[0]]
    assert batches == [call for call in whole.calls if "train_batch" in call[0]]
    assert resumed.calls[-1] == whole.calls[-1]


def test_a_callback_can_stop_training(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                self.model.stop_training = True

    run = fit(tmp_path / "run", [Stop()])
    assert (run.ended, len(run.metrics)) == ("callback", 1)


def test_a_callback_can_set_a_constant_learning_rate(tmp_path):
    halving = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    run = fit(tmp_path / "run", [halving], optimizer=keras.optimizers.SGD(0.5))
    assert [row["learning_rate"] for row in run.metrics] == [0.25, 0.125, 0.0625]
