"""Damaged, edited and incomplete configuration files, and stray files beside them."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import recipes
import zoo
from recipes.augmentation import FeatureNoise
from tests.abuse.conftest import check_sentence
from zoo.presets.index import SHIPPED

DAMAGED = {  # content of any JSON file
    "empty": b"",
    "blank": b" \n",
    "cut": b'{"data": {"na',
    "words": b"not JSON",
    "list": b"[]",
    "text": b'"config"',
    "number": b"7",
    "null": b"null",
    "NaN": b'{"data": NaN}',
    "infinity": b'{"data": -Infinity}',
    "twice": b'{"data": 1, "data": 2}',
    "twice inside": b'{"data": {"a": 1, "a": 2}}',
    "deep": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "many digits": b'{"data": ' + b"9" * 5000 + b"}",
    "UTF-16": '{"data": 1}'.encode("utf-16"),
    "UTF-32": '{"data": 1}'.encode("utf-32"),
    "Latin-1": '{"data": "é"}'.encode("latin-1"),
    "zeros": bytes(100),
    "single quotes": b"{'data': 1}",
    "comma": b'{"data": 1,}',
    "control": b'{"data": "\x01"}',
    "two values": b"{} {}",
    "comment": b"{} // no",
    "page": b"<!DOCTYPE html><html>404</html>",
    "object": b"{}",
}
WRONG = {  # values that no entry of a record takes
    "text": "x",
    "number": -7,
    "list": [1],
    "object": {"a": 1},
    "true": True,
    "fraction": 0.5,
}


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A run that was cut off after two steps."""
    import keras

    class CutOff(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise RuntimeError("cut off")

    folder = tmp_path_factory.mktemp("runs") / "run"
    with pytest.raises(RuntimeError, match="cut off"):
        recipes.fit(
            "mlp",
            "xor",
            out=folder,
            epochs=1,
            progress=False,
            checkpoint_steps=1,
            model_arguments={"hidden_units": [4]},
            callbacks=[CutOff()],
            rebalance="oversample",
            augment=FeatureNoise(0.1),
        )
    config = json.loads((folder / "config.json").read_text())
    config["training"]["callbacks"] = []
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def run(interrupted, tmp_path):
    return shutil.copytree(interrupted, tmp_path / "run")


def files_of(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "lock.pid")
    }


def refusal(call, folder, *words):
    """What the call says when it refuses; it names the words and changes no file."""
    before = files_of(folder)
    with pytest.raises(zoo.InputError) as refused:
        call()
    check_sentence(str(refused.value))
    for word in words:
        assert word in str(refused.value), refused.value
    assert files_of(folder) == before


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_is_refused_by_resume(run, content):
    (run / "config.json").write_bytes(content)
    refusal(lambda: recipes.resume(run, progress=False), run, "config.json")


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_is_refused_by_evaluate(run, content):
    zoo.MLP((2,), num_classes=2).save(run / "model.keras")
    (run / "config.json").write_bytes(content)
    refusal(lambda: zoo.load_classifier(run), run, "config.json")


