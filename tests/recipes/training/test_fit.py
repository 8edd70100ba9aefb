"""`recipes.fit`: reproducible runs, complete run folders, and interruptions."""

import csv
import json
import signal

import keras
import numpy as np
import pytest

import recipes
from recipes.reports.run_folder import create_run_folder
from recipes.training.callbacks import BestModel, Interruptible
from zoo.errors import InputError


@pytest.fixture(scope="module")
def table():
    """A table of two linearly separable classes."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)) * [1, 100, 0.01] + [5, -30, 0]
    labels = (rows[:, 0] - 5 + (rows[:, 1] + 30) / 100 > 0).astype(int)
    return recipes.from_arrays(
        rows, labels, class_names=["below", "above"], feature_names=list("abc")
    )


def fit(model, data, out, **arguments):
    return recipes.fit(model, data, out=out, progress=False, **arguments)


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    """A finished run."""
    return fit("mlp", table, tmp_path_factory.mktemp("runs") / "run", epochs=20)


def test_training_learns_the_classes(run):
    assert run.evaluation.accuracy > 0.9
    assert run.ended in ("complete", "early")


def test_the_folder_is_complete(run):
    names = {path.name for path in run.folder.path.iterdir()}
    assert names == {
        "config.json",
        "confusion.png",
        "curves.png",
        "evaluation.json",
        "metrics.csv",
        "model.keras",
        "outcome.json",
        "reliability.png",
        "report.html",
        "roc.png",
        "saved_model",
        "tensorboard",
    }
    config = json.loads(run.folder.config.read_text())
    assert config["data"]["class_names"] == ["below", "above"]
    assert config["data"]["feature_names"] == ["a", "b", "c"]
    assert config["training"]["settings"]["epochs"] == 20
    assert config["resolved"]["jit_compile"] is False
    assert json.loads(run.folder.evaluation.read_text()) == run.evaluation.as_json()
    with run.folder.metrics.open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == [
        row["val_loss"] for row in run.metrics
    ]
    assert sum(1 for _ in (run.folder.tensorboard / "train").iterdir()) == 1


def test_the_saved_model_is_the_best(run, table):
    best = min(row["val_loss"] for row in run.metrics)
    assert run.metrics[run.kept_epoch - 1]["val_loss"] == best
    part = table.validation
    kept = recipes.evaluate(run.model, table, part="validation")
    assert kept.loss == pytest.approx(best, rel=1e-5)
    assert sum(score.examples for score in kept.classes) == len(part)


def test_every_form_of_the_model_gives_the_same_scores(run, table):
    scores = [
        recipes.evaluate(model, table).as_json()
        for model in (run.model, run.folder.path, run.folder.saved_model)
    ]
    for other in scores[1:]:
        assert other["confusion"] == scores[0]["confusion"]
        assert other["loss"] == pytest.approx(scores[0]["loss"], rel=1e-5)


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_the_same_seed_gives_the_same_numbers(tmp_path, model):
    data = recipes.load("digits")
    first, again, other = (
        fit(model, data, tmp_path / name, epochs=2, seed=seed)
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    weights = [run.model.get_weights() for run in (first, again, other)]
    for one, two in zip(weights[0], weights[1], strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((a != b).any() for a, b in zip(weights[0], weights[2], strict=True))
    seconds = {"seconds": None}
    assert [row | seconds for row in first.metrics] == [
        row | seconds for row in again.metrics
    ]


def logits():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


def one_sigmoid():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])


def compiled():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.SGD(0.125), "sparse_categorical_crossentropy")
    return model


@pytest.mark.exports
@pytest.mark.parametrize("make", [logits, one_sigmoid, compiled])
def test_a_users_model_is_trained_and_served(tmp_path, table, make):
    model = make()
    run = fit(model, table, tmp_path / "run", epochs=2)
    assert run.model is model
    config = json.loads(run.folder.config.read_text())
    rate = config["training"]["optimizer"]["config"]["learning_rate"]
    assert (rate == 0.125) == (make is compiled)
    served = recipes.evaluate(run.folder.saved_model, table)
    assert served.as_json()["confusion"] == run.evaluation.as_json()["confusion"]


def wrong_shape():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])


def wrong_classes():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, "softmax")])


BAD = {
    "shape": (wrong_shape, {}, r"takes inputs of shape \(4,\)"),
    "classes": (wrong_classes, {}, "knows 5 classes; arrays has 2"),
    "arguments of a built model": (logits, {"model_arguments": {"a": 1}}, "is built"),
    "kind": (lambda: "cnn", {}, "takes images; arrays is a table.*mlp"),
    "batch": (lambda: "mlp", {"batch_size": 1000}, "1000 is larger than the data"),
    "epochs": (lambda: "mlp", {"epochs": 0}, "epochs"),
    "seed": (lambda: "mlp", {"seed": -1}, "seed"),
    "rate": (lambda: "mlp", {"learning_rate": 0}, "learning_rate"),
    "unknown argument": (
        lambda: "mlp",
        {"model_arguments": {"hidden": [3]}},
        "did you mean 'hidden_units'",
    ),
    "divergence": (
        lambda: "mlp",
        {"learning_rate": 1e30, "epochs": 3},
        "diverged.*learning_rate",
    ),
}


@pytest.mark.parametrize("make, arguments, message", BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_and_leave_no_files(
    tmp_path, table, make, arguments, message
):
    with pytest.raises(InputError, match=message):
        fit(make(), table, tmp_path / "run", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_augmentation_changes_training_and_is_reproducible(tmp_path):
    import tensorflow as tf

    def darker(images, labels, seed):
        factor = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed)
        return tf.cast(images, tf.float32) * factor, labels

    runs = [
        fit("mlp", "digits", tmp_path / name, epochs=1, augment=augment)
        for name, augment in (("a", darker), ("b", darker), ("c", None))
    ]
    losses = [run.metrics[0]["loss"] for run in runs]
    assert losses[0] == losses[1] != losses[2]


class InterruptedAt(Interruptible):
    """Ctrl-C during a given step."""

    def __init__(self, step):
        super().__init__()
        self.steps_left = step

    def on_train_batch_begin(self, batch, logs=None):
        self.steps_left -= 1
        if self.steps_left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def interrupted_at(monkeypatch):
    def arrange(step):
        monkeypatch.setattr(
            "recipes.training.loop.Interruptible", lambda: InterruptedAt(step)
        )

    return arrange


@pytest.mark.exports
def test_ctrl_c_keeps_the_best_model(tmp_path, table, interrupted_at):
    before = signal.getsignal(signal.SIGINT)
    interrupted_at(12)  # in the third epoch of five steps
    run = fit("mlp", table, tmp_path / "run", epochs=50)
    assert run.ended == "interrupted"
    assert len(run.metrics) == 2
    assert (run.folder.saved_model / "1" / "saved_model.pb").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_early_stopping_is_recorded(tmp_path, table):
    run = fit("mlp", table, tmp_path / "run", epochs=200, patience=3, seed=2)
    assert run.ended == "early"
    assert len(run.metrics) == run.kept_epoch + 3 < 200


def test_late_divergence_keeps_the_best_model(tmp_path, table, monkeypatch):
    class Diverging(BestModel):
        def on_epoch_end(self, epoch, logs=None):
            logs = dict(logs, loss=float("nan")) if epoch == 2 else logs
            super().on_epoch_end(epoch, logs)

    monkeypatch.setattr("recipes.training.tasks.supervised.BestModel", Diverging)
    run = fit("mlp", table, tmp_path / "run", epochs=9)
    assert run.ended == "diverged"
    assert len(run.metrics) == 3
    assert run.kept_epoch < 3


def test_a_second_ctrl_c_stops_at_once():
    callback = Interruptible()
    with callback.listening():
        callback.on_train_begin()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            callback.on_test_batch_end(0)


def test_a_failed_save_keeps_the_earlier_model(tmp_path):
    class Model:
        stop_training = False

        def __init__(self):
            self.content = "good"

        def save(self, path):
            path.write_text(self.content)
            if self.content == "bad":
                raise OSError(28, "No space left on device")

    keeper = BestModel(tmp_path / "model.keras")
    keeper.set_model(Model())
    keeper.on_epoch_end(0, {"loss": 1.0, "val_loss": 1.0})
    keeper.model.content = "bad"
    with pytest.raises(OSError, match="No space left"):
        keeper.on_epoch_end(1, {"loss": 1.0, "val_loss": 0.5})
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert keeper.path.read_text() == "good"
    assert keeper.epoch == 1


def write_nothing(folder):
    """Leave a new run folder empty."""


def test_default_folders_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = [create_run_folder(None, "mlp-digits", write_nothing) for _ in range(3)]
    assert [run.path.name for run in runs] == [f"mlp-digits-{n}" for n in (1, 2, 3)]


def test_removing_a_run_keeps_folders_that_existed_before(tmp_path):
    (tmp_path / "runs").mkdir()
    for name in ("runs/run", "deep/down/run"):
        create_run_folder(tmp_path / name, "", write_nothing).remove()
    assert [path.name for path in tmp_path.rglob("*")] == ["runs"]
    first, _ = (
        create_run_folder(tmp_path / "new" / n, "", write_nothing) for n in "12"
    )
    first.remove()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["2"]


def test_a_run_that_cannot_be_written_leaves_no_files(tmp_path):
    def fail(folder):
        folder.config.touch()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_run_folder(tmp_path / "deep" / "run", "", fail)
    assert list(tmp_path.iterdir()) == []
