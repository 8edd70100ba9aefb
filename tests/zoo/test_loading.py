"""Classifiers loaded from a .keras file, a run folder or a SavedModel."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.zoo.table_classifier import (
    CLASSES,
    NAMES,
    foreign_model,
    rows,
    run_folder,
    saved_model,
    table_model,
)
from zoo import InputError
from zoo.loading import as_classifier, load_classifier
from zoo.trained_model import TrainedModel


@pytest.fixture(scope="module")
def model():
    return table_model()


@pytest.fixture(scope="module")
def forms(model, tmp_path_factory):
    """One model in every form that can be loaded, by the name of the form."""
    path = tmp_path_factory.mktemp("forms")
    model.save(path / "model.keras")
    names = {"class_names": CLASSES, "feature_names": NAMES}
    version = saved_model(path / "versions" / "10", model, **names)
    # Lower versions, and folders that hold no SavedModel, are ignored.
    (path / "versions" / "9").mkdir()
    (path / "versions" / "11").mkdir()
    return {
        "keras": path / "model.keras",
        "run": run_folder(path / "run", model),
        "version": version,
        "versions": version.parent,
        "named": str(version),
    }


SOURCES = {
    "keras": "model.keras",
    "run": "model.keras",
    "version": "10",
    "versions": "10",
    "named": "10",
}


@pytest.mark.parametrize("form", SOURCES)
def test_every_form_gives_the_same_probabilities(form, forms, model):
    classifier = load_classifier(forms[form])
    assert isinstance(classifier, TrainedModel)
    assert classifier.kind == "table"
    assert classifier.input_shape == (4,)
    knows_names = form != "keras"
    assert classifier.class_names == (CLASSES if knows_names else ("0", "1", "2"))
    assert classifier.feature_names == (NAMES if knows_names else None)
    assert classifier.source.name == SOURCES[form]
    assert (classifier.model is not None) == (form in ("keras", "run"))
    probabilities = classifier.probabilities(rows())
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, model.predict_on_batch(rows()), atol=1e-6)


@pytest.mark.parametrize("form", ["keras", "version"])
def test_inputs_are_read_batch_by_batch(form, forms):
    """Only one batch is in memory, even if the array is on disk."""
    classifier, taken = load_classifier(forms[form]), []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            taken.append(key)
            return np.asarray(super().__getitem__(key))

    inputs = rows(5)
    answers = classifier.probabilities(inputs.view(Watched), batch_size=2)
    assert taken == [slice(0, 2), slice(2, 4), slice(4, 6)]
    np.testing.assert_allclose(answers, classifier.probabilities(inputs), atol=1e-6)


@pytest.mark.parametrize("form", ["keras", "version"])
def test_no_examples_give_an_empty_array(form, forms):
    assert load_classifier(forms[form]).probabilities(rows(0)).shape == (0, 3)


@pytest.mark.parametrize("form", ["keras", "version"])
def test_examples_of_another_shape_are_refused(form, forms):
    message = r"takes examples of shape \(4,\), got \(3,\)"
    with pytest.raises(InputError, match=message):
        load_classifier(forms[form]).probabilities(rows()[:, :3])


def test_a_family_of_the_zoo_is_loaded_without_importing_its_class(tmp_path):
    network = zoo.create(
        "cnn", input_shape=(8, 8, 1), num_classes=3, widths=(4,), class_names=CLASSES
    )
    network.save(tmp_path / "cnn.keras")
    classifier = load_classifier(tmp_path / "cnn.keras")
    assert (classifier.kind, classifier.class_names) == ("images", CLASSES)
    assert isinstance(classifier.model, zoo.CNN)


def test_a_saved_model_accepts_only_whole_numbers_as_pixels(tmp_path):
    network = zoo.create("mlp", input_shape=(2, 2, 1), num_classes=3, hidden_units=())
    served = load_classifier(saved_model(tmp_path / "1", network))
    pixels = np.arange(8).reshape(2, 2, 2, 1)
    expected = network.predict_on_batch(pixels)
    np.testing.assert_allclose(served.probabilities(pixels), expected, atol=1e-6)
    with pytest.raises(InputError, match="takes uint8 inputs"):
        served.probabilities(pixels / 255)


def test_logits_become_probabilities():
    answers = as_classifier(table_model(classifier_activation=None))
    np.testing.assert_allclose(answers.probabilities(rows()).sum(axis=1), 1, atol=1e-6)


def test_as_classifier_returns_a_classifier_unchanged(model):
    classifier = as_classifier(model, class_names=CLASSES)
    assert as_classifier(classifier) is classifier
    assert (classifier.class_names, classifier.source) == (CLASSES, None)


def test_as_classifier_loads_a_path(forms):
    assert as_classifier(forms["run"]).class_names == CLASSES


def test_names_of_the_run_replace_those_of_the_model(tmp_path):
    trained = table_model(class_names=("a", "b", "c"))
    folder = run_folder(tmp_path / "run", trained, feature_names=[])
    classifier = load_classifier(folder)
    assert (classifier.class_names, classifier.feature_names) == (CLASSES, None)


def test_a_saved_model_of_tensorflow_needs_only_the_right_signature(tmp_path):
    path = foreign_model(tmp_path / "m", lambda x: {"probabilities": tf.nn.softmax(x)})
    classifier = load_classifier(path)
    assert classifier.class_names == ("0", "1", "2", "3")
    assert (classifier.kind, classifier.feature_names) == ("table", None)
    np.testing.assert_allclose(
        classifier.probabilities(rows()), tf.nn.softmax(rows()), atol=1e-6
    )
