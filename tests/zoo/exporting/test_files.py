"""ONNX and LiteRT files, run by their engines, give the answers of the model."""

import json

import keras
import numpy as np
import onnx
import pytest

import zoo
from zoo.errors import InputError
from zoo.exporting import ExportError, files, litert_file, onnx_file
from zoo.models.recurrent import RecurrentNetwork

FORMATS = {"onnx": onnx_file, "litert": litert_file}
CLASSES = ("ant", "bee", "cat")
each_format = pytest.mark.parametrize("name", FORMATS)


def table():
    model = zoo.MLP((5,), class_names=CLASSES, num_classes=3, hidden_units=(8,))
    model.adapt(np.random.default_rng(0).normal(3, 2, (50, 5)).astype("float32"))
    return model


def logits():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    model.class_names = CLASSES
    return model


def one_sigmoid():
    inputs = keras.Input((8, 8, 3))
    return keras.Model(
        inputs,
        keras.layers.Dense(1, "sigmoid")(keras.layers.Flatten()(inputs / 255)),
    )


def cnn(**arguments):
    return zoo.CNN((8, 8, 1), 3, widths=(4, 8), depth=1, **arguments)


MODELS = {
    "table": table,
    "logits": logits,
    "one sigmoid": one_sigmoid,
    "residual": lambda: zoo.CNN((8, 8, 1), 3, widths=(4,), depth=2, residual=True),
    **{
        pooling: lambda pooling=pooling: cnn(pooling=pooling)
        for pooling in ("average", "lp", "max", "median", "mixed", "stochastic")
    },
}


def examples(model, number):
    rng = np.random.default_rng(1)
    shape = model.input_shape[1:]
    if len(shape) == 3:
        return rng.integers(0, 256, (number, *shape), "uint8")
    return rng.normal(size=(number, *shape)).astype("float32")


@each_format
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_answers_equal_those_of_the_model(tmp_path, name, make):
    model = make()
    file = tmp_path / f"model{FORMATS[name].SUFFIX}"
    assert zoo.export(model, file, format=name) == file
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
    batch = examples(model, 3)
    input_name = "images" if batch.ndim == 4 else "rows"
    found = FORMATS[name].answers(file, {input_name: batch})
    expected = np.asarray(model(batch))
    if make is logits:
        expected = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    if make is one_sigmoid:
        expected = np.concatenate([1 - expected, expected], axis=1)
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)
    np.testing.assert_array_equal(found["label"], expected.argmax(axis=1))
    names = getattr(model, "class_names", None) or [*"012"]
    given = [name.decode() for name in found["class_name"]]
    assert given == [names[k] for k in expected.argmax(axis=1)]


@each_format
def test_a_generator_gives_the_same_images_for_latents(tmp_path, name):
    gan = zoo.DCGAN((28, 28, 1), width=2, latent_dim=5)
    file = zoo.export(gan, tmp_path / f"g{FORMATS[name].SUFFIX}", format=name)
    found = FORMATS[name].answers(file, {"latents": gan.latents(3)})["images"]
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - gan.generate(3)).max() <= 1


def test_an_onnx_file_contains_the_description(tmp_path):
    file = zoo.export(
        table(), tmp_path / "t.onnx", format="onnx", feature_names=[*"abcde"]
    )
    (entry,) = onnx.load(file).metadata_props
    assert entry.key == "zoo.json"
    description = json.loads(entry.value)
    assert description["class_names"] == list(CLASSES)
    assert description["feature_names"] == list("abcde")


def texts():
    return RecurrentNetwork(num_classes=2, inputs="text", vocabulary=["a"], units=2)


def audio():
    return RecurrentNetwork(num_classes=2, inputs="waveform", units=2)


def sequences():
    return RecurrentNetwork((None, 3), num_classes=2, units=2)


REFUSED = {
    "recurrent": (sequences, "m.onnx", "onnx", "no loop for recurrent layers"),
    "texts": (texts, "m.onnx", "onnx", "no word lookup"),
    "audio": (audio, "m.tflite", "litert", "no spectrogram"),
    "suffix": (logits, "m.tflite", "onnx", "ends in .onnx, got"),
    "folder": (logits, "m", "litert", "ends in .tflite, got"),
    "unknown format": (logits, "m.pb", "tensorrt", "format"),
}


@pytest.mark.parametrize("make, path, name, message", REFUSED.values(), ids=REFUSED)
def test_models_and_paths_that_do_not_fit_the_format_are_refused(
    tmp_path, make, path, name, message
):
    with pytest.raises(ValueError, match=message):
        zoo.export(make(), tmp_path / path, format=name)
    assert list(tmp_path.iterdir()) == []


@each_format
def test_a_wrong_answer_keeps_the_old_file(tmp_path, name, monkeypatch):
    file = tmp_path / f"model{FORMATS[name].SUFFIX}"
    file.write_text("old")
    right = FORMATS[name].answers

    def wrong(*arguments):
        found = right(*arguments)
        return found | {"probabilities": found["probabilities"] + 0.01}

    monkeypatch.setattr(FORMATS[name], "answers", wrong)
    with pytest.raises(ExportError, match="differs from the model"):
        zoo.export(table(), file, format=name)
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "old"


@each_format
def test_an_error_of_the_converter_is_reported(tmp_path, name, monkeypatch):
    def fails(*arguments):
        raise NotImplementedError("no such operation\nand more")

    monkeypatch.setattr(FORMATS[name], "convert", fails)
    with pytest.raises(
        ExportError, match=r"export a SavedModel\. .* no such operation$"
    ):
        zoo.export(table(), tmp_path / f"m{FORMATS[name].SUFFIX}", format=name)
    assert list(tmp_path.iterdir()) == []


def test_the_error_for_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(onnx_file, "PACKAGES", ("no_such_package",))
    with pytest.raises(InputError, match=r"pip install 'zoo-keras\[onnx\]'"):
        files.check_format("onnx")
