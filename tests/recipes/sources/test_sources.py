"""Arrays, tables and the embedded digits, and refusals of bad ones."""

import numpy as np
import pytest

import recipes
from recipes.data.dataset import Dataset, Part
from recipes.sources.images.resizing import resized
from recipes.sources.labels.labels import class_numbers
from tests.recipes.sources.source_files import (
    IMAGES,
    LABELS,
    ROWS,
    check_complete,
    good_rows,
    write_csv,
)
from zoo.errors import InputError


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    dataset = recipes.load("digits")
    check_complete(dataset, 1797)
    assert dataset.input_shape == (8, 8, 1)
    assert dataset.class_names == tuple("0123456789")
    seen = np.concatenate(
        [p.inputs for p in (dataset.train, dataset.validation, dataset.test)]
    )
    expected = np.rint(load_digits().images * 255 / 16).astype("uint8")[..., None]
    assert sorted(map(bytes, seen)) == sorted(map(bytes, expected))


def test_the_split_is_stratified_and_always_the_same():
    first, second = recipes.load("digits"), recipes.load("digits")
    for part in ("train", "validation", "test"):
        a, b = getattr(first, part), getattr(second, part)
        np.testing.assert_array_equal(a.inputs, b.inputs)
        share = np.bincount(a.labels) / len(a)
        np.testing.assert_allclose(share, 0.1, atol=0.01)
    assert (len(first.test), len(first.validation)) == (360, 144)


@pytest.mark.parametrize("rare", [3, 4, 7])
def test_a_rare_class_is_in_every_part(rare):
    labels = np.repeat([0, 1, 2], [300, 200, rare])
    dataset = recipes.from_arrays(np.arange(len(labels) * 2).reshape(-1, 2), labels)
    check_complete(dataset, len(labels))


def test_parts_that_are_given_are_not_split(tmp_path):
    np.savez(
        tmp_path / "data.npz",
        x_train=IMAGES[:40],
        y_train=LABELS[:40],
        x_test=IMAGES[40:],
        y_test=LABELS[40:],
        class_names=["ant", "bee", "cat"],
    )
    dataset = recipes.load(tmp_path / "data.npz")
    np.testing.assert_array_equal(dataset.test.inputs, IMAGES[40:])
    np.testing.assert_array_equal(dataset.test.labels, LABELS[40:])
    assert dataset.class_names == ("ant", "bee", "cat")
    assert len(dataset.train) + len(dataset.validation) == 40
    assert dataset.name == "data"


@pytest.mark.parametrize(
    "x, shape",
    [
        (IMAGES, (6, 5, 3)),
        (IMAGES[..., 0], (6, 5, 1)),
        (IMAGES.astype("int32"), (6, 5, 3)),
        (IMAGES.astype("float64"), (6, 5, 3)),
        (IMAGES / 255, (6, 5, 3)),
        (IMAGES > 99, (6, 5, 3)),
        (ROWS, (4,)),
        (np.arange(240).reshape(60, 4), (4,)),
    ],
    ids=["colour", "grey", "int", "float", "unit", "boolean", "rows", "int-rows"],
)
def test_arrays_of_every_kind_are_accepted(x, shape):
    dataset = recipes.from_arrays(x, LABELS, x, LABELS)
    assert dataset.input_shape == shape
    expected = IMAGES[..., : shape[-1]] if len(shape) == 3 else x.astype("float32")
    expected = 255 * x if x.dtype == bool else expected
    np.testing.assert_array_equal(dataset.test.inputs, expected)
    noted = any("multiplied by 255" in note for note in dataset.notes)
    assert noted == (x.dtype.kind in "fb" and len(shape) == 3 and x.max() <= 1)


def test_integer_images_of_0_and_1_are_told():
    dataset = recipes.from_arrays(IMAGES % 2, LABELS)
    assert dataset.train.inputs.max() == 1
    assert any("hold only 0 and 1" in note for note in dataset.notes)


@pytest.mark.parametrize("train, test", [(1, 255), (255, 1)])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_parts_on_two_scales_are_refused(train, test, kind):
    x_train, x_test = ((IMAGES / scale).astype(kind) for scale in (train, test))
    with pytest.raises(InputError, match="give both on the same scale"):
        recipes.from_arrays(x_train, LABELS, x_test, LABELS)


