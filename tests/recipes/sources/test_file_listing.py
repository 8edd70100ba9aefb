"""Which files of a data folder are read, through links, and what is left out."""

import os
import pathlib
import shutil
import socket
import unicodedata

import numpy as np
import pytest
from scipy.io import wavfile

import recipes
from recipes.sources.files import cache
from zoo.errors import InputError


def linked(source, target):
    """Link `target` to `source`, and return `source`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)
    return source


def write_texts(root, number=10):
    """Write `root/{ant,bee}/N.txt`; no two texts are the same."""
    for name in ("ant", "bee"):
        (root / name).mkdir(parents=True)
        for n in range(number):
            (root / name / f"{n}.txt").write_text(f"{name} {n}")
    return root


def content(dataset):
    """Return the texts with their classes, sorted."""
    parts = (dataset.train, dataset.validation, dataset.test)
    return sorted(
        (text, dataset.class_names[label])
        for part in parts
        for text, label in zip(part.inputs, part.labels, strict=True)
    )


PLAIN = [(f"{name} {n}", name) for name in ("ant", "bee") for n in range(10)]


def class_links(store, root):
    for name in ("ant", "bee"):
        linked(store / name, root / name)


def file_links(store, root):
    for file in store.rglob("*.txt"):
        linked(file, root / file.parent.name / file.name)


def links_to_links(store, root):
    for name in ("ant", "bee"):
        linked(linked(store / name, root.parent / "between" / name), root / name)
        linked(root.parent / "between" / name, root.parent / "again" / name)


def root_link(store, root):
    linked(store, root)


def relative_links(store, root):
    for name in ("ant", "bee"):
        linked(pathlib.Path("../..", store.name, name), root / name)


def folders_inside(store, root):
    for number, file in enumerate(sorted(store.rglob("*.txt"))):
        place = root / file.parent.name / "abc"[number % 3] / "x.txt" / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def linked_folders_inside(store, root):
    for name in ("ant", "bee"):
        linked(store / name, root / name / "more")


def circles(store, root):
    shutil.copytree(store, root)
    linked(root, root / "ant" / "above")
    linked(root.parent, root / "ant" / "far above")
    linked(root / "bee", root / "bee" / "itself")
    linked(root, root / "all")


def circle_of_two(store, root):
    shutil.copytree(store, root)
    linked(root.parent / "two", root / "ant" / "one")
    linked(root / "ant" / "one", root.parent / "two" / "back")


def same_folder_twice(store, root):
    shutil.copytree(store, root)
    linked(root / "ant", root / "ant" / "again")
    for name in ("first", "second"):
        linked(store / "bee", root / "bee" / name)
    for file in (root / "bee").glob("*.txt"):
        file.unlink()


def left_by_systems(store, root):
    shutil.copytree(store, root)
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini", "._0.txt", ".hidden/a.txt"):
        for folder in (root, root / "ant"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("left")
    (root / "__MACOSX" / "ant").mkdir(parents=True)
    (root / "__MACOSX" / "ant" / "a.txt").write_text("left")


def pipes_and_sockets(store, root):
    shutil.copytree(store, root)
    os.mkfifo(root / "ant" / "pipe.txt")
    os.mkfifo(root / "bee" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = pathlib.Path.cwd()
        os.chdir(root / "bee")  # Their names are at most 108 bytes.
        server.bind("socket.txt")
        os.chdir(here)


SHAPES = [
    class_links,
    file_links,
    links_to_links,
    root_link,
    relative_links,
    folders_inside,
    linked_folders_inside,
    circles,
    circle_of_two,
    same_folder_twice,
    left_by_systems,
    pipes_and_sockets,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_file_is_read_once(tmp_path, shape):
    shape(write_texts(tmp_path / "store"), tmp_path / "data" / "root")
    dataset = recipes.load(tmp_path / "data" / "root")
    assert content(dataset) == PLAIN
    assert dataset.class_names == ("ant", "bee")


NOTED = {
    circles: "3 linked folders were not entered",
    circle_of_two: "1 linked folders were not entered",
    same_folder_twice: "2 linked folders were not entered",
    pipes_and_sockets: "3 pipes, sockets or devices were passed over",
}


@pytest.mark.parametrize("shape", NOTED, ids=lambda shape: shape.__name__)
def test_what_is_passed_over_is_noted(tmp_path, shape):
    shape(write_texts(tmp_path / "store"), tmp_path / "data" / "root")
    (tmp_path / "data" / "root" / "readme.txt").write_text("Insects")
    notes = "; ".join(recipes.load(tmp_path / "data" / "root").notes)
    assert NOTED[shape] in notes
    assert "1 files outside the class folders are not used, readme.txt first" in notes


def test_a_link_that_leads_nowhere_is_refused_or_skipped(tmp_path):
    root = write_texts(tmp_path / "root")
    linked(tmp_path / "gone.txt", root / "ant" / "gone.txt")
    linked(root / "bee" / "self.txt", root / "bee" / "self.txt")
    with pytest.raises(InputError, match=r"Cannot read .*gone\.txt: No such file"):
        recipes.load(root)
    dataset = recipes.load(root, skip_corrupt=True)
    assert content(dataset) == PLAIN
    assert any("2 unreadable files were skipped" in note for note in dataset.notes)


def write_sounds(root, names, first):
    """Write `root/{names}/N.wav`; each sound has one value."""
    for n in range(20):
        path = root / names[n % 2] / f"{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(path, 8000, np.full(9, first + n, "int16"))
    return root


def values(dataset):
    parts = (dataset.train, dataset.validation, dataset.test)
    return {
        round(float(clip[0]) * 2**15): dataset.class_names[label]
        for part in parts
        for clip, label in zip(part.inputs, part.labels, strict=True)
    }


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A cache that keeps small data sets, too."""
    monkeypatch.setattr(cache, "WORTH_KEEPING", 0)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "kept"))


