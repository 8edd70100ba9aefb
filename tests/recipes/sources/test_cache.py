"""The cache of decoded examples: when it is written, used and replaced."""

import dataclasses
import os
import sys

import numpy as np
import pytest
from scipy.io import wavfile

import recipes
from recipes.sources.arrays import mapped
from recipes.sources.files import cache
from recipes.sources.images import image_folder
from tests.recipes.sources.source_files import write_folder
from zoo.errors import InputError


@pytest.fixture(autouse=True)
def keeps_everything(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "WORTH_KEEPING", 0)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "kept"))


@pytest.fixture
def images(tmp_path):
    write_folder(tmp_path / "images", {"ant": 20, "bee": 20})
    return tmp_path / "images"


@pytest.fixture
def decoded(monkeypatch):
    """A list with an entry for each time that images are decoded."""
    calls = []
    decode = image_folder.decoder_of
    monkeypatch.setattr(
        image_folder, "decoder_of", lambda *given: calls.append(1) or decode(*given)
    )
    return calls


def assert_same(one, other):
    """Fail unless two data sets are the same, apart from their notes."""
    for part in ("train", "validation", "test"):
        for field in ("inputs", "labels", "lengths"):
            a, b = (getattr(getattr(data, part), field) for data in (one, other))
            if a is None:
                assert b is None
            else:
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)
    fields = {field.name for field in dataclasses.fields(one)}
    for field in fields - {"train", "validation", "test", "notes"}:
        assert getattr(one, field) == getattr(other, field), field


def kept(tmp_path):
    return [p for p in (tmp_path / "kept").iterdir() if not p.name.startswith(".")]


@pytest.mark.parametrize("in_memory", [2**28, 0], ids=["read", "mapped"])
def test_images_are_decoded_once(images, tmp_path, decoded, monkeypatch, in_memory):
    plain = recipes.load(images, cache_dir="none")
    plain = dataclasses.replace(plain, origin=None)
    assert len(decoded) == 1
    monkeypatch.setattr(mapped, "IN_MEMORY", in_memory)
    for time in range(2):
        dataset = recipes.load(images)
        assert_same(plain, dataclasses.replace(dataset, origin=None))
        assert len(decoded) == 2
        assert isinstance(dataset.train.inputs, np.memmap) == (in_memory == 0)
        (folder,) = kept(tmp_path)
        note = ("decoded examples are kept in", "examples were decoded before:")[time]
        assert f"{note} {folder}" in dataset.notes[-1]
        assert set(plain.notes) < set(dataset.notes)
    assert {p.name for p in images.iterdir()} == {"ant", "bee"}


def test_audio_keeps_its_lengths_and_rate(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("low", "high"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for n in range(12):
            clip = (1e4 * rng.normal(size=50 + n)).clip(-3e4, 3e4).astype("int16")
            wavfile.write(tmp_path / "sounds" / name / f"{n:02}.wav", 8000, clip)
    first, second = (recipes.load(tmp_path / "sounds") for _ in range(2))
    assert second.sample_rate == 8000
    assert "decoded before" in second.notes[-1]
    assert_same(first, second)


def touch(images, path):
    os.utime(images / "ant" / "00.png", ns=(1, 1))


def add(images, path):
    write_folder(images / "more", {"x": 1})
    (images / "more/x/00.png").rename(images / "ant" / "99.png")
    (images / "more/x").rmdir()
    (images / "more").rmdir()


def change(images, path):
    """Change one byte of a cached file."""
    file = path / "x_train.npy"
    content = bytearray(file.read_bytes())
    content[-7] ^= 1
    file.write_bytes(content)


def cut(images, path):
    (path / "y_test.npy").write_bytes((path / "y_test.npy").read_bytes()[:-3])


def empty(images, path):
    (path / "dataset.json").write_text("{}")


@pytest.mark.parametrize("damage", [touch, add, change, cut, empty])
def test_changed_sources_and_damaged_caches_are_decoded_again(
    images, tmp_path, decoded, damage
):
    recipes.load(images)
    (folder,) = kept(tmp_path)
    damage(images, folder)
    dataset = recipes.load(images)
    assert len(decoded) == 2
    noted = any("was damaged, and is written again" in note for note in dataset.notes)
    assert noted == (damage in (change, cut, empty))
    recipes.load(images)
    assert len(decoded) == 2


def test_other_settings_have_a_cache_of_their_own(images, tmp_path):
    assert recipes.load(images, image_size=(4, 4)).input_shape == (4, 4, 3)
    assert recipes.load(images, image_size=(5, 4)).input_shape == (5, 4, 3)
    assert len(kept(tmp_path)) == 2


def test_an_interrupted_load_leaves_no_cache(images, tmp_path, monkeypatch):
    def broken(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(image_folder, "decoder_of", broken)
        with pytest.raises(KeyboardInterrupt):
            recipes.load(images)
    assert [*(tmp_path / "kept").iterdir()] == []


def test_a_full_disk_leaves_no_cache_and_is_noted(images, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "SPARE", 2**60)
    assert "are not kept: The decoded examples take" in recipes.load(images).notes[-1]
    assert [*(tmp_path / "kept").iterdir()] == []


def test_only_a_given_folder_must_be_writable(images, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write"):
        recipes.load(images, cache_dir=tmp_path / "file")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert len(recipes.load(images).train) > 0


def test_small_data_are_not_cached(images, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "WORTH_KEEPING", 2**26)
    recipes.load(images)
    assert kept(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's folder for caches")
@pytest.mark.parametrize(
    "variable, folder", [("XDG_CACHE_HOME", "."), ("HOME", ".cache")]
)
def test_the_default_cache_folder_is_that_of_the_system(
    monkeypatch, tmp_path, variable, folder
):
    for name in ("ZOO_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache.cache_folder() == tmp_path / folder / "zoo"
