"""The same labels in arrays, archives, tables, records and frames."""

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.sources.labels.labels import are_numbers, class_numbers
from tests.recipes.sources.source_files import write_csv

CLASSES = np.arange(60) % 3
X = np.stack([np.sin(np.arange(60)), np.cos(np.arange(60))], 1).astype("float32")

SPELLINGS = {  # name: (labels of class 0, 1 and 2; names of the classes)
    "from zero": ([0, 1, 2], ("0", "1", "2")),
    "from one": ([1, 2, 3], ("1", "2", "3")),
    "signs": ([-1, 0, 1], ("-1", "0", "1")),
    "gaps": ([3, 9, 10], ("3", "9", "10")),
    "whole floats": ([1.0, 2.0, 3.0], ("1", "2", "3")),
    "text of numbers": (["2", "9", "10"], ("2", "9", "10")),
    "text of floats": (["1.0", "2.0", "3.0"], ("1", "2", "3")),
    "words": (["ant", "bee", "cat"], ("ant", "bee", "cat")),
    "space around": ([" ant", "bee ", "cat"], ("ant", "bee", "cat")),
    "words and numbers": (["1", "2", "three"], ("1", "2", "three")),
}


def as_array(labels, folder):
    return recipes.from_arrays(X, labels)


def as_objects(labels, folder):
    return recipes.from_arrays(X, np.array(labels.tolist(), object))


def as_list(labels, folder):
    return recipes.load((X.tolist(), labels.tolist()))


def as_archive(labels, folder):
    np.savez(folder / "a.npz", x=X, y=labels)
    return recipes.load(folder / "a.npz")


def as_table(labels, folder):
    rows = [[*row, label] for row, label in zip(X.tolist(), labels, strict=True)]
    return recipes.load(write_csv(folder / "t.csv", ["a", "b", "label"], rows))


def as_frame(labels, folder):
    return recipes.load({"a": X[:, 0], "b": X[:, 1], "label": labels})


def as_records(labels, folder):
    with tf.io.TFRecordWriter(str(folder / "a.tfrecord")) as writer:
        for row, label in zip(X, labels.tolist(), strict=True):
            if isinstance(label, str):
                value = {"bytes_list": tf.train.BytesList(value=[label.encode()])}
            elif isinstance(label, float):
                value = {"float_list": tf.train.FloatList(value=[label])}
            else:
                value = {"int64_list": tf.train.Int64List(value=[label])}
            floats = tf.train.FloatList(value=row)
            features = {
                "x": tf.train.Feature(float_list=floats),
                "label": tf.train.Feature(**value),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return recipes.load(folder / "a.tfrecord")


READERS = (as_array, as_objects, as_list, as_archive, as_table, as_frame, as_records)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("spelled, names", SPELLINGS.values(), ids=SPELLINGS)
def test_labels_are_read_alike_everywhere(tmp_path, read, spelled, names):
    dataset = read(np.array(spelled)[CLASSES], tmp_path)
    assert dataset.class_names == names
    assert dataset.names_given == (names != ("0", "1", "2"))
    for part in (dataset.train, dataset.validation, dataset.test):
        for row, label in zip(part.inputs, part.labels, strict=True):
            number = int(np.flatnonzero((np.abs(X - row) < 1e-5).all(axis=1))[0])
            assert label == CLASSES[number]


BOOLEANS = {
    "booleans": np.array([False, True]),
    "objects": np.array([False, True], object),
    "text": np.array(["False", "True"]),
}


@pytest.mark.parametrize("values", BOOLEANS.values(), ids=BOOLEANS)
def test_booleans_are_words(values):
    read = class_numbers({"train": values[CLASSES % 2]})
    assert read.names == ("False", "True")
    np.testing.assert_array_equal(read.numbers["train"], CLASSES % 2)


AGES = 18 + np.arange(4000) % 62
NUMBERS = {
    "ages": AGES,
    "prices": np.arange(300) * 7 + 100_000,
    "fractions": np.arange(300) % 5 + 0.5,
    "text of fractions": (np.arange(300) % 5 + 0.5).astype(str),
    "amounts": np.array([f"${1000 + 37 * (n % 40):,}" for n in range(300)]),
    "objects": np.array(AGES.tolist(), object),
}


@pytest.mark.parametrize("form", ["array", "table", "frame"])
@pytest.mark.parametrize("labels", NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_predicted_and_not_taken_for_classes(tmp_path, labels, form):
    x = np.arange(len(labels)) % 11
    data = {"x": x, "label": labels}
    if form == "array":
        data = (np.stack([x, x], 1), labels)
    elif form == "table":
        rows = list(zip(x.tolist(), labels.tolist(), strict=True))
        data = write_csv(tmp_path / "t.csv", ["x", "label"], rows)
    dataset = recipes.load(data)
    assert dataset.value_names == ("value" if form == "array" else "label",)
    assert "so the task is a regression" in dataset.notes[0]
    assert dataset.train.labels.dtype == "float32"
    if len(labels) >= 3 * len(np.unique(labels)):
        classes = recipes.load(data, task="classification")
        assert classes.num_classes == len(np.unique(labels))


@pytest.mark.parametrize(
    "labels, expected",
    [
        ({*range(100)}, False),
        ({*range(1, 101)}, False),
        ({*range(100)} - {7, 50}, False),
        ({*range(18, 80)}, True),
        ({2018, 2019, 2020}, False),
        ({0.5, 1}, True),
        ({"a", "b"}, False),
        ({f"2024-01-{day:02}" for day in range(1, 31)}, False),
        (set(), False),
    ],
)
def test_which_labels_are_numbers(labels, expected):
    assert are_numbers(labels) == expected


def test_labels_in_range_are_positions_of_given_names():
    read = class_numbers({"train": [0, 1, 1]}, ("night", "day"))
    assert (read.names, read.names_given) == (("night", "day"), True)
    assert read.numbers["train"].tolist() == [0, 1, 1]


def test_labels_that_are_the_given_names_go_by_name():
    read = class_numbers({"train": [0, 1, 1, 10]}, ("0", "1", "10"))
    assert read.numbers["train"].tolist() == [0, 1, 1, 2]
    read = class_numbers({"train": [1, 0]}, ("1", "0"))
    assert read.numbers["train"].tolist() == [0, 1]


def test_other_numbers_as_labels_are_told():
    dataset = recipes.from_arrays(X, CLASSES * 2 - 1)
    assert "the labels are the numbers -1, 1, 3, kept as class names" in " ".join(
        dataset.notes
    )


def test_columns_with_a_single_one_name_the_classes(tmp_path):
    names, rng = ["red", "green", "blue"], np.random.default_rng(0)
    classes = rng.integers(3, size=120)
    rows = np.column_stack([rng.random(120), np.eye(3, dtype=int)[classes]])
    path = write_csv(tmp_path / "colours.csv", ["size", *names], rows)
    dataset = recipes.load(path, target=names)
    assert dataset.class_names == tuple(names)
    assert dataset.notes[0].startswith("every row has a 1 in one of red, green, blue")
    parts = (dataset.train, dataset.validation, dataset.test)
    found = np.concatenate([part.labels for part in parts])
    assert np.bincount(found).tolist() == np.bincount(classes).tolist()
