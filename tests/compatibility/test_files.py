"""Files of earlier versions can be read, and give the same outputs.

Each folder `version_X_Y_Z` was written by `write_files` with that version.
"""

import csv
import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
import zoo
from tests.compatibility import write_files
from zoo.testing import check_preset

VERSIONS = sorted(pathlib.Path(__file__).parent.glob("version_*"))
MODELS = [
    pytest.param(file, id=f"{file.parents[1].name}-{file.stem}")
    for version in VERSIONS
    for file in sorted((version / "models").glob("*.keras"))
]
of_each_version = pytest.mark.parametrize(
    "version", VERSIONS, ids=[version.name for version in VERSIONS]
)


CLASSES = {"cnn": "CNN", "dcgan": "DCGAN", "mlp": "MLP", "perceptron": "Perceptron"}


def class_name(file):
    """Return the name in `zoo` of the class of the model in a file."""
    return CLASSES.get(file.stem, "RecurrentNetwork")


def assert_same(found, expected, tolerance=1e-5):
    """Fail unless two arrays agree up to rounding, relative to the largest value."""
    found, expected = np.asarray(found, "float64"), np.asarray(expected, "float64")
    size = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * size)


def stored(file):
    """Return stored inputs of a model, and the outputs it had when it was written."""
    with np.load(file.with_name("outputs.npz")) as outputs:
        inputs, given = outputs[f"{file.stem}/inputs"], outputs[f"{file.stem}/outputs"]
    return inputs.astype(object) if inputs.dtype.kind == "U" else inputs, given


@pytest.fixture
def copied(tmp_path):
    """Return a function that copies a folder, so that the stored one is not changed."""
    return lambda path: shutil.copytree(path, tmp_path / path.name)


@pytest.mark.parametrize("file", MODELS)
def test_a_keras_file_gives_the_same_outputs_and_can_be_trained(file):
    inputs, outputs = stored(file)
    assert getattr(zoo, class_name(file))  # imports the class
    model = keras.saving.load_model(file)
    assert_same(model.predict(inputs, verbose=0), outputs)
    if file.stem == "dcgan":
        images = np.zeros((2, *model.image_shape), "uint8")
        assert int(model.generator_optimizer.iterations) > 0
        assert np.isfinite(model.train_on_batch(images)).all()
        return
    has_class_numbers = "sparse" in str(model.loss)
    targets = np.zeros(len(outputs)) if has_class_numbers else np.zeros_like(outputs)
    assert int(model.optimizer.iterations) > 0
    assert np.isfinite(model.train_on_batch(tf.constant(inputs), targets))


@pytest.mark.parametrize("file", MODELS)
def test_a_classifier_is_loaded_from_a_keras_file(file):
    if file.stem == "dcgan":
        with pytest.raises(zoo.InputError):
            zoo.load_classifier(file)
        return
    inputs, outputs = stored(file)
    classifier = zoo.load_classifier(file)
    probabilities = classifier.probabilities(inputs)
    if file.stem == "perceptron":
        outputs = np.concatenate([outputs < 0, outputs > 0], axis=1)
    assert_same(probabilities, outputs)


def test_keras_reads_a_file_after_its_class_is_imported():
    """Each file is read in a fresh process, since families register shared layers."""
    program = (
        "import os, sys, keras, zoo\n"
        "import custom.losses, custom.optimizers, custom.regularizers\n"
        "for argument in sys.argv[1:]:\n"
        "    name, file = argument.split(':')\n"
        "    process = os.fork()\n"
        "    if not process:\n"
        "        getattr(zoo, name)\n"
        "        keras.saving.load_model(file)\n"
        "        os._exit(0)\n"
        "    assert os.waitpid(process, 0)[1] == 0, file\n"
    )
    files = [model.values[0] for model in MODELS]
    arguments = [f"{class_name(file)}:{file}" for file in files]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True)


@of_each_version
def test_a_preset_gives_the_same_outputs(version):
    check_preset(version / "preset")
    model = zoo.from_preset(version / "preset", num_classes=5)
    assert model.num_classes == 5


@of_each_version
def test_a_finished_run_is_scored_and_served(version):
    run = version / "finished_run"
    expected = np.load(version / "finished_run_outputs.npy")
    data = write_files.columns()
    for trained in (run, run / "saved_model", run / "model.keras"):
        classifier = zoo.load_classifier(trained)
        assert_same(classifier.probabilities(data.test.inputs), expected)
        assert classifier.columns == data.columns
    scores = recipes.evaluate(run, data).as_json()
    recorded = json.loads((run / "evaluation.json").read_text())
    assert scores["confusion"] == recorded["confusion"]
    assert scores["loss"] == pytest.approx(recorded["loss"], rel=1e-5)


@pytest.mark.slow
@of_each_version
def test_a_run_that_was_killed_ends_with_the_same_numbers(version, copied):
    run = copied(version / "cut_off_run")
    with warnings.catch_warnings():
        # The run may have begun with other versions of the packages.
        warnings.filterwarnings("ignore", "The run began with")
        resumed = recipes.resume(run, progress=False)
    assert resumed.ended == "complete"
    rows, expected = (
        list(csv.reader(file.read_text().splitlines()))
        for file in (run / "metrics.csv", version / "resumed_metrics.csv")
    )
    assert rows[0] == expected[0]
    for row, other in zip(rows[1:], expected[1:], strict=True):
        # Without the seconds. Rounding may change the answer for one example.
        found, recorded = np.array([row, other], "float64")[:, :-1]
        np.testing.assert_allclose(found, recorded, rtol=1e-4, atol=1 / 144)
    with np.load(version / "resumed_weights.npz") as weights:
        for weight, name in zip(resumed.model.weights, weights.files, strict=True):
            assert_same(weight, weights[name], 1e-4)


@pytest.mark.parametrize("kind", ["images", "audio"])
@of_each_version
def test_a_cache_is_used(version, kind, tmp_path, monkeypatch):
    """The name of a cache depends on the path of the files, so it is renamed here."""
    write_files.write_sources(tmp_path)
    monkeypatch.setattr("recipes.sources.files.cache.WORTH_KEEPING", 0)
    decoded = recipes.load(tmp_path / kind, cache_dir=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    shutil.rmtree(kept)
    shutil.copytree(version / "cache" / kind, kept)
    before = kept.stat().st_ino
    found = recipes.load(tmp_path / kind, cache_dir=tmp_path / "cache")
    assert kept.stat().st_ino == before
    assert found.notes != decoded.notes
    for part in ("train", "validation", "test"):
        one, other = getattr(found, part), getattr(decoded, part)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(
                getattr(one, field.name), getattr(other, field.name)
            )
    assert found.class_names == decoded.class_names
    assert found.sample_rate == decoded.sample_rate
