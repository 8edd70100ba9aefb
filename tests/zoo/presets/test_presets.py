"""Presets: what a user saves and reads back."""

import json
import pathlib
import shutil

import h5py
import keras
import numpy as np
import pytest

import zoo
from zoo.digest import sha256
from zoo.errors import InputError
from zoo.presets.folder import PresetFolder
from zoo.presets.index import SHIPPED

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype="uint8")
CLASSES = ["a", "b", "c"]


def small_cnn(**options):
    return zoo.CNN((8, 8, 1), 3, widths=(4, 8), class_names=CLASSES, **options)


def answers(model, inputs=IMAGES):
    return keras.ops.convert_to_numpy(model(inputs, training=False))


def train(model, num_classes):
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(IMAGES, np.arange(5) % num_classes, verbose=0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    model = small_cnn(dropout=0.4)
    train(model, 3)
    folder = tmp_path_factory.mktemp("presets") / "mine"
    return model, model.save_to_preset(folder, card={"task": "shapes"})


@pytest.fixture
def saved(trained, tmp_path):
    """A trained model, and a preset of it for the test alone."""
    model, folder = trained
    return model, pathlib.Path(shutil.copytree(folder, tmp_path / "mine"))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def edited(preset, file, change):
    """The preset's folder with one of its JSON files changed."""
    path = preset / file
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return preset


# There and back


def test_saved_preset_answers_alike(saved):
    model, folder = saved
    loaded = zoo.CNN.from_preset(folder)
    assert type(loaded) is zoo.CNN
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(answers(loaded), answers(model))
    assert not loaded.compiled
    assert json.loads((folder / "card.json").read_text())["task"] == "shapes"


def test_measured_scaling_survives(tmp_path):
    rows = np.random.default_rng(0).normal(3, 5, (50, 4)).astype("float32")
    model = zoo.MLP((4,), 3, hidden_units=(8,))
    model.adapt(rows)
    loaded = zoo.from_preset(model.save_to_preset(tmp_path / "rows"))
    np.testing.assert_array_equal(answers(loaded, rows), answers(model, rows))


def test_no_optimizer_is_stored(saved):
    _, folder = saved
    stored = []
    with h5py.File(folder / "model.weights.h5") as file:
        file.visit(stored.append)
    assert any("conv2d" in name for name in stored)
    assert not any("optimizer" in name for name in stored)


def test_float16_halves_matrices_alone(tmp_path):
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


def test_class_names_alone_rename(saved):
    model, folder = saved
    renamed = zoo.CNN.from_preset(folder, class_names=["x", "y", "z"])
    assert renamed.class_names == ("x", "y", "z")
    np.testing.assert_array_equal(answers(renamed), answers(model))


# A new head


def test_new_head_over_the_same_body(saved):
    model, _ = saved
    new = model.with_head(5, list("vwxyz"))
    assert new.class_names == ("v", "w", "x", "y", "z")
    assert answers(new).shape == (5, 5)
    for old, other in zip(model.layers[:-1], new.layers[:-1], strict=True):
        for a, b in zip(old.weights, other.weights, strict=True):
            assert a is not b
            np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (a, b)))
    assert all(layer.trainable for layer in new.layers)


def test_body_is_copied_not_shared(saved):
    model, _ = saved
    before = answers(model)
    new = model.with_head(2)
    train(new, 2)
    np.testing.assert_array_equal(answers(model), before)


def test_frozen_body_stays_frozen(saved, tmp_path):
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


def test_freezing_by_hand_is_kept_too(tmp_path):
    model = small_cnn()
    model.layers[2].trainable = False
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert [layer.trainable for layer in loaded.layers] == [
        layer.trainable for layer in model.layers
    ]
    assert len(loaded.trainable_variables) < len(small_cnn().trainable_variables)


def test_new_head_on_a_measured_scaling():
    rows = np.random.default_rng(0).normal(3, 5, (50, 4)).astype("float32")
    model = zoo.MLP((4,), 3, hidden_units=())
    model.adapt(rows)
    new = model.with_head(2)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(new.get_layer("standardize")(rows)),
        keras.ops.convert_to_numpy(model.get_layer("standardize")(rows)),
    )


# What is refused

