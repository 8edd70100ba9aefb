"""16-bit images: their bits are found, told, kept with the model, and served."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import recipes
import zoo
from recipes.reports.evaluation import load_to_score
from recipes.training.compiling import prepare
from recipes.training.settings import settings_for
from tests.recipes.sources.decoding import decoded_images
from zoo.exporting.answers import Answers
from zoo.exporting.servable import Servable
from zoo.loading import as_trained_model

SIDE = 8
TOP = 1020  # of 10 bits
VALUES = np.linspace(0, TOP, SIDE * SIDE).astype("uint16").reshape(SIDE, SIDE)


def png(values=VALUES):
    return tf.io.encode_png(values[..., np.newaxis]).numpy()


def write_folder(root, values=VALUES):
    for label in "ab":
        (root / label).mkdir(parents=True)
        for n in range(4):
            (root / label / f"{n}.png").write_bytes(png(values))
        Image.fromarray(values).save(root / label / "deep.tiff")
    return root


def write_table(root, values=VALUES):
    write_folder(root, values)
    rows = [f"{label}/{n}.png,{label}" for label in "ab" for n in range(4)]
    (root / "labels.csv").write_text("\n".join(["file,label", *rows]))
    return root / "labels.csv"


def write_records(root, values=VALUES):
    root.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(root / "data.tfrecord")) as writer:
        for n in range(10):
            feature = {
                "image": tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[png(values)])
                ),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[n % 2])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return root / "data.tfrecord"


SOURCES = {"folder": write_folder, "table": write_table, "records": write_records}


def note_on_depth(dataset):
    (note,) = [note for note in dataset.notes if "16 bits a channel" in note]
    return note


@pytest.mark.parametrize("write", SOURCES.values(), ids=SOURCES)
def test_the_bits_that_images_use_are_scaled_and_told(write, tmp_path):
    dataset = recipes.load(write(tmp_path))
    assert dataset.bit_depth == 10
    np.testing.assert_array_equal(dataset.train.inputs[0, ..., 0], VALUES // 4)
    assert "largest value is 1,020, so their 10 bits were scaled" in note_on_depth(
        dataset
    )


@pytest.mark.parametrize("top, bits", [(200, 8), (256, 9), (4095, 12), (65535, 16)])
def test_the_largest_value_says_the_bits(top, bits, tmp_path):
    values = (VALUES * (top / TOP)).astype("uint16")
    dataset = recipes.load(write_folder(tmp_path, values))
    assert dataset.bit_depth == bits


def test_a_cached_folder_keeps_the_bits(tmp_path, monkeypatch):
    monkeypatch.setattr("recipes.sources.files.cache.WORTH_KEEPING", 0)
    root = write_folder(tmp_path / "images")
    for _ in range(2):
        dataset = recipes.load(root, cache_dir=tmp_path / "cache")
        assert dataset.bit_depth == 10
    assert any("decoded before" in note for note in dataset.notes)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained model, prepared for a folder of 10 bits."""
    dataset = recipes.load(write_folder(tmp_path_factory.mktemp("ten")))
    settings = settings_for("mlp", 8, kind=dataset.kind, task=dataset.task)
    return prepare("mlp", dataset, settings, {})[0]


def test_a_model_keeps_the_bits_of_its_data(model, tmp_path):
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset")
    copies = {
        "configuration": type(model).from_config(model.get_config()),
        "file": zoo.load_model(tmp_path / "model.keras").model,
        "preset": zoo.from_preset(tmp_path / "preset"),
        "head": model.with_head(3),
    }
    assert {name: copy.bit_depth for name, copy in copies.items()} == dict.fromkeys(
        copies, 10
    )


@pytest.mark.parametrize("write", SOURCES.values(), ids=SOURCES)
def test_other_data_are_read_with_the_bits_of_the_model(write, model, tmp_path):
    brighter = write(tmp_path, 2 * VALUES)
    dataset = load_to_score(as_trained_model(model), brighter, None)
    expected = np.minimum(VALUES // 2, 255)
    np.testing.assert_array_equal(dataset.test.inputs[0, ..., 0], expected)
    assert "and the model reads the upper 8 of 10 bits" in note_on_depth(dataset)


def test_an_export_and_predict_make_the_same_pixels(model, tmp_path):
    write_folder(tmp_path)
    files = [tmp_path / "a" / "0.png", tmp_path / "a" / "deep.tiff"]
    trained = as_trained_model(model)
    for pixels in decoded_images(files, trained.input_shape, trained.bit_depth):
        np.testing.assert_array_equal(pixels[..., 0], VALUES // 4)
    servable = Servable(Answers(model))
    served = servable._answer_files(tf.constant([files[0].read_bytes()]))
    expected = trained.answers((VALUES // 4).astype("uint8")[None, ..., None])
    np.testing.assert_allclose(
        served["probabilities"], expected["probabilities"], rtol=1e-5
    )
    assert servable._description()["bit_depth"] == 10
