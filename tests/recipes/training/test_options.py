"""Options of training: precision, XLA, accumulation, clipping and time limit."""

import json

import keras
import numpy as np
import pytest

import recipes
from recipes.training.settings import settings_for
from recipes.training.setup import load_untrained
from zoo.errors import InputError

SMALL = {"hidden_units": [8]}


def fit(folder, model="mlp", **options):
    options = {"epochs": 1, "model_arguments": SMALL, "progress": False} | options
    return recipes.fit(model, "digits", out=folder, **options)


def resolved(folder):
    return json.loads((folder / "config.json").read_text())["resolved"]


@pytest.mark.parametrize("precision", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_the_model_trains_in_each_precision(tmp_path, precision):
    wide = {"hidden_units": [64]}
    run = fit(tmp_path / "run", precision=precision, epochs=3, model_arguments=wide)
    assert resolved(run.folder.path)["precision"] == precision
    assert run.evaluation.accuracy > 0.5
    assert {weights.dtype for weights in run.model.weights} == {"float32"}
    scaled = isinstance(run.model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled is (precision == "mixed_float16")


def test_xla_gives_the_same_loss_and_is_kept_on_resuming(tmp_path):
    runs = {jit: fit(tmp_path / str(jit), jit_compile=jit) for jit in (True, False)}
    losses = [run.evaluation.loss for run in runs.values()]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    for jit, run in runs.items():
        assert resolved(run.folder.path)["jit_compile"] is jit
        run.folder.checkpoints.mkdir()
        run.model.save(run.folder.untrained)
        settings = settings_for("mlp", 100, jit_compile=jit)
        assert load_untrained(run.folder, settings).jit_compile is jit


@pytest.mark.parametrize("batches, moved", [(3, True), (4, False)])
def test_accumulation_makes_one_update_from_several_batches(tmp_path, batches, moved):
    data = recipes.from_arrays(np.eye(8, 3, dtype="float32").repeat(6, 0), [0, 1] * 24)
    size = -(-len(data.train) // 3)  # an epoch is three batches
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    before = model.get_weights()[0]
    run = recipes.fit(
        model,
        data,
        out=tmp_path / "run",
        batch_size=size,
        epochs=1,
        accumulation_steps=batches,
        progress=False,
    )
    assert (run.model.get_weights()[0] != before).any() == moved


def test_clip_norm_is_passed_to_the_optimizer(tmp_path):
    assert fit(tmp_path / "run", clip_norm=0.5).model.optimizer.global_clipnorm == 0.5


def test_the_time_limit_ends_training_after_a_step(tmp_path):
    run = fit(tmp_path / "run", time_limit=1e-6, epochs=5)
    assert run.ended == "time limit"
    assert len(run.metrics) == run.kept_epoch == 1
    assert not run.folder.checkpoints.exists()


def users_model(compiled):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(10, "softmax"))
    if compiled:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    "options, message",
    [
        ({"precision": "float16"}, "`precision` must be one of"),
        ({"on_nan": "continue"}, "`on_nan` must be one of"),
        ({"clip_norm": 0}, "`clip_norm` must be finite and above 0"),
        ({"accumulation_steps": 0}, "`accumulation_steps` must be a positive integer"),
        ({"time_limit": -1}, "`time_limit` must be finite and above 0"),
        (
            {"model": users_model(compiled=False), "precision": "mixed_bfloat16"},
            "`precision` 'mixed_bfloat16' is for a model given by name",
        ),
        (
            {"model": users_model(compiled=True), "clip_norm": 1, "learning_rate": 1},
            "which decides `learning_rate` and `clip_norm`",
        ),
        (
            {"model": users_model(compiled=True), "accumulation_steps": 2},
            "which decides `accumulation_steps`",
        ),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(tmp_path, options, message):
    if "model" in options:
        options["model_arguments"] = None
    with pytest.raises(InputError, match=message):
        fit(tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []
