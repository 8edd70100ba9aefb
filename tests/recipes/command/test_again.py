"""`zoo fit --config`: a run again, with what differs told."""

import json

import keras
import pytest

import recipes
from recipes.experiments.repeated import run_once
from recipes.sampling import Oversample
from recipes.training.given import given_arguments
from zoo.keras_file import load_keras_file

OPTIONS = (
    *("--data", "xor", "--num-examples", 120, "--epochs", 2, "--seed", 5),
    *("--optimizer", "momentum:momentum=0.8", "--set", "hidden_units=[8]"),
    *("--metric", "auc", "--rebalance", "oversample", "--regularizer", "l2:0.001"),
)
TINY = {"model_arguments": {"hidden_units": [4]}, "epochs": 1, "progress": False}


def metrics(folder):
    """The rows of the metrics file without the seconds."""
    lines = (folder / "metrics.csv").read_text().splitlines()
    return [line.rpartition(",")[0] for line in lines]


def weights(folder):
    return [w.tobytes() for w in load_keras_file(folder / "model.keras").get_weights()]


def test_a_run_done_again_has_the_same_numbers(zoo, tmp_path, no_export):
    first, second, third = (tmp_path / name for name in "abc")
    assert zoo("fit", "mlp", *OPTIONS, "--out", first)[0] == 0
    status, _, errors = zoo("fit", "--config", first, "--out", second)
    assert status == 0
    assert "instead of" not in errors
    assert metrics(second) == metrics(first)
    assert weights(second) == weights(first)
    changes = ("--epochs", 1, "--num-examples", 100, "--set", "dropout=0.5")
    status, _, errors = zoo(
        "fit", "--config", first / "config.json", "--out", third, *changes
    )
    assert status == 0
    for told in (
        "epochs: 1 instead of 2",
        "num_examples: 100 instead of 120",
        "dropout: 0.5 instead of the default",
        "the examples are not those of the run",
    ):
        assert errors.count(told) == 1
    config = json.loads((third / "config.json").read_text())
    assert config["training"]["settings"]["seed"] == 5
    assert config["model"]["configuration"]["hidden_units"] == [8]


def test_objects_with_a_configuration_are_made_again(zoo, tmp_path, no_export):
    first, second = tmp_path / "a", tmp_path / "b"
    recipes.fit(
        "mlp",
        "xor",
        optimizer=keras.optimizers.SGD(0.05, momentum=0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        regularizer=keras.regularizers.L1(1e-4),
        metrics=[keras.metrics.SparseTopKCategoricalAccuracy(1, name="top")],
        rebalance=Oversample(1.0),
        out=first,
        **TINY,
    )
    assert zoo("fit", "--config", first, "--out", second)[0] == 0
    assert metrics(second) == metrics(first)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    return run_once(folder, scores_only=True, model="mlp", data="xor", seed=3, **TINY)


def changed_record(run, folder, change):
    """The record of a run after a change."""
    config = json.loads((run / "config.json").read_text())
    change(config)
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def test_a_record_of_an_earlier_version_is_read(run, zoo, tmp_path, no_export):
    def older(config):
        del config["training"]["given"], config["training"]["scores_only"]

    record, again = changed_record(run, tmp_path, older), tmp_path / "again"
    status, _, errors = zoo("fit", "--config", record, "--out", again)
    assert status == 0
    assert errors.count("the record is of an earlier version") == 1
    assert metrics(again) == metrics(run)


def own_model(config):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    config["training"]["given"] = given_arguments({"model": network})


OBJECTS = {  # what the record says of them
    "a model": (own_model, "`model` was an object of yours, Sequential"),
    "callbacks": (
        lambda config: config["training"].update(callbacks=["Mine"]),
        "it called Mine, callbacks of yours",
    ),
    "data": (
        lambda config: config["data"].update(origin=None),
        "got its data as an object",
    ),
}


@pytest.mark.parametrize("change, said", OBJECTS.values(), ids=OBJECTS)
def test_objects_without_a_record_are_refused(change, said, run, zoo, tmp_path):
    record, again = changed_record(run, tmp_path, change), tmp_path / "again"
    status, _, errors = zoo("fit", "--config", record, "--out", again)
    assert status == 2
    assert said in errors
    assert not again.exists()


REFUSED = {
    "no run": (["--config", "absent"], "is not a run folder"),
    "folds besides": (["--config", "absent", "--folds", 3], "leave out --folds"),
    "nothing": ([], "Missing argument"),
}


@pytest.mark.parametrize("arguments, said", REFUSED.values(), ids=REFUSED)
def test_refuses(arguments, said, zoo):
    status, _, errors = zoo("fit", *arguments)
    assert status == 2
    assert said in errors
