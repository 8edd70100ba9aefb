"""Runs of an experiment: trained once, resumed, read."""

import json

import keras
import pytest

import recipes
from recipes.experiments.repeated import run_once
from zoo.errors import InputError

ARGUMENTS = {
    "model": "mlp",
    "data": "xor",
    "epochs": 2,
    "model_arguments": {"hidden_units": [8]},
    "progress": False,
}


class PowerCut(keras.callbacks.Callback):
    """Ends the work in the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise OSError("power cut")


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    return run_once(
        tmp_path_factory.mktemp("light") / "run", scores_only=True, **ARGUMENTS
    )


def scores(folder):
    return json.loads((folder / "evaluation.json").read_text())


def test_a_run_for_its_scores_has_the_same_scores_and_nothing_more(
    light, tmp_path, no_export
):
    full = recipes.fit(**ARGUMENTS, out=tmp_path / "full").folder
    assert scores(light) == scores(full.path)
    assert full.curves.exists()
    assert {path.name for path in light.iterdir()} == {
        "config.json",
        "evaluation.json",
        "metrics.csv",
        "model.keras",
        "outcome.json",
        "tensorboard",
    }


def test_a_finished_run_is_read_and_one_cut_off_is_resumed(light, tmp_path):
    before = (light / "metrics.csv").stat().st_mtime_ns
    assert run_once(light, scores_only=True, **ARGUMENTS) == light
    assert (light / "metrics.csv").stat().st_mtime_ns == before
    cut = tmp_path / "cut"
    with pytest.raises(OSError, match="power cut"):
        run_once(cut, scores_only=True, **ARGUMENTS, callbacks=[PowerCut()])
    run_once(cut, **ARGUMENTS, callbacks=[])
    assert scores(cut) == scores(light)
    assert not (cut / "curves.png").exists()


def test_other_folders_and_arguments_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a run folder"):
        run_once(tmp_path, **ARGUMENTS)
    with pytest.raises(InputError, match="`epochs` must be"):
        run_once(tmp_path / "run", **ARGUMENTS | {"epochs": 0})


def test_the_precision_policy_outlives_a_run(light, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        run_once(tmp_path / "run", scores_only=True, **ARGUMENTS | {"epochs": 1})
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