def test_a_black_part_has_every_scale():
    for train in (IMAGES, IMAGES / 255):
        dataset = recipes.from_arrays(train, LABELS, np.zeros(IMAGES.shape), LABELS)
        assert dataset.test.inputs.max() == 0


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS[:, None],
        LABELS.astype("float32"),
        np.eye(3)[LABELS],
        np.array(["0", "1", "2"])[LABELS],
        np.array(["0", "1", "2"], object)[LABELS],
        np.array([b"0", b"1", b"2"])[LABELS],
    ],
    ids=["integers", "column", "floats", "one-hot", "text", "pandas", "bytes"],
)
def test_labels_of_every_kind_are_accepted(labels):
    read = class_numbers({"train": labels})
    np.testing.assert_array_equal(read.numbers["train"], LABELS)
    assert read.names == ("0", "1", "2")


@pytest.mark.parametrize("labels", [LABELS, np.array(list("abc"))[LABELS]])
def test_class_names_give_the_order_of_the_classes(labels):
    names = ("a", "b", "c") if labels is LABELS else ("c", "a", "b")
    read = class_numbers({"train": labels}, names)
    assert read.names == names
    assert [names[n] for n in read.numbers["train"]] == [*np.array(list("abc"))[LABELS]]


def test_a_table_is_loaded(tmp_path):
    path = write_csv(tmp_path / "t.csv", ["size", "count", "species"], good_rows())
    dataset = recipes.load(path, label_column="species")
    check_complete(dataset, 30)
    assert dataset.feature_names == ("size", "count")
    assert dataset.class_names == ("a", "b")
    rows = {tuple(row) for row in np.float32([r[:2] for r in good_rows()])}
    assert {tuple(row) for row in dataset.train.inputs} < rows


def test_number_labels_of_a_table_keep_their_order(tmp_path):
    rows = [[i, (-1, 9, 10)[i % 3]] for i in range(30)]
    dataset = recipes.load(write_csv(tmp_path / "t.csv", ["x", "label"], rows))
    assert dataset.class_names == ("-1", "9", "10")


@pytest.mark.parametrize("names", [("1", "²"), (str(10**30), str(10**30 + 1))])
def test_digits_that_are_not_numbers_are_names(tmp_path, names):
    rows = [[i, names[i % 2]] for i in range(30)]
    dataset = recipes.load(write_csv(tmp_path / "t.csv", ["x", "label"], rows))
    assert dataset.class_names == names


def test_a_byte_order_mark_is_ignored(tmp_path):
    path = write_csv(
        tmp_path / "t.csv", ["label", "x"], [["ab"[i % 2], i] for i in range(30)]
    )
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert recipes.load(path).feature_names == ("x",)


BAD_ARRAYS = {
    "nan": (np.where(ROWS > 2, np.nan, ROWS), LABELS, "NaN or infinite"),
    "infinite": (np.full((60, 4), np.inf), LABELS, "240 values that are NaN"),
    "objects": (np.array([["a", 1]] * 60, object), LABELS, "must be numbers"),
    "empty": (np.zeros((0, 4)), np.zeros(0), "no examples"),
    "one axis": (np.zeros(60), LABELS, "got shape"),
    "two channels": (np.zeros((60, 6, 6, 2)), LABELS, "1, 3 or 4 channels"),
    "negative pixels": (IMAGES - 300.0, LABELS, "0…255"),
    "large pixels": (IMAGES * 2.0, LABELS, "0…255"),
    "fewer labels": (ROWS, LABELS[:50], "60 examples; its labels"),
    "no labels": (ROWS, None, "its labels have the shape none"),
    "label cube": (ROWS, np.zeros((60, 2, 2)), "shape \\(n,\\)"),
    "one class": (ROWS, LABELS * 0, "one class only"),
    "beyond float32": (ROWS.astype("float64") * 1e300, LABELS, "240 values beyond"),
    "no height": (np.zeros((60, 0, 5, 3)), LABELS, "no examples"),
    "ragged": ([[1, 2], [3]] * 30, LABELS, "the same shape"),
    "lonely class": (
        ROWS,
        np.where(np.arange(60) < 2, 1, 0),
        "Class '1' has 2 of 60 examples; .* at least 3 of each class",
    ),
}


