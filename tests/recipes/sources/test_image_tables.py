"""Tables that name image files: classes, numbers, and refusals."""

import numpy as np
import pytest
from PIL import Image

import recipes
from tests.recipes.sources.source_files import write_csv
from zoo.errors import InputError

COUNT = 40


@pytest.fixture
def folder(tmp_path):
    """A folder of photos whose brightness is their number."""
    (tmp_path / "photos").mkdir()
    for n in range(COUNT):
        pixels = np.full((8 + n % 2, 8, 3), 6 * n, "uint8")
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{n:02}.png")
    return tmp_path


def names():
    return [f"photos/{n:02}.png" for n in range(COUNT)]


def table(folder, labels, header=("file", "label")):
    return write_csv(folder / "table.csv", header, [*zip(names(), labels, strict=True)])


def test_numbers_stay_with_their_images(folder):
    ages = [20 + 0.5 * n for n in range(COUNT)]
    dataset = recipes.load(table(folder, ages, ("file", "age")), target=["age"])
    assert (dataset.kind, dataset.value_names) == ("images", ("age",))
    assert dataset.input_shape[-1] == 3
    for part in (dataset.train, dataset.validation, dataset.test):
        brightness = part.inputs[:, 0, 0, 0] / 6
        np.testing.assert_allclose(part.labels[:, 0], 20 + 0.5 * brightness)
    assert any("resized" in note for note in dataset.notes)


def test_classes_stay_with_their_images(folder):
    labels = ["dark" if n < 20 else "bright" for n in range(COUNT)]
    dataset = recipes.load(table(folder, labels), image_size=(6, 5))
    assert dataset.input_shape == (6, 5, 3)
    assert dataset.class_names == ("bright", "dark")
    is_dark = dataset.train.inputs[:, 0, 0, 0] < 120
    np.testing.assert_array_equal(dataset.train.labels, is_dark)


def test_groups_stay_together(folder):
    rows = zip(names(), [n % 2 for n in range(COUNT)], range(COUNT), strict=True)
    rows = [(name, label, f"person {n // 4}") for name, label, n in rows]
    path = write_csv(folder / "table.csv", ["file", "label", "who"], rows)
    dataset = recipes.load(path, group="who")
    people = [
        set((part.inputs[:, 0, 0, 0] // 24).tolist())
        for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert sum(map(len, people)) == len(set.union(*people)) == 10


WRONG = {
    "outside": ("../secret.png", r"line 2: '../secret.png' is outside the folder"),
    "absolute": ("/etc/secret.png", r"line 2: '/etc/secret.png' is outside"),
    "missing": ("photos/none.png", r"line 2: there is no file .*none.png"),
}


@pytest.mark.parametrize("name, message", WRONG.values(), ids=WRONG)
def test_files_that_are_not_there_are_refused(folder, name, message):
    rows = [(name, 0), *zip(names(), [n % 2 for n in range(COUNT)], strict=True)]
    path = write_csv(folder / "table.csv", ["file", "label"], rows)
    with pytest.raises(InputError, match=message):
        recipes.load(path)
