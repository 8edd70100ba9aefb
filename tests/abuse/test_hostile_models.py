"""Model files that would run code or reach outside are refused without effect."""

import base64
import io
import json
import marshal
import os
import pathlib
import shutil
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest

import zoo
from zoo.digest import sha256
from zoo.errors import InputError
from zoo.keras_file import load_keras_file
from zoo.loading import load_classifier

SECRET = "what the user wrote"


@pytest.fixture
def canary(tmp_path):
    """A user's file, which nothing may change; nothing else may appear beside it."""
    file = tmp_path / "home" / "canary.txt"
    file.parent.mkdir()
    file.write_text(SECRET)
    yield file
    assert file.read_text() == SECRET
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A harmless `.keras` file."""
    file = tmp_path_factory.mktemp("whole") / "model.keras"
    keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(4, activation="relu", name="body"),
            keras.layers.Dense(2, activation="softmax", name="head"),
        ]
    ).save(file)
    return file


def rewritten(file, whole, change=None, replaced=None, added=()):
    """Copy a `.keras` file with a changed configuration, replaced and added members."""
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json" and change is not None:
                configuration = json.loads(content)
                change(configuration)
                content = json.dumps(configuration)
            content = (replaced or {}).get(name, content)
            if content is not None:
                new.writestr(name, content)
        for member, content in added:
            new.writestr(member, content)
    return file


def keras_object(owner, name, registered=None, **config):
    return {
        "module": owner,
        "class_name": name,
        "config": config,
        "registered_name": registered,
    }


def function(module, name):
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": name,
    }


def python_code(path):
    """A stored lambda that would write to a file."""
    text = f"lambda x: open({str(path)!r}, 'w').write('gone')"
    code = base64.b64encode(marshal.dumps(eval(text).__code__)).decode()
    return {"class_name": "__lambda__", "config": {"value": [code, None, None]}}


# Objects in the place of a layer: functions of the canary.
LAYERS = {
    "Lambda": lambda c: keras_object("keras.layers", "Lambda", function=python_code(c)),
    "TFSMLayer": lambda c: keras_object(
        "keras.layers", "TFSMLayer", filepath=str(c.parent)
    ),
    "TorchModuleWrapper": lambda c: keras_object(
        "keras.layers", "TorchModuleWrapper", module=str(c)
    ),
    "JaxLayer": lambda c: keras_object(
        "keras.layers", "JaxLayer", call_fn=python_code(c)
    ),
    "FlaxLayer": lambda c: keras_object(
        "keras.layers", "FlaxLayer", module=python_code(c)
    ),
    "StringLookup": lambda c: keras_object(
        "keras.layers", "StringLookup", vocabulary=str(c)
    ),
    "IntegerLookup": lambda c: keras_object(
        "keras.layers", "IntegerLookup", vocabulary=str(c)
    ),
    "TextVectorization": lambda c: keras_object(
        "keras.layers", "TextVectorization", vocabulary=str(c)
    ),
    "os.system": lambda c: keras_object("os", "system", command=f"rm {c}"),
    "subprocess.Popen": lambda c: keras_object(
        "subprocess", "Popen", args=["rm", str(c)]
    ),
    "pathlib.Path": lambda c: keras_object("pathlib", "Path", args=[str(c)]),
    "builtins.open": lambda c: keras_object("builtins", "open", file=str(c), mode="w"),
    "registered elsewhere": lambda c: keras_object(
        None, "Popen", "subprocess>Popen", args=["rm", str(c)]
    ),
    "a module of ours": lambda c: keras_object(
        "zoo.atomic_writes", "write_json", path=str(c), content="gone"
    ),
    "a method of ours": lambda c: keras_object(
        "recipes.reports.run_folder", "RunFolder", path=str(c.parent)
    ),
    "KerasFileEditor": lambda c: keras_object(
        "keras.saving", "KerasFileEditor", filepath=str(c)
    ),
    "CSVLogger": lambda c: keras_object(
        "keras.callbacks", "CSVLogger", filename=str(c)
    ),
    "a private class of Keras": lambda c: keras_object(
        "keras.src.saving.saving_lib", "DiskIOStore", root_path=str(c.parent)
    ),
}
# Functions in the place of an activation.
FUNCTIONS = {
    "os.system": function("os", "system"),
    "os.remove": function("os", "remove"),
    "shutil.rmtree": function("shutil", "rmtree"),
    "builtins.eval": function("builtins", "eval"),
    "builtins.exec": function("builtins", "exec"),
    "pickle.loads": function("pickle", "loads"),
    "get_file": function("keras.utils", "get_file"),
    "load_model": function("keras.saving", "load_model"),
    "load_weights": function("keras.saving", "load_weights"),
    "save_model": function("keras.saving", "save_model"),
    "save_img": function("keras.utils", "save_img"),
    "unsafe": function("keras.config", "enable_unsafe_deserialization"),
    "set_backend": function("keras.config", "set_backend"),
    "clear_session": function("keras.utils", "clear_session"),
    "model_from_json": function("keras.models", "model_from_json"),
    "numpy": function("numpy", "load"),
    "ours": function("zoo.atomic_writes", "write_json"),
    "custom's": function("custom.activations", "__import__"),
    "dotted": function("keras.utils", "get_file.__globals__"),
    "traversal": function("keras..os", "system"),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_an_object_that_reaches_outside_is_refused(
    layer, compiled, whole, canary, tmp_path
):
    def change(configuration):
        layers = configuration["config"]["layers"]
        layers[1] = {**layer(canary), "build_config": {"input_shape": [None, 4]}}

    file = rewritten(tmp_path / "m.keras", whole, change)
    assert_refused(file, compiled)


@pytest.mark.parametrize("activation", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_that_is_no_activation_is_refused(activation, whole, tmp_path):
    def change(configuration):
        configuration["config"]["layers"][1]["config"]["activation"] = activation

    assert_refused(rewritten(tmp_path / "m.keras", whole, change))


def test_code_in_a_loss_is_not_run(whole, canary, tmp_path):
    def change(configuration):
        configuration["compile_config"] = {
            "optimizer": "sgd",
            "loss": python_code(canary),
        }

    assert_refused(rewritten(tmp_path / "m.keras", whole, change), compiled=True)


def assert_refused(file, compiled=False):
    readers = [lambda: load_keras_file(file, compiled=compiled)]
    if not compiled:
        readers.append(lambda: load_classifier(file))
    for read in readers:
        with pytest.raises(InputError) as error:
            read()
        assert "\n" not in str(error.value)
        assert str(file) in str(error.value)


def link_member(target):
    member = zipfile.ZipInfo("assets/link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member, str(target)


MEMBERS = {  # a member of the archive, for a canary
    "above": lambda c: ("../home/evil.txt", "gone"),
    "far above": lambda c: ("../" * 40 + str(c)[1:], "gone"),
    "absolute": lambda c: (str(c), "gone"),
    "backslashes": lambda c: ("..\\home\\canary.txt", "gone"),
    "in assets": lambda c: ("assets/../../home/canary.txt", "gone"),
    "link": lambda c: link_member(c.parent),
}


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_a_member_outside_the_archive_is_not_written(member, whole, canary, tmp_path):
    file = rewritten(tmp_path / "m.keras", whole, added=[member(canary)])
    before = set(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="a link or a file outside of the archive"):
        load_classifier(file)
    assert set(tmp_path.rglob("*")) == before


def h5(change, whole):
    """The weights of a `.keras` file, changed by a function of the HDF5 file."""
    with zipfile.ZipFile(whole) as archive:
        stream = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(stream, "r+") as file:
        change(file)
    return stream.getvalue()


KERNEL = "layers/dense/vars/0"


def replaced_by(make):
    def change(file):
        del file[KERNEL]
        make(file)

    return change


def external_storage(file):
    file.create_dataset(KERNEL, (4, 4), "<f4", external=[("/etc/hostname", 0, 64)])


def virtual(file):
    layout = h5py.VirtualLayout((4, 4), "<f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4, 4))
    file.create_virtual_dataset(KERNEL, layout)


def bomb(file):
    """Nothing is stored: all values are the default."""
    shape = (2**20, 2**20)
    file.create_dataset(KERNEL, shape, "<f4", chunks=(2**10, 2**10), compression="gzip")


def group_link(file):
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("/etc/hostname", "/")


def ring(file):
    file[KERNEL] = h5py.SoftLink(f"/{KERNEL}")


WEIGHTS = {
    "external link": replaced_by(
        lambda f: f.__setitem__(KERNEL, h5py.ExternalLink("other.h5", KERNEL))
    ),
    "soft link": replaced_by(
        lambda f: f.__setitem__(KERNEL, h5py.SoftLink("/layers/dense_1/vars/0"))
    ),
    "ring of links": replaced_by(ring),
    "link of a group": group_link,
    "external storage": replaced_by(external_storage),
    "virtual": replaced_by(virtual),
    "bomb": replaced_by(bomb),
    "words": replaced_by(
        lambda f: f.create_dataset(KERNEL, data=np.array([[b"a"] * 4] * 4))
    ),
    "words of any length": replaced_by(
        lambda f: f.create_dataset(KERNEL, (4, 4), h5py.string_dtype())
    ),
    "group": replaced_by(lambda f: f.create_group(KERNEL)),
    "missing": replaced_by(lambda f: None),
    "other shape": replaced_by(lambda f: f.create_dataset(KERNEL, (4, 5), "<f4")),
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    model = zoo.MLP((4,), 2, hidden_units=(4,))
    return model.save_to_preset(tmp_path_factory.mktemp("presets") / "whole")


@pytest.mark.parametrize("change", WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_are_not_in_the_file_are_refused(change, whole, preset, tmp_path):
    weights = {"model.weights.h5": h5(change, whole)}
    assert_refused(rewritten(tmp_path / "m.keras", whole, replaced=weights))
    folder = pathlib.Path(shutil.copytree(preset, tmp_path / "preset"))
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        change(file)
    recorded = json.loads((folder / "metadata.json").read_text())
    recorded["sha256"] = sha256(folder / "model.weights.h5")
    (folder / "metadata.json").write_text(json.dumps(recorded))
    with pytest.raises(InputError, match=r"weights\.h5"):
        zoo.from_preset(folder)


class Bomb:
    """Pickled, it would delete a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.remove, (str(self.path),)


