"""Reading classifiers back: all three forms, and everything that is none."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.saved_model import DESCRIPTION
from zoo.exporting.servable import Servable
from zoo.loading import Classifier, as_classifier, load_classifier

CLASSES = ("cat", "dög", "bird")
NAMES = ("width", "height", "weight", "age")


def table_model(**arguments):
    keras.utils.set_random_seed(2)
    return zoo.create(
        "mlp", input_shape=(4,), num_classes=3, hidden_units=(5,), **arguments
    )


def rows(count=5):
    return np.random.default_rng(6).normal(size=(count, 4)).astype("float32")


def run_folder(path, model, **data):
    path.mkdir()
    model.save(path / "model.keras")
    data = {"class_names": CLASSES, "feature_names": NAMES, "kind": "table", **data}
    (path / "config.json").write_text(json.dumps({"data": data}))
    return path


def saved_model(path, model, **names):
    Servable(Answers(model, **names)).save(path)
    return path


@pytest.fixture(scope="module")
def model():
    return table_model()


@pytest.fixture(scope="module")
def forms(model, tmp_path_factory):
    """One model in every form there is, by its name."""
    path = tmp_path_factory.mktemp("forms")
    model.save(path / "model.keras")
    names = {"class_names": CLASSES, "feature_names": NAMES}
    version = saved_model(path / "versions" / "10", model, **names)
    # Lower versions, and folders that are not versions, are ignored.
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
def test_every_form_answers_alike(form, forms, model):
    classifier = load_classifier(forms[form])
    assert isinstance(classifier, Classifier)
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
def test_answers_batch_by_batch(form, forms):
    """Memory is that of a batch: an array on a disk is never read whole."""
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
def test_no_examples_no_answers(form, forms):
    assert load_classifier(forms[form]).probabilities(rows(0)).shape == (0, 3)


@pytest.mark.parametrize("form", ["keras", "version"])
def test_refuses_examples_of_another_shape(form, forms):
    message = r"takes examples of shape \(4,\), got \(3,\)"
    with pytest.raises(InputError, match=message):
        load_classifier(forms[form]).probabilities(rows()[:, :3])


def test_a_file_of_ours_needs_no_import_of_its_classes(tmp_path):
    network = zoo.create(
        "cnn", input_shape=(8, 8, 1), num_classes=3, widths=(4,), class_names=CLASSES
    )
    network.save(tmp_path / "cnn.keras")
    classifier = load_classifier(tmp_path / "cnn.keras")
    assert (classifier.kind, classifier.class_names) == ("images", CLASSES)
    assert isinstance(classifier.model, zoo.CNN)


def test_images_are_whole_numbers_to_a_saved_model(tmp_path):
    network = zoo.create("mlp", input_shape=(2, 2, 1), num_classes=3, hidden_units=())
    served = load_classifier(saved_model(tmp_path / "1", network))
    pixels = np.arange(8).reshape(2, 2, 2, 1)
    expected = network.predict_on_batch(pixels)
    np.testing.assert_allclose(served.probabilities(pixels), expected, atol=1e-6)
    with pytest.raises(InputError, match="takes uint8 inputs"):
        served.probabilities(pixels / 255)


def test_gives_probabilities_of_logits():
    answers = as_classifier(table_model(classifier_activation=None))
    np.testing.assert_allclose(answers.probabilities(rows()).sum(axis=1), 1, atol=1e-6)


def test_a_classifier_is_taken_as_it_is(model):
    classifier = as_classifier(model, class_names=CLASSES)
    assert as_classifier(classifier) is classifier
    assert (classifier.class_names, classifier.source) == (CLASSES, None)


def test_a_path_is_read(forms):
    assert as_classifier(forms["run"]).class_names == CLASSES


def test_the_run_has_the_last_word_on_names(tmp_path):
    trained = table_model(class_names=("a", "b", "c"))
    folder = run_folder(tmp_path / "run", trained, feature_names=[])
    classifier = load_classifier(folder)
    assert (classifier.class_names, classifier.feature_names) == (CLASSES, None)


# SavedModels made elsewhere.


def foreign(path, outputs, shape=(None, 4), signature="serving_default"):
    """A SavedModel that TensorFlow alone wrote."""
    module = tf.Module()
    module.graph = tf.function(
        outputs, input_signature=[tf.TensorSpec(shape, tf.float32, name="x")]
    )
    tf.saved_model.save(module, path, signatures={signature: module.graph})
    return path


def test_reads_a_saved_model_with_the_right_signature(tmp_path):
    path = foreign(tmp_path / "m", lambda x: {"probabilities": tf.nn.softmax(x)})
    classifier = load_classifier(path)
    assert classifier.class_names == ("0", "1", "2", "3")
    assert (classifier.kind, classifier.feature_names) == ("table", None)
    np.testing.assert_allclose(
        classifier.probabilities(rows()), tf.nn.softmax(rows()), atol=1e-6
    )


@pytest.mark.parametrize(
    "outputs, options, found",
    [
        (lambda x: {"scores": x}, {}, r"it has serving_default\(x\) → scores\."),
        (lambda x: {"probabilities": x}, {"signature": "f"}, r"it has f\(x\) → prob"),
        (lambda x: {"probabilities": x}, {"shape": (None, None)}, "of fixed shape"),
        (lambda x: {"probabilities": x}, {"shape": (1, 4)}, "batches of any size"),
        (lambda x: {"probabilities": x[:, 0]}, {}, r"`probabilities` \(batch, classes"),
    ],
    ids=["output", "name", "shape", "batch", "rank"],
)
def test_names_the_signatures_it_cannot_use(outputs, options, found, tmp_path):
    with pytest.raises(InputError, match=found):
        load_classifier(foreign(tmp_path / "m", outputs, **options))


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "zoo.json is damaged"),
        ('{"format": 2}', "zoo.json has another format than 1"),
        ('{"format": 1, "class_names": ["a"]}', "does not belong to its SavedModel"),
    ],
)
def test_refuses_a_wrong_description(text, message, tmp_path):
    path = foreign(tmp_path / "m", lambda x: {"probabilities": x})
    (path / DESCRIPTION).parent.mkdir()
    (path / DESCRIPTION).write_text(text)
    with pytest.raises(InputError, match=message):
        load_classifier(path)


@pytest.mark.parametrize("part", ["saved_model.pb", "variables/variables.index"])
def test_refuses_a_damaged_saved_model(part, model, tmp_path):
    path = saved_model(tmp_path / "1", model)
    whole = (path / part).read_bytes()
    (path / part).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r"The SavedModel .* cannot be read: \S"
    ) as got:
        load_classifier(path)
    assert "\n" not in str(got.value)


# Paths that do not hold a model.


@keras.saving.register_keras_serializable(package="elsewhere")
class Registered(keras.layers.Layer):
    """A layer that Keras knows while it is registered."""


class Unregistered(keras.layers.Layer):
    """A layer that Keras has never heard of."""


@keras.saving.register_keras_serializable(package="elsewhere")
def registered(x):
    return x


def distance(true, predicted):
    return keras.ops.mean(predicted)


def classifier_with(layer):
    softmax = keras.layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((4,)), layer, softmax])


@pytest.mark.parametrize(
    "build, message",
    [
        (Registered, "uses `elsewhere>Registered`, which Keras does not know"),
        (Unregistered, "uses `Unregistered`, which Keras does not know"),
        (lambda: keras.layers.Activation(registered), "`elsewhere>registered`"),
    ],
    ids=["registered", "unregistered", "function"],
)
def test_names_unknown_objects(build, message, tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    classifier_with(build()).save(path)
    known = keras.saving.get_custom_objects()
    for name in ("elsewhere>Registered", "elsewhere>registered"):
        monkeypatch.delitem(known, name)
    with pytest.raises(InputError, match=message):
        load_classifier(path)


def test_names_nothing_that_keras_knows(tmp_path):
    """Functions of Keras are stored like functions of the caller."""
    model = classifier_with(keras.layers.Dense(2, activation=keras.activations.gelu))
    model.compile(loss=keras.losses.mean_squared_error, metrics=[distance])
    model.save(tmp_path / "whole.keras")
    with_parts(tmp_path / "m.keras", tmp_path / "whole.keras", model=None)
    with pytest.raises(InputError, match=r"cannot be read: Expected a model\.weights"):
        load_classifier(tmp_path / "m.keras")


def test_runs_no_code_from_a_file(tmp_path):
    path = tmp_path / "m.keras"
    classifier_with(keras.layers.Lambda(lambda x: x)).save(path)
    with pytest.raises(InputError, match="holds a Python lambda: code from a file"):
        load_classifier(path)


def test_needs_no_loss(model, tmp_path):
    """A loss that only training needs may be missing when the file is read."""
    trained = table_model()
    trained.compile(loss=lambda true, predicted: keras.ops.mean(predicted))
    with pytest.warns(UserWarning, match="includes a `lambda`"):
        trained.save(tmp_path / "m.keras")
    assert load_classifier(tmp_path / "m.keras").input_shape == (4,)


def with_parts(file, source, **changes):
    """The `.keras` file with some of its parts changed; None leaves one out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = changes.get(name.partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)


