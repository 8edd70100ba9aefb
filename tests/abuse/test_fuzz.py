"""Damaged bytes of valid files: what every reader gives is data, a model or a sentence.

`FUZZ=1000 pytest tests/abuse/test_fuzz.py` tries that many damages of each file, other
ones each time.
"""

import json
import os
import resource
import shutil
import time
import warnings

import hypothesis
import numpy as np
import pandas as pd
import pillow_heif
import pytest
import soundfile
import tensorflow as tf
from hypothesis import strategies as st
from PIL import Image
from scipy.io import wavfile

import recipes
import zoo
from recipes.data.dataset import Dataset
from recipes.training.checkpoints.storage import FACTS, Checkpoint, Checkpoints
from zoo.digest import sha256
from zoo.errors import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.servable import Servable
from zoo.loading import load_classifier
from zoo.trained_model import TrainedModel

pillow_heif.register_heif_opener()
NUMBER = int(os.environ.get("FUZZ", 0))
SECONDS, MEGABYTES = 20, 1000  # allowed for a file, and for all of them


def peak_memory():
    """The most memory that this process has used, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def images(suffix, **options):
    def write(folder):
        rng = np.random.default_rng(0)
        for label in "ab":
            (folder / label).mkdir()
            for number in range(4):
                picture = Image.fromarray(rng.integers(0, 256, (6, 5, 3), "uint8"))
                picture = picture.convert("P") if suffix == "gif" else picture
                picture.save(folder / label / f"{number}.{suffix}", **options)
        return folder / "a" / f"2.{suffix}"

    return write


def sounds(folder):
    for label in "ab":
        (folder / label).mkdir()
        for number in range(4):
            samples = np.arange(40, dtype="int16") * 100
            wavfile.write(folder / label / f"{number}.wav", 8000, samples)
    return folder / "a" / "2.wav"


def flac(folder):
    for label in "ab":
        (folder / label).mkdir()
        for number in range(4):
            samples = np.arange(400, dtype="int16") * 50
            soundfile.write(folder / label / f"{number}.flac", samples, 8000)
    return folder / "a" / "2.flac"


def table(folder):
    rows = [f"{n},{n % 3 / 7:.3f},{'xyz'[n % 3]},{'ab'[n % 2]}" for n in range(20)]
    (folder / "data.csv").write_text("\n".join(["n,size,colour,label", *rows]))
    return folder / "data.csv"


def frame(suffix, write):
    def written(folder):
        numbers = range(20)
        columns = {
            "n": [n / 7 for n in numbers],
            "label": ["ab"[n % 2] for n in numbers],
        }
        columns["colour"] = ["xyz"[n % 3] for n in numbers]
        write(pd.DataFrame(columns), folder / f"data{suffix}")
        return folder / f"data{suffix}"

    return written, None, lambda folder: load_file(folder / f"data{suffix}"), 2


X, Y = np.linspace(0, 1, 60, dtype="float32").reshape(20, 3), np.arange(20) % 2


def npz(folder):
    np.savez_compressed(folder / "data.npz", x=X, y=Y, class_names=["a", "b"])
    return folder / "data.npz"


def npy(folder):
    np.save(folder / "x_train.npy", X)
    np.save(folder / "y_train.npy", Y)
    return folder / "x_train.npy"


def records(folder):
    with tf.io.TFRecordWriter(str(folder / "data.tfrecord")) as writer:
        for row, label in zip(X, Y, strict=True):
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    layout = {
        "input": "x",
        "label": "label",
        "kind": "table",
        "class_names": ["a", "b"],
    }
    (folder / "tfrecords.json").write_text(json.dumps(layout))
    return folder / "data.tfrecord"


def model():
    return zoo.MLP((3,), 2, hidden_units=(4,), class_names=("a", "b"))


def keras_file(folder):
    model().save(folder / "model.keras")
    return folder / "model.keras"


def run_folder(folder):
    keras_file(folder)
    record = {"data": {"class_names": ["a", "b"], "feature_names": ["x", "y", "z"]}}
    (folder / "config.json").write_text(json.dumps(record))
    return folder / "config.json"


def preset(folder):
    model().save_to_preset(folder / "preset")
    return folder / "preset" / "config.json"


def saved_model(folder):
    Servable(Answers(model())).save(folder / "1")
    return folder / "1" / "saved_model.pb"


def checkpoints(folder):
    arrays = {"0": X, "1": Y}
    Checkpoints(folder / "c").write(Checkpoint(7, arrays, {"callbacks": {"a": [1.5]}}))
    return folder / "c" / "step-0000000007" / FACTS


def load(path):
    return recipes.load(path, cache_dir="none")


def load_file(path):
    return recipes.load(path)


def newest(folder):
    """Read the checkpoint as if whoever damaged it had made the sums."""
    inside = folder / "c" / "step-0000000007"
    sums = [f"{sha256(inside / name)}  {name}\n" for name in ("arrays.npz", FACTS)]
    (inside / "SHA256SUMS").write_text("".join(sums))
    with warnings.catch_warnings(action="ignore"):
        return Checkpoints(folder / "c").newest() or Checkpoint(0, {}, {})


def from_preset(folder):
    return zoo.from_preset(folder / "preset")


def with_sum(folder):
    inside = folder / "preset"
    facts = json.loads((inside / "metadata.json").read_text())
    facts["sha256"] = sha256(inside / "model.weights.h5")
    (inside / "metadata.json").write_text(json.dumps(facts))
    return from_preset(folder)


# What is damaged: (what writes a valid one, the file if another, how it is read from
# the folder, share of the examples).
READERS = {
    "png": (images("png"), None, load, 0.7),
    "jpeg": (images("jpg"), None, load, 0.7),
    "gif": (images("gif"), None, load, 0.7),
    "bmp": (images("bmp"), None, load, 0.7),
    "webp": (images("webp"), None, load, 0.3),
    "tiff": (images("tiff", compression="tiff_lzw"), None, load, 0.3),
    "heic": (images("heif"), None, load, 0.3),
    "wav": (sounds, None, load, 4),
    "flac": (flac, None, load, 4),
    "csv": (table, None, lambda folder: load_file(folder / "data.csv"), 4),
    "gzip": frame(".csv.gz", lambda data, file: data.to_csv(file, index=False)),
    "parquet": frame(".parquet", lambda data, file: data.to_parquet(file)),
    "feather": frame(".feather", lambda data, file: data.to_feather(file)),
    "excel": frame(".xlsx", lambda data, file: data.to_excel(file, index=False)),
    "json": frame(
        ".jsonl", lambda data, file: data.to_json(file, orient="records", lines=True)
    ),
    "npz": (npz, None, lambda folder: load_file(folder / "data.npz"), 4),
    "npy": (npy, None, load_file, 4),
    "labels in npy": (npy, "y_train.npy", load_file, 4),
    "tfrecord": (records, None, load, 1),
    "tfrecords.json": (records, "tfrecords.json", load, 1),
    "keras": (keras_file, None, lambda f: load_classifier(f / "model.keras"), 4),
    "config of a run": (run_folder, None, load_classifier, 1),
    "config of a preset": (preset, None, from_preset, 4),
    "metadata of a preset": (preset, "preset/metadata.json", from_preset, 1),
    "weights of a preset": (preset, "preset/model.weights.h5", with_sum, 4),
    "facts of a checkpoint": (checkpoints, None, newest, 4),
    "arrays of a checkpoint": (
        checkpoints,
        "c/step-0000000007/arrays.npz",
        newest,
        4,
    ),
    "graph": (saved_model, None, load_classifier, 1),
    "index of variables": (
        saved_model,
        "1/variables/variables.index",
        load_classifier,
        1,
    ),
    "values of variables": (
        saved_model,
        "1/variables/variables.data-00000-of-00001",
        load_classifier,
        1,
    ),
}

# One change: where, as a share of the file; what; how many bytes; the bytes.
CHANGE = st.tuples(
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["flip", "set", "cut", "insert", "end", "repeat"]),
    st.integers(1, 64),
    st.one_of(
        st.binary(min_size=1, max_size=8),
        st.sampled_from(
            [b"\0" * 8, b"\xff" * 8, b"-1", b"null", b"[[[[", b'""', b"{}", b"1e999"]
        ),
    ),
)


def damaged(content, changes):
    for share, how, size, given in changes:
        at = int(share * max(len(content), 1))
        if how == "flip":
            flipped = bytes(byte ^ given[0] for byte in content[at : at + 1])
            content = content[:at] + flipped + content[at + 1 :]
        elif how == "set":
            content = content[:at] + given + content[at + len(given) :]
        elif how == "cut":
            content = content[:at] + content[at + size :]
        elif how == "insert":
            content = content[:at] + given + content[at:]
        elif how == "end":
            content = content[:at]
        else:
            content = content[: at + size] + content[at:]
    return content


@pytest.mark.parametrize("name", READERS)
def test_damaged_bytes_are_read_or_refused(name, tmp_path, monkeypatch):
    write, other, read, share = READERS[name]
    folder, temporary = tmp_path / "folder", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    file = write(folder)
    file = folder / other if other else file
    whole = file.read_bytes()
    names = sorted(folder.rglob("*"))
    assert isinstance(read(folder), Dataset | TrainedModel | Checkpoint | zoo.MLP)

    @hypothesis.settings(
        max_examples=int((NUMBER or 6) * share),
        derandomize=not NUMBER,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.lists(CHANGE, min_size=1, max_size=3))
    def try_one(changes):
        content = damaged(whole, changes)
        file.write_bytes(content)
        started = time.monotonic()
        try:
            message = None
            result = read(folder)
        except InputError as error:
            message = str(error)
        if message is None:
            assert isinstance(result, Dataset | TrainedModel | Checkpoint | zoo.MLP)
        else:
            assert "\n" not in message
            assert len(message) < 1000
        assert time.monotonic() - started < SECONDS
        assert sorted(folder.rglob("*")) == names
        left = [path.name for path in temporary.iterdir()]  # TensorFlow keeps some
        assert [name for name in left if not name.startswith("__autograph")] == []

    before = peak_memory()  # Earlier tests of the process have needed some.
    try_one()
    assert peak_memory() - before < MEGABYTES
    shutil.rmtree(folder)
