"""Files and folders of any name: not UTF-8, with line breaks, brackets and emoji."""

import json
import os
import pathlib
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy.io import wavfile

import recipes
from tests.recipes.sources.source_files import good_rows, write_csv
from zoo.errors import InputError

if sys.platform == "darwin" or os.name == "nt":
    pytest.skip("The system refuses names that are not UTF-8.", allow_module_level=True)

NAMES = [
    b"\xff\xfe",
    b"line\nbreak",
    b"[bold]x[:red]",
    "🐝".encode(),
    b"caf\xe9 $a$",
    b"%s{}",
]


def path_of(folder, name):
    return pathlib.Path(folder, os.fsdecode(name))


def write_images(root):
    for n, name in enumerate(NAMES * 4):
        folder = root / os.fsdecode(NAMES[n % 2])
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.full((8, 8), n + 100 * (n % 2), "uint8")
        with path_of(folder, b"%d" % n + name + b".png").open("wb") as file:
            Image.fromarray(pixels).save(file, "PNG")
    return root


def write_audio(root):
    for n, name in enumerate(NAMES * 4):
        folder = root / os.fsdecode(NAMES[n % 2])
        folder.mkdir(parents=True, exist_ok=True)
        samples = np.full(90 + n, 100 * n, "int16")
        wavfile.write(path_of(folder, b"%d" % n + name + b".wav"), 8000, samples)
    return root


def write_texts(root):
    for n, name in enumerate(NAMES * 4):
        folder = root / os.fsdecode(NAMES[n % 2])
        folder.mkdir(parents=True, exist_ok=True)
        path_of(folder, b"%d" % n + name + b".txt").write_text(f"text {n}")
    return root


def write_records(root):
    root.mkdir(parents=True)
    for part, name in zip(("train", "test", "validation"), NAMES, strict=False):
        path = path_of(root, part.encode() + b"-" + name + b".tfrecord")
        with tf.io.TFRecordWriter(os.fsencode(path)) as writer:
            for n in range(8):
                features = {
                    "x": tf.train.Feature(float_list=tf.train.FloatList(value=[n])),
                    "label": tf.train.Feature(
                        int64_list=tf.train.Int64List(value=[n % 2])
                    ),
                }
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
    return root


def write_table(root):
    root.mkdir(parents=True)
    path = path_of(root, NAMES[0] + b".csv")
    return write_csv(path, ["x", "z", "label"], good_rows())


def write_npz(root):
    root.mkdir(parents=True)
    path = root / os.fsdecode(NAMES[0] + b".npz")
    np.savez(path, x=np.arange(60.0).reshape(30, 2), y=np.arange(30) % 2)
    return path


def write_npy(root):
    root.mkdir(parents=True)
    np.save(root / "x_train.npy", np.arange(60.0).reshape(30, 2))
    np.save(root / "y_train.npy", np.arange(30) % 2)
    return root


WRITERS = [
    write_images,
    write_audio,
    write_texts,
    write_records,
    write_table,
    write_npz,
    write_npy,
]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_files_of_any_name_are_read(tmp_path, write):
    dataset = recipes.load(write(path_of(tmp_path, b"\xfe\n[x]")))
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) in (24, 30)
    told = [dataset.name, dataset.describe(), *dataset.class_names, *dataset.notes]
    "".join(told).encode("utf-8")
    again = recipes.load(**json.loads(json.dumps(dataset.origin)))
    np.testing.assert_array_equal(again.train.labels, dataset.train.labels)


def test_class_names_that_are_not_utf_8_are_escaped(tmp_path):
    dataset = recipes.load(write_texts(tmp_path))
    assert dataset.class_names == ("\\xff\\xfe", "line\nbreak")


def test_a_damaged_file_of_any_name_is_skipped(tmp_path):
    root = write_images(tmp_path)
    bad = path_of(path_of(root, NAMES[0]), b"\xfeb.png")
    bad.write_bytes(b"no image")
    with pytest.raises(InputError, match="is a text"):
        recipes.load(root)
    assert any("1 unreadable" in n for n in recipes.load(root, skip_corrupt=True).notes)


@pytest.mark.slow
def test_every_command_takes_files_of_any_name(tmp_path, zoo, caplog):
    data = write_images(path_of(tmp_path, b"\xfe\n[x]"))
    run, name = tmp_path / "run", r"\xfe\n[x]"
    small = ("--set", "widths=[4, 4]", "--epochs", "1", "--out", run)
    status, _, errors = zoo("fit", "cnn", "--data", data, *small)
    assert status == 0, errors
    assert errors.startswith(f"{name}: 8×8 images"), errors
    assert "retracing" not in errors + caplog.text
    image = sorted(path_of(data, NAMES[0]).iterdir())[0]
    for model in (run, run / "saved_model" / "1"):
        status, output, errors = zoo("predict", model, image, "--json")
        (answer,) = json.loads(output)
        assert answer["input"].endswith(".png")
        assert answer["class_name"] in ("\\xff\\xfe", "line\nbreak")
    status, output, _ = zoo("evaluate", run, "--data", data, "--json")
    assert (status, "accuracy" in output) == (0, True)
    preview = path_of(tmp_path, b"\xff.png")
    assert zoo("augment", "--data", data, "--out", preview)[0] == 0
    status, _, errors = zoo("export", run, path_of(tmp_path, b"\xff"))
    assert (status, "TensorFlow cannot write to" in errors) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "mlp", "--out", b"\xff"),
        ("fit", "--resume", b"\xff"),
        ("predict", b"\xff", b"\xff.png"),
        ("evaluate", b"\xff"),
        ("fit", "mlp", "--data", b"\xff.csv"),
    ],
    ids=lambda arguments: "-".join(map(str, arguments[:-1])),
)
def test_names_that_do_not_work_are_told_in_one_sentence(
    tmp_path, monkeypatch, zoo, arguments
):
    monkeypatch.chdir(tmp_path)
    status, _, errors = zoo(*map(os.fsdecode, arguments))
    assert (status, errors.startswith("Error: "), errors.count("\n")) == (2, True, 1)