def half(file, source):
    file.write_bytes(source.read_bytes()[:-2000])


def flipped(file, source):
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)


def archive_of_text(file, source):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")


DAMAGED = {
    "empty": (lambda file, source: file.touch(), "is empty"),
    "text": (lambda file, source: file.write_text("hello"), "damaged, or not a .keras"),
    "half": (half, "damaged, or not a .keras file: File is not a zip file"),
    "flipped": (flipped, "m.keras (cannot be read|is damaged)"),
    "archive": (archive_of_text, "is a zip archive, but does not hold a Keras model"),
    "no json": (lambda f, s: with_parts(f, s, config=b"{"), "is damaged"),
    "a list": (lambda f, s: with_parts(f, s, config=b"[]"), "cannot be read"),
    "no weights": (lambda f, s: with_parts(f, s, model=None), "cannot be read"),
    "bad weights": (lambda f, s: with_parts(f, s, model=b"abc"), "cannot be read"),
}


@pytest.mark.parametrize("damage, message", DAMAGED.values(), ids=DAMAGED)
def test_refuses_a_damaged_file(damage, message, forms, tmp_path):
    file = tmp_path / "m.keras"
    damage(file, forms["keras"])
    with pytest.raises(InputError, match=message) as got:
        load_classifier(file)
    assert str(file) in str(got.value)
    assert "\n" not in str(got.value)


