"""Files and models that cannot be loaded as a classifier, and inputs it refuses."""

import zipfile

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.table_classifier import (
    foreign_model,
    run_folder,
    saved_model,
    table_model,
)
from zoo import InputError
from zoo.exporting.answers import Answers
from zoo.exporting.saved_model import DESCRIPTION
from zoo.exporting.servable import Servable
from zoo.loading import as_classifier, load_classifier


@pytest.fixture(scope="module")
def model():
    return table_model()


@pytest.fixture(scope="module")
def keras_file(model, tmp_path_factory):
    file = tmp_path_factory.mktemp("keras") / "model.keras"
    model.save(file)
    return file


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
def test_signatures_that_do_not_fit_are_listed(outputs, options, found, tmp_path):
    with pytest.raises(InputError, match=found):
        load_classifier(foreign_model(tmp_path / "m", outputs, **options))


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "zoo.json is damaged"),
        ('{"format": 2}', "zoo.json has another format than 1"),
        ('{"format": 1, "class_names": ["a"]}', "does not belong to its SavedModel"),
    ],
)
def test_a_wrong_description_is_refused(text, message, tmp_path):
    path = foreign_model(tmp_path / "m", lambda x: {"probabilities": x})
    (path / DESCRIPTION).parent.mkdir()
    (path / DESCRIPTION).write_text(text)
    with pytest.raises(InputError, match=message):
        load_classifier(path)


@pytest.mark.parametrize("part", ["saved_model.pb", "variables/variables.index"])
def test_a_damaged_saved_model_is_refused(part, model, tmp_path):
    path = saved_model(tmp_path / "1", model)
    whole = (path / part).read_bytes()
    (path / part).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r"The SavedModel .* cannot be read: \S"
    ) as error:
        load_classifier(path)
    assert "\n" not in str(error.value)


@keras.saving.register_keras_serializable(package="elsewhere")
class Registered(keras.layers.Layer):
    """A layer that Keras knows while it is registered."""


class Unregistered(keras.layers.Layer):
    """A layer that is not registered with Keras."""


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
def test_unknown_objects_are_named(build, message, tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    classifier_with(build()).save(path)
    known = keras.saving.get_custom_objects()
    for name in ("elsewhere>Registered", "elsewhere>registered"):
        monkeypatch.delitem(known, name)
    with pytest.raises(InputError, match=message):
        load_classifier(path)


def test_functions_of_keras_are_not_named_as_unknown(tmp_path):
    """The file stores functions of Keras as it stores those of a user."""
    model = classifier_with(keras.layers.Dense(2, activation=keras.activations.gelu))
    model.compile(loss=keras.losses.mean_squared_error, metrics=[distance])
    model.save(tmp_path / "whole.keras")
    with_parts(tmp_path / "m.keras", tmp_path / "whole.keras", model=None)
    with pytest.raises(InputError, match=r"cannot be read: Expected a model\.weights"):
        load_classifier(tmp_path / "m.keras")


def test_code_in_a_file_is_not_run(tmp_path):
    path = tmp_path / "m.keras"
    classifier_with(keras.layers.Lambda(lambda x: x)).save(path)
    with pytest.raises(InputError, match="holds a Python lambda: code from a file"):
        load_classifier(path)


def test_an_unknown_loss_is_ignored(model, tmp_path):
    """A loss that only training needs may be missing when the file is read."""
    trained = table_model()
    trained.compile(loss=lambda true, predicted: keras.ops.mean(predicted))
    with pytest.warns(UserWarning, match="includes a `lambda`"):
        trained.save(tmp_path / "m.keras")
    assert load_classifier(tmp_path / "m.keras").input_shape == (4,)


def with_parts(file, source, **changes):
    """Copy the `.keras` file `source` with changed parts; None drops a part."""
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
    "a list": (lambda f, s: with_parts(f, s, config=b"[]"), "not hold a JSON obj"),
    "no weights": (lambda f, s: with_parts(f, s, model=None), "cannot be read"),
    "bad weights": (lambda f, s: with_parts(f, s, model=b"abc"), "cannot be read"),
}


@pytest.mark.parametrize("damage, message", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused(damage, message, keras_file, tmp_path):
    file = tmp_path / "m.keras"
    damage(file, keras_file)
    with pytest.raises(InputError, match=message) as error:
        load_classifier(file)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["m.h5", "m.pb", "m.pt", "m.onnx", "m"])
def test_other_formats_are_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(InputError, match=rf"{name} is not a \.keras file"):
        load_classifier(tmp_path / name)


def test_a_file_inside_a_saved_model_is_refused(model, tmp_path):
    folder = saved_model(tmp_path / "1", model)
    with pytest.raises(InputError, match="is part of a SavedModel; give its folder"):
        load_classifier(folder / "saved_model.pb")


def test_a_path_without_a_model_is_refused(tmp_path):
    expected = r"give a preset .*, a run folder .*, a .keras file, a SavedModel .*hf://"
    with pytest.raises(InputError, match=rf"There is no .*nothing; {expected}"):
        load_classifier(tmp_path / "nothing")
    with pytest.raises(InputError, match=rf"does not hold a model; {expected}"):
        load_classifier(tmp_path)


@pytest.mark.parametrize("config", ["{}", "[]", '{"data": []}', '{"data": {}}'])
def test_a_run_folder_without_its_record_is_refused(config, model, tmp_path):
    folder = run_folder(tmp_path / "run", model)
    (folder / "config.json").write_text(config)
    with pytest.raises(
        InputError, match=r"config\.json is (not the record of a|damaged)"
    ):
        load_classifier(folder)


def test_a_run_folder_of_another_model_is_refused(model, tmp_path):
    folder = run_folder(tmp_path / "run", model, class_names=["a", "b"])
    with pytest.raises(InputError, match=r"`class_names` has 2 names where .* has 3"):
        load_classifier(folder)


def test_a_regression_model_is_refused():
    inputs = keras.Input((4,))
    regression = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    with pytest.raises(InputError, match="does not give class probabilities"):
        as_classifier(regression)


REFUSED = {  # what is wrong: (tokens, part of the message)
    "a token outside the vocabulary": (
        np.full((2, 3), 9),
        "0 to 8, got 9|= 9 is not",
    ),
    "too many steps": (np.ones((1, 6)), "between 1 and 5 steps"),
    "no steps": (np.ones((1, 0)), "between 1 and 5 steps"),
}


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """One network as a model and as a SavedModel."""
    network = zoo.RecurrentNetwork(
        inputs="tokens", vocabulary_size=9, num_classes=2, units=4, max_length=5
    )
    folder = tmp_path_factory.mktemp("served") / "1"
    Servable(Answers(network)).save(folder)
    return as_classifier(network), load_classifier(folder)


@pytest.mark.parametrize("tokens, message", REFUSED.values(), ids=REFUSED)
def test_bad_tokens_are_refused_by_the_model_and_its_saved_model(
    tokens, message, readers
):
    for reader in readers:
        with pytest.raises(InputError, match=message) as error:
            reader.probabilities(tokens)
        assert "{{" not in str(error.value)
        assert "\n" not in str(error.value)
