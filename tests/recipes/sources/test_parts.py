"""Names of parts: every spelling, for folders of classes and for TFRecords."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.sources.parts.parts import SPELLINGS
from tests.recipes.sources.source_files import write_folder
from zoo.errors import InputError

COUNTS = {"train": 6, "validation": 2, "test": 3}
NAMES = [*itertools.zip_longest(*SPELLINGS.values())]
NAMES = [
    tuple(name or SPELLINGS[part][0] for name, part in zip(row, SPELLINGS, strict=True))
    for row in NAMES
]
NAMES += [("Training", "VAL", "Testing"), ("TRAIN", "Dev", "HoldOut")]


def write_images(root, names):
    for name, count in zip(names, COUNTS.values(), strict=True):
        write_folder(root / name, {"ant": count, "bee": count})


def write_record(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for n in range(2 * number):
            floats = tf.train.FloatList(value=np.float32([n, number]))
            label = tf.train.Int64List(value=[n % 2])
            features = {
                "x": tf.train.Feature(float_list=floats),
                "label": tf.train.Feature(int64_list=label),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def write_files(root, names):
    for name, count in zip(names, COUNTS.values(), strict=True):
        write_record(root / f"{name}-00000-of-00001.tfrecord", count)


def write_folders(root, names):
    for name, count in zip(names, COUNTS.values(), strict=True):
        write_record(root / name / "a.tfrecord", count)


def link_folders(root, names):
    store = root.with_name("store")
    write_folders(store, names)
    for name in names:
        (root / name).symlink_to(store / name)


WRITERS = {
    "images": write_images,
    "records": write_files,
    "folders": write_folders,
    "links": link_folders,
}


@pytest.mark.parametrize("names", NAMES, ids="/".join)
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_parts_are_found_by_every_spelling(tmp_path, write, names):
    (tmp_path / "data").mkdir()
    write(tmp_path / "data", names)
    dataset = recipes.load(tmp_path / "data")
    for part, count in COUNTS.items():
        assert len(getattr(dataset, part)) == 2 * count


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("first, second", [("val", "valid"), ("Test", "holdout")])
def test_two_names_for_one_part_are_refused(tmp_path, write, first, second):
    (tmp_path / "data").mkdir()
    write(tmp_path / "data", ("train", first, second))
    with pytest.raises(InputError, match=r"two names for the (validation|test) part"):
        recipes.load(tmp_path / "data")


def test_a_folder_named_like_a_record_is_a_class(tmp_path):
    for n in range(20):
        path = tmp_path / f"{'ab'[n % 2]}.tfrecord" / f"{n}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"text {n}")
    assert recipes.load(tmp_path).class_names == ("a.tfrecord", "b.tfrecord")