def links_inside(store, root):
    for folder in store.iterdir():
        linked(folder, root / folder.name / "in")


def links_of_classes(store, root):
    for folder in store.iterdir():
        linked(folder, root / folder.name)


def links_of_files(store, root):
    for file in store.rglob("*.wav"):
        linked(file, root / file.parent.name / file.name)


@pytest.mark.parametrize("link", [links_of_classes, links_of_files, links_inside])
def test_linked_data_sets_have_a_cache_each(tmp_path, kept, link):
    for name, first in (("birds", 0), ("cars", 100)):
        store = write_sounds(tmp_path / "store" / name, (f"{name}0", f"{name}1"), first)
        link(store, tmp_path / name)
        for _ in range(2):
            expected = {first + n: f"{name}{n % 2}" for n in range(20)}
            assert values(recipes.load(tmp_path / name)) == expected


def test_the_same_files_linked_as_other_classes_are_read_again(tmp_path, kept):
    store = write_sounds(tmp_path / "store", "ab", 0)
    for name, other in ("ab", "ba"):
        linked(store / name, tmp_path / "same" / name)
        linked(store / name, tmp_path / "swapped" / other)
    same = values(recipes.load(tmp_path / "same"))
    swapped = values(recipes.load(tmp_path / "swapped"))
    assert same == {n: "ab"[n % 2] for n in range(20)}
    assert swapped == {n: "ba"[n % 2] for n in range(20)}


def test_a_change_in_a_linked_folder_is_seen(tmp_path, kept):
    store = write_sounds(tmp_path / "store", "ab", 0)
    links_of_classes(store, tmp_path / "root")
    recipes.load(tmp_path / "root")
    wavfile.write(store / "a" / "0.wav", 8000, np.full(9, 99, "int16"))
    found = values(recipes.load(tmp_path / "root"))
    assert 99 in found
    assert 0 not in found


def test_accents_in_either_form_name_one_class(tmp_path):
    composed, decomposed = (unicodedata.normalize(f, "café") for f in ("NFC", "NFD"))
    for part, name in (("train", composed), ("test", decomposed)):
        for each in (name, "bar"):
            (tmp_path / part / each).mkdir(parents=True)
            for n in range(9):
                (tmp_path / part / each / f"{n}.txt").write_text(f"{part} {each} {n}")
    dataset = recipes.load(tmp_path)
    assert dataset.class_names == ("bar", composed)
    assert np.bincount(dataset.test.labels).tolist() == [9, 9]


def test_a_class_may_be_called_train(tmp_path):
    write_texts(tmp_path)
    (tmp_path / "ant").rename(tmp_path / "car")
    (tmp_path / "bee").rename(tmp_path / "train")
    assert recipes.load(tmp_path).class_names == ("car", "train")


def test_one_folder_around_the_classes_is_named(tmp_path):
    write_texts(tmp_path / "archive" / "insects")
    with pytest.raises(InputError, match=r"are the classes, give .*archive/insects\."):
        recipes.load(tmp_path / "archive")
