"""Image folders and TensorFlow Datasets, and refusals of bad ones."""

import shutil

import numpy as np
import pytest
from PIL import Image

import recipes
from tests.recipes.sources.source_files import (
    check_complete,
    prepare_tfds,
    write_folder,
)
from zoo.errors import InputError


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_an_image_folder_is_loaded(tmp_path, suffix):
    written = write_folder(tmp_path, {"bee": 12, "ant": 12}, suffix=suffix)
    (tmp_path / "bee" / ".hidden").write_text("not an image")
    dataset = recipes.load(tmp_path)
    check_complete(dataset, 24)
    assert dataset.class_names == ("ant", "bee")
    assert dataset.input_shape == (6, 5, 3)
    by_pixels = {pixels.tobytes(): path.parent.name for path, pixels in written.items()}
    for image, label in zip(dataset.train.inputs, dataset.train.labels, strict=True):
        assert by_pixels[image.tobytes()] == dataset.class_names[label]


def test_parts_of_an_image_folder_are_kept(tmp_path):
    for part, number in (("train", 10), ("test", 3), ("val", 2)):
        write_folder(tmp_path / part, {"ant": number, "bee": number}, mode="L")
    dataset = recipes.load(tmp_path)
    assert dataset.input_shape == (6, 5, 1)
    sizes = len(dataset.train), len(dataset.test), len(dataset.validation)
    assert sizes == (20, 6, 4)


def test_mixed_images_are_converted_with_a_note(tmp_path):
    write_folder(tmp_path, {"ant": 10, "bee": 10}, size=(10, 10))
    write_folder(tmp_path, {"cat": 10}, size=(20, 30), mode="L")
    dataset = recipes.load(tmp_path)
    assert dataset.input_shape == (10, 10, 3)
    assert any("2 sizes were resized to 10×10" in note for note in dataset.notes)
    assert any("converted to colour" in note for note in dataset.notes)


def test_large_images_are_shrunk_unless_a_size_is_given(tmp_path):
    write_folder(tmp_path, {"ant": 5, "bee": 5}, size=(100, 192))
    assert recipes.load(tmp_path).input_shape == (50, 96, 3)
    assert recipes.load(tmp_path, image_size=(100, 192)).input_shape == (100, 192, 3)


def test_corrupt_images_can_be_skipped(tmp_path):
    write_folder(tmp_path, {"ant": 10, "bee": 10})
    (tmp_path / "ant" / "notes.txt").write_text("no image")
    truncated = tmp_path / "bee" / "00.png"
    truncated.write_bytes(truncated.read_bytes()[:60])
    dataset = recipes.load(tmp_path, skip_corrupt=True)
    check_complete(dataset, 19)
    assert any("2 unreadable files" in note for note in dataset.notes)


@pytest.fixture(scope="module")
def tfds_folder(tmp_path_factory):
    """A tiny image data set in the format of TensorFlow Datasets."""
    import tensorflow_datasets as tfds

    features = {
        "image": tfds.features.Image(shape=(28, 28, 1)),
        "label": tfds.features.ClassLabel(names=list("0123456789")),
    }
    rng = np.random.default_rng(2)
    examples = [
        {
            "image": rng.integers(0, 256, (28, 28, 1), dtype="uint8"),
            "label": number % 10,
        }
        for number in range(100)
    ]
    folder = prepare_tfds(
        tmp_path_factory.mktemp("tfds"),
        "mnist/3.0.1",
        features,
        {"train": examples[:80], "test": examples[80:]},
    )
    return folder, examples


def test_images_of_tensorflow_datasets_are_loaded(tfds_folder):
    folder, examples = tfds_folder
    dataset = recipes.load("mnist", data_dir=folder, download=False)
    assert dataset.class_names == tuple("0123456789")
    np.testing.assert_array_equal(
        sorted(map(bytes, dataset.test.inputs)),
        sorted(bytes(example["image"]) for example in examples[80:]),
    )
    assert len(dataset.train) + len(dataset.validation) == 80
    resized = recipes.load("mnist", data_dir=folder, download=False, image_size=(14, 7))
    assert resized.input_shape == (14, 7, 1)


