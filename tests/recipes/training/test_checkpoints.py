"""Files of checkpoints, and the state that they hold."""

import os
import pathlib

import keras
import numpy as np
import pytest

import recipes
import zoo
from recipes.data.dataset import Part
from recipes.data.fingerprint import fingerprint
from recipes.training.checkpoints.state import captured, restore, variables_of
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from zoo.errors import InputError


def checkpoint(step):
    return Checkpoint(step, {"0": np.arange(step)}, {"rows": [step]})


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=2)
    for step in (3, 12, 100):
        checkpoints.write(checkpoint(step))
    assert checkpoints.steps() == [12, 100]
    newest = checkpoints.newest()
    assert (newest.step, newest.facts, newest.last_batch) == (100, {"rows": [100]}, 99)
    np.testing.assert_array_equal(newest.arrays["0"], np.arange(100))
    checkpoints.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_earlier_checkpoints(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(checkpoint(1))

    def full(*arguments, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.savez", full)
    with pytest.raises(OSError, match="No space left") as failed:
        checkpoints.write(checkpoint(2))
    assert failed.value.filename == str(tmp_path / "step-0000000002")
    assert [path.name for path in tmp_path.iterdir()] == ["step-0000000001"]
    assert checkpoints.newest().step == 1


def test_a_checkpoint_is_flushed_to_disk_before_it_is_renamed(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace

    def flushed(descriptor):
        events.append(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def renamed(source, target):
        events.append("renamed")
        replace(source, target)

    monkeypatch.setattr("os.fsync", flushed)
    monkeypatch.setattr("os.replace", renamed)
    Checkpoints(tmp_path).write(checkpoint(1))
    *content, move, parent = events
    files = {"arrays.npz", "facts.json", "SHA256SUMS", "step-0000000001"}
    assert (set(content), move, parent) == (files, "renamed", tmp_path.name)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "a flipped bit of the arrays": lambda folder: flip(folder / "arrays.npz"),
    "a flipped bit of the facts": lambda folder: flip(folder / "facts.json"),
    "a flipped bit of the checksums": lambda folder: flip(folder / "SHA256SUMS"),
    "no arrays": lambda folder: (folder / "arrays.npz").unlink(),
    "no checksums": lambda folder: (folder / "SHA256SUMS").unlink(),
    "empty checksums": lambda folder: (folder / "SHA256SUMS").write_text(""),
    "truncated facts": lambda folder: (folder / "facts.json").write_text('{"step":'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_not_used(tmp_path, damage):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.write(checkpoint(step))
    damage(tmp_path / "step-0000000002")
    with pytest.warns(UserWarning, match=r"0002 is damaged .*the one before"):
        assert checkpoints.newest().step == 1


def trained(dtype, widths=(4,)):
    model = zoo.CNN((8, 8, 1), 3, widths=widths, depth=1, dropout=0.5, dtype=dtype)
    optimizer = keras.optimizers.Adam(use_ema=True)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    step(model)
    return model


def step(model):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), "uint8")
    model.fit(images, np.arange(6) % 3, shuffle=False, verbose=0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "mixed_float16"])
def test_all_state_is_restored(tmp_path, dtype):
    model = trained(dtype)
    arrays, entries = captured(variables_of(model))
    paths = " ".join(path for path, *_ in entries)
    for part in (
        "kernel",
        "moving_mean",
        "seed_generator_state",
        "velocity",
        "average",
    ):
        assert part in paths
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(Checkpoint(1, arrays, {"variables": entries}))
    step(model)
    after = captured(variables_of(model))[0]
    assert any((after[key] != arrays[key]).any() for key in arrays)
    read = checkpoints.newest()
    restore(variables_of(model), read.arrays, read.facts["variables"])
    step(model)
    for key, value in captured(variables_of(model))[0].items():
        np.testing.assert_array_equal(value, after[key])


def test_a_checkpoint_of_another_model_is_refused():
    arrays, entries = captured(variables_of(trained("float32")))
    other = trained("float32", widths=(5,))
    with pytest.raises(
        InputError, match=r"has the shape .* it belongs to another model"
    ):
        restore(variables_of(other), arrays, entries)
    with pytest.raises(InputError, match=r"holds \d+ variables, the model has"):
        restore(variables_of(other)[1:], arrays, entries)


def test_the_fingerprint_depends_on_every_example():
    rows = np.arange(60.0).reshape(30, 2)
    labels = np.arange(30) % 2
    same = [fingerprint(recipes.from_arrays(rows, labels)) for _ in range(2)]
    assert same[0] == same[1]
    rows[7, 1] += 1
    changed_row = fingerprint(recipes.from_arrays(rows, labels))
    assert changed_row != same[0]
    assert fingerprint(recipes.from_arrays(rows, 1 - labels)) != changed_row


def test_the_fingerprint_sees_where_a_text_ends(monkeypatch):
    def of(texts):
        part = Part(np.array(texts, object), np.zeros(len(texts), "int64"))
        data = recipes.load("digits")
        object.__setattr__(data, "train", part)
        return fingerprint(data)

    assert of(["ab", "c"]) != of(["a", "bc"])
    assert of(["ä", "c"]) == of(["ä", "c"])


def test_the_fingerprint_of_a_large_array_samples_its_rows(monkeypatch):
    monkeypatch.setattr("recipes.data.fingerprint.SAMPLED", 100)
    monkeypatch.setattr("recipes.data.fingerprint.ROWS", 3)
    rows = np.random.default_rng(0).normal(size=(100, 2)).astype("float32")
    labels = np.arange(100) % 2
    data = recipes.from_arrays(rows, labels)
    before = fingerprint(data)
    data.train.inputs[-1] += 1
    assert fingerprint(data) != before
