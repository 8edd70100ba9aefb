"""Presets that are damaged, incomplete or unsafe, and arguments that do not fit."""

import json
import shutil

import h5py
import keras
import pytest

import zoo
from zoo.digest import sha256
from zoo.errors import InputError
from zoo.presets.folder import PresetFolder
from zoo.presets.index import SHIPPED


def edited(preset, file, change):
    """Apply `change` to a JSON file of the preset, and return its folder."""
    path = preset / file
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return preset


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
def test_arguments_that_do_not_fit_are_refused(saved, read, message):
    _, folder = saved
    with pytest.raises(InputError, match=message):
        read(folder)


@pytest.mark.parametrize(
    "wrong, nearest", [("mlp_digit", "mlp_digits"), ("CNN_Digits", "cnn_digits")]
)
def test_the_error_for_an_unknown_preset_names_the_nearest(wrong, nearest):
    with pytest.raises(InputError, match=f"no model {wrong}; did you mean '{nearest}'"):
        zoo.from_preset(wrong)


def test_the_error_for_a_name_unlike_any_preset_says_where_they_are_listed():
    with pytest.raises(InputError, match=r"give a preset \(of `zoo list --presets`"):
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
    """The index of the package has a checksum too, so the folder's is not enough."""
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
    for module in ("folder", "references"):
        monkeypatch.setattr(f"zoo.presets.{module}.SHIPPED", tmp_path)
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


CODE = {  # code in the configuration of a preset: (argument, value, message)
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
    "a Keras function that is not an activation": (
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
def test_a_class_outside_the_zoo_is_refused(saved, name):
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
        name = "layers/dense/vars/0"
        del file[name]
        file[name] = h5py.ExternalLink(tmp_path / "other.h5", name)
    edited(
        folder, "metadata.json", lambda content: content.update(sha256=sha256(weights))
    )
    with pytest.raises(InputError, match=r"weights\.h5 does not fit"):
        zoo.from_preset(folder)


def test_a_users_class_is_loaded_if_it_is_registered(tmp_path):
    @keras.saving.register_keras_serializable(package="users")
    class Own(zoo.MLP):
        pass

    model = Own((4,), 2, hidden_units=(3,))
    folder = model.save_to_preset(tmp_path / "own")
    assert type(zoo.from_preset(folder)) is Own
    edited(folder, "config.json", lambda c: c.update(registered_name="else>Own"))
    with pytest.raises(InputError, match="else>Own"):
        zoo.from_preset(folder)