def write_bad_folder(root, case):
    """Write a folder with one mistake."""
    if case == "empty":
        return
    if case == "flat":
        Image.new("L", (4, 4)).save(root / "one.png")
        return
    counts = {"one class": {"ant": 3}, "no test class": {"train/a": 9, "train/b": 9}}
    write_folder(root, counts.get(case, {"ant": 9, "bee": 9}))
    if case == "empty class":
        (root / "cat").mkdir()
    elif case == "text file":
        (root / "ant" / "notes.txt").write_text("no image")
    elif case == "truncated":
        image = root / "bee" / "03.png"
        image.write_bytes(image.read_bytes()[:70])
    elif case == "icon":
        Image.new("RGB", (16, 16)).save(root / "ant" / "w.ico")
    elif case == "two validations":
        write_folder(root, dict.fromkeys(["train/a", "val/a", "validation/a"], 1))
    elif case == "no test class":
        write_folder(root / "test", {"a": 2, "c": 2})


@pytest.mark.parametrize(
    "case, message",
    {
        "empty": "no class folders",
        "flat": "no class folders",
        "one class": "one class only, 'ant'",
        "empty class": "cat holds no images",
        "text file": r"notes.txt is a text; .*--skip-corrupt",
        "truncated": "03.png is not an image, or is damaged",
        "icon": r"w.ico is an icon; .* \(PNG, .*TIFF",
        "no test class": "'c', which the training part lacks",
        "two validations": "two names for the validation part: 'val' and 'validation'",
    }.items(),
)
def test_bad_folders_are_refused(tmp_path, case, message):
    write_bad_folder(tmp_path, case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path)


@pytest.mark.parametrize(
    "source, message",
    [
        ("mnits", "did you mean .*'mnist'"),
        ("diggits", "did you mean 'digits'"),
        ("no/such/folder", "no data set, folder or file"),
        ("missing.csv", "no file missing.csv"),
        ("missing.npz", "no file missing.npz"),
        ("movielens", "not a classification by 'label': it has movie_id"),
        ("mnist/unknown", "no 'mnist/unknown'"),
        ("mnist:9.9.9", "cannot be loaded at version 9.9.9"),
    ],
)
def test_unknown_sources_are_refused(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        recipes.load(source, data_dir=tmp_path, download=False)


def test_unprepared_data_without_download_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"not prepared in .*--data-dir"):
        recipes.load("cifar10", data_dir=tmp_path, download=False)
    assert list(tmp_path.iterdir()) == []


def test_incompletely_prepared_data_are_refused(tmp_path):
    (tmp_path / "cifar10" / "3.0.2").mkdir(parents=True)
    with pytest.raises(InputError, match="not hold a prepared data set; remove"):
        recipes.load("cifar10", data_dir=tmp_path, download=False)


def test_damaged_prepared_data_are_refused(tmp_path, tfds_folder):
    shutil.copytree(tfds_folder[0], tmp_path, dirs_exist_ok=True)
    for records in tmp_path.rglob("*-test.*tfrecord*"):
        records.write_bytes(records.read_bytes()[:100])
    with pytest.raises(InputError, match="Cannot read the test part"):
        recipes.load("mnist", data_dir=tmp_path, download=False)


@pytest.mark.parametrize("size", [(0, 5), (5,), 5, "8x8", (2.5, 3)])
def test_a_bad_image_size_is_refused(size):
    with pytest.raises(InputError, match="must be \\(height, width\\)"):
        recipes.load(image_size=size)


def test_a_download_without_a_network_fails_at_once(tmp_path, monkeypatch):
    import socket

    def nowhere(*_):
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    with pytest.raises(InputError, match=r"host www\.cs\.toronto\.edu is not found"):
        recipes.load("cifar10", data_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "data.bin").write_text("x")
    with pytest.raises(InputError, match=r"as data; give .* a folder of images"):
        recipes.load(tmp_path / "data.bin")