REFUSED = {  # what is wrong: (arguments of from_preset, part of the message)
    "another class": (lambda f: zoo.MLP.from_preset(f), "class CNN, not MLP"),
    "other classes": (
        lambda f: zoo.from_preset(f, class_names=["a", "b"]),
        "for a new head give num_classes=2",
    ),
    "one class": (lambda f: zoo.from_preset(f, num_classes=1), "at least 2"),
    "names that do not fit": (
        lambda f: zoo.from_preset(f, num_classes=4, class_names=["a"]),
        "1 names for 4",
    ),
    "frozen without a head": (
        lambda f: zoo.from_preset(f, freeze_body=True),
        "give `num_classes`",
    ),
    "unknown argument": (lambda f: zoo.from_preset(f, widhts=(4,)), "'widths'"),
    "other architecture": (
        lambda f: zoo.from_preset(f, widths=(4, 9)),
        "leave `widths` as it is",
    ),
    "less of the architecture": (
        lambda f: zoo.from_preset(f, depth=1),
        "leave `depth` as it is",
    ),
    "value out of range": (lambda f: zoo.from_preset(f, dropout=2), "dropout"),
}


@pytest.mark.parametrize("read, message", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(saved, read, message):
    _, folder = saved
    with pytest.raises(InputError, match=message):
        read(folder)


@pytest.mark.parametrize(
    "wrong, nearest", [("mlp_digit", "mlp_digits"), ("CNN_Digits", "cnn_digits")]
)
def test_unknown_preset_names_the_nearest(wrong, nearest):
    with pytest.raises(InputError, match=f"'{wrong}'; did you mean '{nearest}'"):
        zoo.from_preset(wrong)


def test_unknown_preset_without_a_near_one_lists_all():
    with pytest.raises(InputError, match=r"there are .*cnn_digits, .*mlp_digits"):
        zoo.from_preset("xxxxxxxxxxxx")


@pytest.mark.parametrize("byte", [0, 9_000, -1])
def test_damaged_weights_are_refused_by_name(saved, byte):
    _, folder = saved
    file = folder / "model.weights.h5"
    content = bytearray(file.read_bytes())
    content[byte] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.weights\.h5 is damaged.*copy the"):
        zoo.from_preset(folder)


def test_damaged_shipped_preset_is_refused(tmp_path, monkeypatch):
    """Even where the folder's own checksum was changed with the weights."""
    shutil.copytree(SHIPPED / "mlp_digits", tmp_path / "mlp_digits")
    folder = PresetFolder(tmp_path / "mlp_digits")
    with h5py.File(folder.weights, "r+") as file:
        file["layers/dense/vars/1"][0] += 1
    edited(
        folder.path,
        "metadata.json",
        lambda content: content.update(sha256=sha256(folder.weights)),
    )
    assert zoo.from_preset(folder.path)
    monkeypatch.setattr("zoo.presets.index.SHIPPED", tmp_path)
    with pytest.raises(InputError, match=r"weights\.h5 is damaged.*install the pack"):
        zoo.from_preset("mlp_digits")


@pytest.mark.parametrize("file", ["config.json", "metadata.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": 3}'])
def test_damaged_json_is_refused_by_name(saved, file, content):
    _, folder = saved
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=f"{file}|has format None"):
        zoo.from_preset(folder)


@pytest.mark.parametrize("file", ["config.json", "metadata.json", "model.weights.h5"])
def test_missing_file_is_named(saved, file):
    _, folder = saved
    (folder / file).unlink()
    with pytest.raises(InputError, match=f"not a complete preset: it lacks {file}"):
        zoo.from_preset(folder)


def test_later_format_is_refused(saved):
    _, folder = saved
    edited(folder, "metadata.json", lambda content: content.update(format=99))
    with pytest.raises(InputError, match="format 99; this version reads format 1"):
        zoo.from_preset(folder)


CODE = {  # what a hostile configuration may hold: (where, what, message)
    "a lambda": (
        "activation",
        {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}},
        "code from a file is not run",
    ),
    "a function of another module": (
        "activation",
        {
            "module": "os",
            "class_name": "function",
            "config": "system",
            "registered_name": "system",
        },
        "system",
    ),
    "a class of another module": (
        "kernel_regularizer",
        {
            "module": "subprocess",
            "class_name": "Popen",
            "config": {"args": "true"},
            "registered_name": "Popen",
        },
        "Popen",
    ),
    "a Keras function that is not a formula": (
        "activation",
        {
            "module": "keras.utils",
            "class_name": "function",
            "config": "get_file",
            "registered_name": "get_file",
        },
        "get_file",
    ),
}


