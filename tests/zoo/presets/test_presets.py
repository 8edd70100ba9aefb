"""Presets that a user saves, loads and gives a new head."""

import json
import pathlib

import h5py
import keras
import numpy as np
import pytest

import zoo
from tests.zoo.presets.small_cnn import answers, small_cnn, train
from zoo.errors import InputError


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# Saving and loading


def test_a_loaded_preset_has_the_same_outputs(saved):
    model, folder = saved
    loaded = zoo.CNN.from_preset(folder)
    assert type(loaded) is zoo.CNN
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(answers(loaded), answers(model))
    assert not loaded.compiled
    assert json.loads((folder / "card.json").read_text())["task"] == "shapes"


def test_measured_scaling_is_saved(tmp_path):
    rows = np.random.default_rng(0).normal(3, 5, (50, 4)).astype("float32")
    model = zoo.MLP((4,), 3, hidden_units=(8,))
    model.adapt(rows)
    loaded = zoo.from_preset(model.save_to_preset(tmp_path / "rows"))
    np.testing.assert_array_equal(answers(loaded, rows), answers(model, rows))


def test_the_optimizer_is_not_saved(saved):
    _, folder = saved
    stored = []
    with h5py.File(folder / "model.weights.h5") as file:
        file.visit(stored.append)
    assert any("conv2d" in name for name in stored)
    assert not any("optimizer" in name for name in stored)


def test_float16_halves_the_size_of_matrices(tmp_path):
    model = zoo.MLP((64,), 3, hidden_units=(512,))
    whole = model.save_to_preset(tmp_path / "whole") / "model.weights.h5"
    half = model.save_to_preset(tmp_path / "half", weights_dtype="float16")
    size = (half / "model.weights.h5").stat().st_size
    assert 0.45 < size / whole.stat().st_size < 0.6
    rows = np.random.default_rng(0).normal(size=(5, 64)).astype("float32")
    loaded = zoo.from_preset(half)
    assert {weight.dtype for weight in loaded.weights} >= {"float32"}
    np.testing.assert_allclose(answers(loaded, rows), answers(model, rows), atol=5e-3)
    kernel = model.get_layer("classifier").kernel
    kernel.assign(np.full(kernel.shape, 1e5))
    with pytest.raises(InputError, match="do not fit into float16"):
        model.save_to_preset(tmp_path / "large", weights_dtype="float16")
    assert names_in(tmp_path) == ["half", "whole"]


def test_arguments_change_the_configuration(saved):
    model, folder = saved
    changed = zoo.CNN.from_preset(folder, dropout=0.1, dtype="mixed_bfloat16")
    assert changed.get_config()["dropout"] == 0.1
    np.testing.assert_allclose(answers(changed), answers(model), atol=0.05)
    larger = zoo.CNN.from_preset(folder, input_shape=(16, 16, 1))
    assert larger.input_shape == (None, 16, 16, 1)
    untrained = zoo.CNN.from_preset(folder, load_weights=False)
    assert np.abs(answers(untrained) - answers(model)).max() > 1e-3


def test_class_names_rename_the_classes_of_the_head(saved):
    model, folder = saved
    renamed = zoo.CNN.from_preset(folder, class_names=["x", "y", "z"])
    assert renamed.class_names == ("x", "y", "z")
    np.testing.assert_array_equal(answers(renamed), answers(model))


# A new head


def test_a_new_head_keeps_the_body(saved):
    model, _ = saved
    new = model.with_head(5, list("vwxyz"))
    assert new.class_names == ("v", "w", "x", "y", "z")
    assert answers(new).shape == (5, 5)
    for old, other in zip(model.layers[:-1], new.layers[:-1], strict=True):
        for a, b in zip(old.weights, other.weights, strict=True):
            assert a is not b
            np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (a, b)))
    assert all(layer.trainable for layer in new.layers)


def test_the_body_is_copied_and_not_shared(saved):
    model, _ = saved
    before = answers(model)
    new = model.with_head(2)
    train(new, 2)
    np.testing.assert_array_equal(answers(model), before)


def test_a_frozen_body_stays_frozen(saved, tmp_path):
    _, folder = saved
    model = zoo.CNN.from_preset(folder, num_classes=2, freeze_body=True)
    heads = ["classifier/kernel", "classifier/bias"]
    assert [weight.path for weight in model.trainable_variables] == heads
    frozen = [
        keras.ops.convert_to_numpy(w)
        for layer in model.layers[:-1]
        for w in layer.weights
    ]
    train(model, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    again = zoo.from_preset(model.save_to_preset(tmp_path / "frozen"))
    for kept in (model, loaded, again):
        assert len(kept.trainable_variables) == 2
        weights = [w for layer in kept.layers[:-1] for w in layer.weights]
        for old, new in zip(frozen, weights, strict=True):
            np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


def test_a_layer_frozen_by_the_user_stays_frozen(tmp_path):
    model = small_cnn()
    model.layers[2].trainable = False
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert [layer.trainable for layer in loaded.layers] == [
        layer.trainable for layer in model.layers
    ]
    assert len(loaded.trainable_variables) < len(small_cnn().trainable_variables)


def test_a_new_head_keeps_the_measured_scaling():
    rows = np.random.default_rng(0).normal(3, 5, (50, 4)).astype("float32")
    model = zoo.MLP((4,), 3, hidden_units=())
    model.adapt(rows)
    new = model.with_head(2)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(new.get_layer("standardize")(rows)),
        keras.ops.convert_to_numpy(model.get_layer("standardize")(rows)),
    )


# Writing as a whole or not at all


def test_a_failed_save_leaves_no_files(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zoo.presets.writing.sha256", full)
    with pytest.raises(OSError, match="No space left"):
        small_cnn().save_to_preset(tmp_path / "a" / "mine")
    assert not [*(tmp_path / "a").iterdir()]


def test_a_failed_overwrite_keeps_the_old_preset(saved, tmp_path, monkeypatch):
    model, folder = saved
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr("zoo.presets.writing.copy_state", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            small_cnn().save_to_preset(folder, overwrite=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert names_in(tmp_path) == ["mine"]
    np.testing.assert_array_equal(answers(zoo.from_preset(folder)), answers(model))


def test_only_presets_are_overwritten_and_only_on_request(saved, tmp_path):
    _, folder = saved
    other = small_cnn()
    with pytest.raises(InputError, match="exists already"):
        other.save_to_preset(folder)
    other.save_to_preset(folder, overwrite=True)
    np.testing.assert_array_equal(answers(zoo.from_preset(folder)), answers(other))
    (tmp_path / "precious").mkdir()
    with pytest.raises(InputError, match="is not a preset"):
        other.save_to_preset(tmp_path / "precious", overwrite=True)


def test_a_folder_that_cannot_be_created_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write"):
        small_cnn().save_to_preset(tmp_path / "file" / "preset")


BAD_CARDS = {
    "unknown key": ({"licence": "MIT"}, "did you mean 'license'"),
    "not JSON": ({"task": pathlib.Path()}, "cannot be written as JSON"),
    "not a number": ({"latency": float("nan")}, "cannot be written as JSON"),
}


@pytest.mark.parametrize("card, message", BAD_CARDS.values(), ids=BAD_CARDS)
def test_bad_card_is_refused(tmp_path, card, message):
    with pytest.raises(InputError, match=message):
        small_cnn().save_to_preset(tmp_path / "mine", card=card)
    assert not [*tmp_path.iterdir()]