ENTRIES = {  # of the record: what else would be right
    "versions": ("object",),
    "resolved": ("object",),
    "resolved.strategy": (),
    "data": (),
    "data.origin": (),
    "data.fingerprint": (),
    "training": (),
    "training.settings": (),
    "training.settings.epochs": (),
    "training.settings.batch_size": (),
    "training.settings.patience": (),
    "training.settings.seed": (),
    "training.settings.learning_rate": ("fraction",),
    "training.settings.clip_norm": ("fraction",),
    "training.settings.accumulation_steps": (),
    "training.settings.precision": (),
    "training.settings.on_nan": (),
    "training.settings.time_limit": ("fraction",),
    "training.settings.checkpoint_steps": (),
    "training.settings.jit_compile": ("true",),
    "training.settings.weight_decay": ("fraction",),
    "training.settings.averaging": (),
    "training.settings.optimizer": ("text",),
    "training.augmentation": (),
    "training.augmentation.name": (),
    "training.augmentation.stddev": ("fraction",),
    "training.rebalancing": (),
    "training.rebalancing.name": (),
    "training.rebalancing.ratio": ("fraction",),
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("entry", ENTRIES)
def test_an_edited_record_is_refused(run, entry, value, request):
    if any(f"-{right}]" in request.node.name for right in ENTRIES[entry]):
        pytest.skip("the value is right for this entry")
    file = run / "config.json"
    config = json.loads(file.read_text())
    *above, name = entry.split(".")
    place = config
    for key in above:
        place = place[key]
    place[name] = value
    file.write_text(json.dumps(config))
    refusal(lambda: recipes.resume(run, progress=False), run)


LACKING = [
    entry for entry in ENTRIES if entry.count(".") < 2 and entry != "resolved.strategy"
] + [f"training.settings.{name}" for name in ("epochs", "batch_size", "seed")]


@pytest.mark.parametrize("entry", LACKING)
def test_an_incomplete_record_is_refused(run, entry):
    file = run / "config.json"
    config = json.loads(file.read_text())
    *above, name = entry.split(".")
    place = config
    for key in above:
        place = place[key]
    del place[name]
    file.write_text(json.dumps(config))
    refusal(lambda: recipes.resume(run, progress=False), run, "config.json", name)


STRAY = {  # beside the checkpoints: what is made there
    "copy": lambda folder: shutil.copytree(
        next(folder.glob("step-*")), folder / "step-0000000040.bak"
    ),
    "file": lambda folder: (folder / "step-0000000041").write_bytes(b"x"),
    "folder": lambda folder: (folder / "step-").mkdir(),
    "name": lambda folder: (folder / "step-latest").mkdir(),
    "digits": lambda folder: (folder / "step-²²²²²²²²²²").mkdir(),
    "of the system": lambda folder: (folder / ".DS_Store").write_bytes(b"x"),
}


@pytest.mark.parametrize("make", STRAY.values(), ids=STRAY)
def test_stray_files_beside_checkpoints_are_passed_over(run, make):
    from recipes.training.checkpoints.storage import Checkpoints

    checkpoints = Checkpoints(run / "checkpoints")
    steps, newest = checkpoints.steps(), checkpoints.newest().step
    make(run / "checkpoints")
    assert (checkpoints.steps(), checkpoints.newest().step) == (steps, newest)


PRESET_FILES = ("config.json", "metadata.json")


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("name", PRESET_FILES)
def test_a_damaged_preset_is_refused(tmp_path, name, content):
    preset = shutil.copytree(SHIPPED / "mlp_digits", tmp_path / "preset")
    (preset / name).write_bytes(content)
    refusal(lambda: zoo.from_preset(preset), tmp_path)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A TFRecord file of a table of numbers."""
    folder = tmp_path_factory.mktemp("records")
    with tf.io.TFRecordWriter(str(folder / "a.tfrecord")) as writer:
        for number in range(60):
            numbers = tf.train.FloatList(value=[number, 1.0])
            label = tf.train.Int64List(value=[number % 2])
            features = {
                "x": tf.train.Feature(float_list=numbers),
                "label": tf.train.Feature(int64_list=label),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    assert len(recipes.load(folder).train) > 20
    return folder


LAYOUTS = {
    **{name: content for name, content in DAMAGED.items() if name != "object"},
    **{
        f"{entry} {name}": json.dumps({entry: value}).encode()
        for entry in ("input", "label", "kind", "shape", "class_names", "sample_rate")
        for name, value in WRONG.items()
        if (entry, name) not in (("input", "text"), ("shape", "list"))
    },
    "unknown entry": b'{"inputs": "x"}',
    "unknown kind": b'{"kind": "video"}',
    "negative shape": b'{"kind": "images", "shape": [-1, 2, 1]}',
    "huge shape": b'{"kind": "images", "shape": [99999999, 99999999, 3]}',
}


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
def test_a_damaged_layout_is_refused(records, tmp_path, content):
    folder = shutil.copytree(records, tmp_path / "records")
    (folder / "tfrecords.json").write_bytes(content)
    refusal(lambda: recipes.load(folder), tmp_path)


def test_a_byte_order_mark_is_right(records, tmp_path):
    folder = shutil.copytree(records, tmp_path / "records")
    (folder / "tfrecords.json").write_text('{"kind": "table"}', encoding="utf-8-sig")
    assert recipes.load(folder).kind == "table"
    assert np.isfinite(recipes.load(folder).train.inputs).all()