def test_pickled_weights_are_refused(whole, canary, tmp_path):
    stream = io.BytesIO()
    np.savez(stream, **{"layers/dense": np.array([Bomb(canary)], object)})
    replaced = {"model.weights.h5": None}
    added = [("model.weights.npz", stream.getvalue())]
    assert_refused(rewritten(tmp_path / "m.keras", whole, None, replaced, added))


def test_a_configuration_of_enormous_size_is_refused(whole, tmp_path):
    file = tmp_path / "m.keras"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 2**26 + b"{}")
    with pytest.raises(InputError, match=r"config\.json has more than 67,108,864"):
        load_classifier(file)


PRESETS = [
    "../weights/mlp_digits",
    "mlp_digits/../cnn_digits",
    "/etc",
    "",
    "..",
    "mlp_digits\0",
    "~root",
]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_name_or_a_whole_folder(name):
    with pytest.raises(InputError):
        zoo.from_preset(name)


@pytest.mark.parametrize("file", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_file_of_a_preset_is_not_a_link_to_another(file, preset, tmp_path):
    folder = pathlib.Path(shutil.copytree(preset, tmp_path / "preset"))
    (folder / file).rename(tmp_path / file)
    (folder / file).symlink_to(tmp_path / file)
    with pytest.raises(InputError, match="link to a file outside the preset"):
        zoo.from_preset(folder)