@pytest.mark.parametrize("name", ["m.h5", "m.pb", "m.pt", "m.onnx", "m"])
def test_refuses_other_formats(name, tmp_path):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(InputError, match=rf"{name} is not a \.keras file"):
        load_classifier(tmp_path / name)


def test_a_saved_model_is_its_folder(forms):
    with pytest.raises(InputError, match="is part of a SavedModel; give its folder"):
        load_classifier(forms["version"] / "saved_model.pb")


def test_says_what_it_expects(tmp_path):
    expected = "give a .keras file, a run folder .*, or a SavedModel"
    with pytest.raises(InputError, match=rf"There is no .*nothing; {expected}"):
        load_classifier(tmp_path / "nothing")
    with pytest.raises(InputError, match=rf"does not hold a model; {expected}"):
        load_classifier(tmp_path)


@pytest.mark.parametrize("config", ["{}", "[]", '{"data": []}', '{"data": {}}'])
def test_refuses_a_run_folder_without_a_record(config, model, tmp_path):
    folder = run_folder(tmp_path / "run", model)
    (folder / "config.json").write_text(config)
    with pytest.raises(InputError, match=r"config\.json is not the record of a run"):
        load_classifier(folder)


def test_refuses_a_run_folder_of_another_model(model, tmp_path):
    folder = run_folder(tmp_path / "run", model, class_names=["a", "b"])
    with pytest.raises(InputError, match=r"`class_names` has 2 names where .* has 3"):
        load_classifier(folder)


def test_a_model_must_be_a_classifier():
    inputs = keras.Input((4,))
    regression = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    with pytest.raises(InputError, match="does not give class probabilities"):
        as_classifier(regression)


REFUSED = {  # tokens, part of what is said
    "a token that is not there": (
        np.full((2, 3), 9),
        "0 to 8, got 9|= 9 is not",
    ),
    "more steps than trained for": (np.ones((1, 6)), "between 1 and 5 steps"),
    "no step": (np.ones((1, 0)), "between 1 and 5 steps"),
}


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A network as a model, and as its SavedModel."""
    network = zoo.RecurrentNetwork(
        inputs="tokens", vocabulary_size=9, num_classes=2, units=4, max_length=5
    )
    folder = tmp_path_factory.mktemp("served") / "1"
    Servable(Answers(network)).save(folder)
    return as_classifier(network), load_classifier(folder)


@pytest.mark.parametrize("tokens, message", REFUSED.values(), ids=REFUSED)
def test_what_a_graph_refuses_is_an_error_that_says_why(tokens, message, readers):
    for reader in readers:
        with pytest.raises(InputError, match=message) as told:
            reader.probabilities(tokens)
        assert "{{" not in str(told.value)
        assert "\n" not in str(told.value)
