"""Temperature scaling in a run: the kept model, its export, resuming, refusals."""

import keras
import numpy as np
import pytest

import recipes
from zoo.errors import InputError


@pytest.fixture(scope="module")
def table():
    """Noisy labels, of which a network is soon too certain."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 6)).astype("float32")
    labels = (rows[:, 0] + 2 * rng.normal(size=400) > 0).astype(int)
    return recipes.from_arrays(rows, labels, class_names=["no", "yes"])


def fit(data, out, **options):
    options = {"epochs": 3, "learning_rate": 0.03, **options}
    return recipes.fit("mlp", data, out=out, progress=False, **options)


@pytest.fixture(scope="module")
def runs(table, tmp_path_factory):
    """A run as it is, and the same run with calibration."""
    folder = tmp_path_factory.mktemp("runs")
    return [fit(table, folder / str(flag), calibrate=flag) for flag in (False, True)]


def test_the_classes_stay_and_the_validation_loss_falls(runs, table):
    plain, scaled = (
        [recipes.evaluate(run.folder.path, table, part=part) for run in runs]
        for part in ("test", "validation")
    )
    np.testing.assert_array_equal(plain[0].confusion, plain[1].confusion)
    assert scaled[1].loss < scaled[0].loss
    assert runs[0].evaluation.temperature is None
    assert runs[1].evaluation.temperature != pytest.approx(1, abs=0.05)


def test_the_export_has_the_temperature(runs, table):
    model, served = (
        recipes.evaluate(path, table)
        for path in (runs[1].folder.path, runs[1].folder.saved_model)
    )
    assert served.loss == pytest.approx(model.loss, rel=1e-5)
    assert model.loss == pytest.approx(runs[1].evaluation.loss, rel=1e-6)


def test_a_report_that_is_cut_off_is_made_again_exactly(runs, table, tmp_path):
    def cut_off(*_, **__):
        raise SystemExit(1)

    origin, arrays = tmp_path / "data.npz", {}
    for name in ("train", "validation", "test"):
        part = getattr(table, name)
        arrays |= {f"x_{name}": part.inputs, f"y_{name}": part.labels}
    np.savez(origin, **arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recipes.training.tasks.supervised.export", cut_off)
        with pytest.raises(SystemExit):
            fit(origin, tmp_path / "run", calibrate=True)
    cut = keras.saving.load_model(tmp_path / "run" / "model.keras")
    run = recipes.resume(tmp_path / "run", progress=False)
    for left, right in zip(cut.weights, run.model.weights, strict=True):
        np.testing.assert_array_equal(left, right)
    assert run.evaluation.temperature == runs[1].evaluation.temperature


def ends_in_softmax():
    inputs = keras.Input((6,))
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(2)(inputs)))


@pytest.mark.parametrize(
    "model, data, message",
    [
        ("perceptron", None, "ends in 'sign', which has none"),
        (ends_in_softmax, None, "divides the logits of a dense layer"),
        ("mlp", "numbers", "`calibrate` is for probabilities"),
        ("dcgan", "digits", "`calibrate` is for classifiers"),
    ],
    ids=["perceptron", "softmax layer", "numbers", "drawing"],
)
def test_models_without_logits_are_refused(table, tmp_path, model, data, message):
    if data is None:
        data = table
    elif data == "numbers":
        data = (table.train.inputs, table.train.inputs[:, 0])
    model = model if isinstance(model, str) else model()
    with pytest.raises(InputError, match=message):
        recipes.fit(
            model, data, out=tmp_path / "run", calibrate=True, progress=False, epochs=1
        )
    assert not (tmp_path / "run").exists()
