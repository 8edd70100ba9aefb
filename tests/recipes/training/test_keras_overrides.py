"""Methods of Keras are restored after training, and kept in untested versions."""

import contextlib
import types
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.training import blocks
from recipes.training.callbacks import Terminated
from recipes.training.checkpoints import checkpointing
from recipes.training.keras_overrides import Override, Overrides
from recipes.training.kernels import fused
from recipes.training.strategies.steps import shared_steps
from tests.recipes.training.test_resume import TerminatedAt, assert_same
from zoo.errors import InputError


def test_overrides_are_undone_in_reverse_order_even_after_an_error():
    owner = types.SimpleNamespace(name="old")
    overrides = Overrides(
        [
            Override(owner, "name", "new"),
            Override(owner, "name", "newer"),
            Override(owner, "another", 1),
        ]
    )
    for _ in range(2):  # overrides can be used again
        with contextlib.suppress(ZeroDivisionError), overrides:
            assert vars(owner) == {"name": "newer", "another": 1}
            raise ZeroDivisionError
        assert vars(owner) == {"name": "old"}


def compiled():
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    model.compile("adam", "mse")
    return model


def in_blocks(model):
    return blocks.in_blocks(
        model,
        [],
        epochs=1,
        steps_per_epoch=1,
        validation=tf.data.Dataset.from_tensors((np.ones((2, 3)), np.ones((2, 3)))),
    )


def replaced(model):
    """Return the attributes that replace a method or hold a compiled step."""
    owners = {
        "model": (model, {"train_step"}),
        "optimizer": (model.optimizer, {"update_step", "apply", "scale_loss"}),
        "layer": (model.layers[0], {"call"}),
    }
    found = {
        f"{owner}.{name}"
        for owner, (value, names) in owners.items()
        for name in names & set(vars(value))
    }
    functions = ("train_function", "test_function")
    return found | {f"model.{name}" for name in functions if getattr(model, name)}


KERNELS = {"optimizer.update_step", "layer.call"}
STEPS = {"model.train_step", "optimizer.apply", "optimizer.scale_loss"}
CONTEXTS = {
    "kernels": (fused, KERNELS),
    "blocks": (in_blocks, KERNELS | {"model.train_function", "model.test_function"}),
    "replicas": (shared_steps, STEPS),
}


@pytest.mark.parametrize("context, expected", CONTEXTS.values(), ids=CONTEXTS)
def test_methods_are_restored_after_an_error(context, expected):
    model = compiled()
    with contextlib.suppress(ZeroDivisionError), context(model):
        assert replaced(model) == expected
        raise ZeroDivisionError
    assert replaced(model) == set()
    assert "_all_reduce_sum_gradients" not in vars(model.optimizer)


@pytest.mark.parametrize("package", [keras, tf], ids=["keras", "tensorflow"])
@pytest.mark.parametrize("context", [fused, in_blocks], ids=["kernels", "blocks"])
def test_methods_of_untested_versions_are_not_replaced(monkeypatch, package, context):
    monkeypatch.setattr(package, "__version__", "4.0.1")
    model = compiled()
    with context(model):
        assert replaced(model) == set()


@pytest.fixture
def fit(tmp_path):
    def fit(name, **options):
        return recipes.fit(
            "mlp", "digits", out=tmp_path / name, epochs=2, seed=3, **options
        )

    return fit


def terminated_at(steps):
    return mock.patch(
        "recipes.training.loop.Interruptible", return_value=TerminatedAt(steps)
    )


def test_an_untested_version_learns_the_same_and_resumes(
    fit, tmp_path, monkeypatch, capsys
):
    fast = fit("fast", progress=False)
    monkeypatch.setattr(keras, "__version__", "4.0.1")
    plain = fit("plain")
    note = (
        "Training is tested with keras 3.15, and this is 4.0.1: Keras does every step"
    )
    assert capsys.readouterr().err.count(note) == 1
    for one, other in zip(plain.metrics, fast.metrics, strict=True):
        for name in ("loss", "val_loss"):
            assert one[name] == pytest.approx(other[name], rel=1e-3)
    with terminated_at(5), pytest.raises(Terminated):
        fit("resumed", progress=False)
    recipes.resume(tmp_path / "resumed", progress=False)
    assert_same(tmp_path / "resumed", tmp_path / "plain")


def test_resuming_is_refused_if_keras_does_not_call_the_override(
    fit, tmp_path, monkeypatch
):
    with terminated_at(5), pytest.raises(Terminated):
        fit("run", progress=False)
    monkeypatch.setattr(checkpointing, "Overrides", lambda overrides: Overrides([]))
    with pytest.raises(InputError, match=r"does not call `train_function`.*keras==3"):
        recipes.resume(tmp_path / "run", progress=False)
    assert (tmp_path / "run" / "config.json").exists()