@pytest.mark.parametrize("x, y, message", BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_are_refused(x, y, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(x, y)


def test_all_parts_have_the_scale_of_the_training_part():
    dark = np.ones((3, 6, 5, 3))
    seen = recipes.from_arrays(IMAGES.astype(float), LABELS, dark, [0, 1, 2])
    np.testing.assert_array_equal(seen.test.inputs, dark)
    with pytest.raises(InputError, match="same scale"):
        recipes.from_arrays(IMAGES / 255, LABELS, dark * 1.01, [0, 1, 2])


def test_labels_without_examples_are_refused():
    with pytest.raises(InputError, match="test part has labels, but no examples"):
        recipes.from_arrays(ROWS, LABELS, None, LABELS)


def test_a_label_without_a_name_is_refused():
    with pytest.raises(InputError, match="out of range: 2 is not in 0…1"):
        recipes.from_arrays(ROWS, LABELS, class_names=["a", "b"])


NAMES = {
    "twice": (LABELS, ("a", "b", "a"), "`class_names` has 'a' twice"),
    "lacking": (np.array(list("abc"))[LABELS], ("a", "b"), "'c', which `class_names`"),
    "unused": (np.array(list("abc"))[LABELS], tuple("abcd"), "no example of class 'd'"),
}


@pytest.mark.parametrize("labels, names, message", NAMES.values(), ids=NAMES)
def test_class_names_that_do_not_fit_are_refused(labels, names, message):
    with pytest.raises(InputError, match=message):
        recipes.from_arrays(ROWS, labels, class_names=names)


def test_a_test_class_that_training_lacks_is_refused():
    with pytest.raises(InputError, match="'2', which the training part lacks"):
        recipes.from_arrays(ROWS, LABELS % 2, ROWS, LABELS)
    with pytest.raises(InputError, match="'c', which the training part lacks"):
        recipes.from_arrays(
            ROWS, np.array(["a", "b"])[LABELS % 2], ROWS, np.array(list("abc"))[LABELS]
        )


BAD_TABLES = {
    "no label column": (["x", "labels"], [[1, "a"]], "no column 'label'.*'labels'"),
    "text": (["x", "label"], [[1, "a"], ["two", "b"]], "'x', line 3: 'two' is not"),
    "nothing there": (["x", "label"], [["NA", "a"], ["", "b"]] * 9, "No column is"),
    "infinite": (["x", "label"], [["inf", "a"], [1, "b"]], "line 2: 'inf'"),
    "too large": (["x", "label"], [["1e99", "a"], [1, "b"]], "line 2: '1e99'"),
    "ragged": (["x", "label"], [[1, "a"], [1, 2, "b"]], "line 3: 3 values for 2"),
    "twice": (["x", "x", "label"], [[1, 2, "a"]], "several columns 'x'"),
    "no rows": (["x", "label"], [], "no rows"),
    "slashes": (["x/label"], [["1/a"]], "no column 'label'; it has x/label"),
    "nothing else": (["label"], [["a"], ["b"]], "no column besides"),
    "no label": (["x", "label"], [[1, "NA"], [2, " "]], "every label .* is missing"),
}


@pytest.mark.parametrize("header, rows, message", BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables_are_refused(tmp_path, header, rows, message):
    with pytest.raises(InputError, match=message):
        recipes.load(write_csv(tmp_path / "t.csv", header, rows))


def write_bad_npz(path, case):
    if case == "pickled":
        np.savez(path, x=np.array([{}] * 3), y=np.arange(3))
    elif case == "no labels":
        np.savez(path, x_train=ROWS)
    elif case == "npy":
        with path.open("wb") as file:
            np.save(file, ROWS)
    else:
        path.write_bytes(b"PK damaged")


@pytest.mark.parametrize(
    "case, message",
    [
        ("pickled", "never unpickled"),
        ("no labels", "no array 'y_train'.*it has x_train"),
        ("damaged", "damaged, or is not an .npz"),
        ("npy", "damaged, or is not an .npz"),
    ],
)
def test_bad_npz_files_are_refused(tmp_path, case, message):
    write_bad_npz(tmp_path / "data.npz", case)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path / "data.npz")


def test_arrays_of_images_are_resized(tmp_path):
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)
    dataset = recipes.load(tmp_path / "data.npz", image_size=(12, 10))
    assert dataset.input_shape == (12, 10, 3)
    assert dataset.notes[-1] == "images were resized from 6×5 to 12×10"
    plain = recipes.load(tmp_path / "data.npz")
    for part in ("train", "validation", "test"):
        large, small = getattr(dataset, part), getattr(plain, part)
        np.testing.assert_array_equal(large.labels, small.labels)
        means = [p.inputs.mean(axis=(1, 2, 3)) for p in (large, small)]
        np.testing.assert_allclose(*means, atol=12)


def test_mapped_images_are_not_resized(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    part = Part(mapped, LABELS)
    dataset = Dataset("mapped", "images", part, part, part, ("a", "b", "c"))
    with pytest.raises(InputError, match="save resized images"):
        resized(dataset, (12, 10))