@pytest.mark.parametrize("argument, value, message", CODE.values(), ids=CODE)
def test_code_is_not_run(saved, argument, value, message):
    _, folder = saved
    edited(folder, "config.json", lambda c: c["config"].update({argument: value}))
    with pytest.raises(InputError, match=message):
        zoo.from_preset(folder)


@pytest.mark.parametrize("name", ["keras.Sequential", "Sequential", None, 3])
def test_model_of_no_family_is_refused(saved, name):
    _, folder = saved
    edited(folder, "config.json", lambda c: c.update(registered_name=name))
    with pytest.raises(InputError, match=r"config\.json"):
        zoo.from_preset(folder)


def test_nothing_outside_the_folder_is_read(saved, tmp_path):
    _, folder = saved
    secret = tmp_path / "model.weights.h5"
    (folder / "model.weights.h5").rename(secret)
    (folder / "model.weights.h5").symlink_to(secret)
    with pytest.raises(InputError, match="link to a file outside the preset"):
        zoo.from_preset(folder)


def test_weights_do_not_link_to_other_files(saved, tmp_path):
    _, folder = saved
    weights = folder / "model.weights.h5"
    shutil.copy(weights, tmp_path / "other.h5")
    with h5py.File(weights, "r+") as file:
        place = "layers/dense/vars/0"
        del file[place]
        file[place] = h5py.ExternalLink(tmp_path / "other.h5", place)
    edited(
        folder, "metadata.json", lambda content: content.update(sha256=sha256(weights))
    )
    with pytest.raises(InputError, match=r"weights\.h5 does not fit"):
        zoo.from_preset(folder)


def test_own_class_is_read_where_it_is_registered(tmp_path):
    @keras.saving.register_keras_serializable(package="test_presets")
    class Own(zoo.MLP):
        pass

    model = Own((4,), 2, hidden_units=(3,))
    folder = model.save_to_preset(tmp_path / "own")
    assert type(zoo.from_preset(folder)) is Own
    edited(folder, "config.json", lambda c: c.update(registered_name="else>Own"))
    with pytest.raises(InputError, match="else>Own"):
        zoo.from_preset(folder)


# Whole or not at all


def test_nothing_is_left_of_a_failure(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zoo.presets.writing.sha256", full)
    with pytest.raises(OSError, match="No space left"):
        small_cnn().save_to_preset(tmp_path / "a" / "mine")
    assert not [*(tmp_path / "a").iterdir()]


def test_a_failure_leaves_the_preset_that_was_there(saved, tmp_path, monkeypatch):
    model, folder = saved
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr("zoo.presets.writing.copy_state", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            small_cnn().save_to_preset(folder, overwrite=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert names_in(tmp_path) == ["mine"]
    np.testing.assert_array_equal(answers(zoo.from_preset(folder)), answers(model))


def test_overwrites_presets_alone_and_on_demand(saved, tmp_path):
    _, folder = saved
    other = small_cnn()
    with pytest.raises(InputError, match="exists already"):
        other.save_to_preset(folder)
    other.save_to_preset(folder, overwrite=True)
    np.testing.assert_array_equal(answers(zoo.from_preset(folder)), answers(other))
    (tmp_path / "precious").mkdir()
    with pytest.raises(InputError, match="is not a preset"):
        other.save_to_preset(tmp_path / "precious", overwrite=True)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write"):
        small_cnn().save_to_preset(tmp_path / "file" / "preset")


BAD_CARDS = {
    "unknown key": ({"licence": "MIT"}, "did you mean 'license'"),
    "no JSON": ({"task": pathlib.Path()}, "cannot be written as JSON"),
    "not a number": ({"latency": float("nan")}, "cannot be written as JSON"),
}


@pytest.mark.parametrize("card, message", BAD_CARDS.values(), ids=BAD_CARDS)
def test_bad_card_is_refused(tmp_path, card, message):
    with pytest.raises(InputError, match=message):
        small_cnn().save_to_preset(tmp_path / "mine", card=card)
    assert not [*tmp_path.iterdir()]
