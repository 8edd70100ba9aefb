"""SavedModels as servers load them, and exports that must fail."""

import errno
import json
import pathlib
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import InputError
from zoo.exporting import ExportError, export, probe, trial
from zoo.exporting.answers import Answers
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.servable import Servable
from zoo.targets import Multiclass

CLASSES = ("cat", "dög", "bird")
NAMES = ("width", "height", "weight", "age")


def conv_model():
    keras.utils.set_random_seed(1)
    return zoo.create(
        "cnn", input_shape=(8, 6, 3), num_classes=3, widths=(4, 8), class_names=CLASSES
    )


def table_model():
    keras.utils.set_random_seed(2)
    return zoo.create("mlp", input_shape=(4,), num_classes=3, hidden_units=(5,))


def images(count=3):
    return np.random.default_rng(5).integers(0, 256, (count, 8, 6, 3), dtype="uint8")


def rows(count=3):
    return np.random.default_rng(6).normal(size=(count, 4)).astype("float32")


@pytest.fixture(scope="module")
def conv(tmp_path_factory):
    """A model of images, the folder of its export, and the loaded SavedModel."""
    model = conv_model()
    version = export(model, tmp_path_factory.mktemp("conv") / "new" / "folder")
    return model, version, tf.saved_model.load(version)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    model, path = table_model(), tmp_path_factory.mktemp("table")
    version = export(
        model, path, class_names=CLASSES, feature_names=NAMES, examples=rows(2)
    )
    return model, version, tf.saved_model.load(version)


def interface(signature):
    """Return names, types and shapes of the inputs and outputs of a signature."""
    inputs, outputs = signature.structured_input_signature, signature.structured_outputs
    assert inputs[0] == ()
    return [
        {name: (spec.dtype.name, spec.shape.as_list()) for name, spec in part.items()}
        for part in (inputs[1], outputs)
    ]


OUTPUTS = {
    "probabilities": ("float32", [None, 3]),
    "label": ("int64", [None]),
    "class_name": ("string", [None]),
}


@pytest.mark.slow
def test_models_of_images_have_two_signatures(conv):
    signatures = conv[2].signatures
    assert set(signatures) == {"serving_default", "encoded_images"}
    assert interface(signatures["serving_default"]) == [
        {"images": ("uint8", [None, 8, 6, 3])},
        OUTPUTS,
    ]
    assert interface(signatures["encoded_images"]) == [
        {"encoded_images": ("string", [None])},
        OUTPUTS,
    ]


@pytest.mark.slow
def test_models_of_tables_have_one_signature(table):
    signatures = table[2].signatures
    assert set(signatures) == {"serving_default"}
    assert interface(signatures["serving_default"]) == [
        {"rows": ("float32", [None, 4])},
        OUTPUTS,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 3])
def test_answers_equal_those_of_the_model(count, conv, table):
    for (model, _, loaded), inputs in ((conv, images(count)), (table, rows(count))):
        name = "images" if inputs.ndim == 4 else "rows"
        answers = loaded.signatures["serving_default"](**{name: tf.constant(inputs)})
        expected = model.predict_on_batch(inputs)
        np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-6)
        label = expected.argmax(axis=1)
        np.testing.assert_array_equal(answers["label"], label)
        assert [name.decode() for name in answers["class_name"].numpy()] == [
            CLASSES[index] for index in label
        ]


@pytest.mark.slow
def test_files_of_images_of_any_size_are_accepted(conv):
    model, _, loaded = conv
    picture = images(1)[0]
    # Each pixel is doubled; halving the size again averages four pixels.
    larger = picture.repeat(2, axis=0).repeat(2, axis=1)
    files = [
        tf.io.encode_png(picture),
        tf.io.encode_jpeg(picture, quality=100, chroma_downsampling=False),
        tf.io.encode_png(larger),
    ]
    halved = tf.image.resize(larger, [8, 6], antialias=True)
    pixels = [picture, tf.io.decode_jpeg(files[1]), np.rint(halved)]
    answers = loaded.signatures["encoded_images"](encoded_images=tf.stack(files))
    np.testing.assert_allclose(
        answers["probabilities"], model.predict_on_batch(np.stack(pixels)), atol=1e-6
    )


@pytest.mark.slow
def test_the_description_names_kind_shape_and_classes(conv, table):
    descriptions = [
        json.loads((version / "assets.extra" / "zoo.json").read_text("utf-8"))
        for _, version, _ in (conv, table)
    ]
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    assert descriptions == [
        {
            "format": 1,
            "kind": "images",
            "input_shape": [8, 6, 3],
            "class_names": list(CLASSES),
            "feature_names": None,
            **versions,
        },
        {
            "format": 1,
            "kind": "table",
            "input_shape": [4],
            "class_names": list(CLASSES),
            "feature_names": list(NAMES),
            **versions,
        },
    ]


@pytest.mark.slow
def test_every_weight_is_stored_once(conv):
    model, version, _ = conv
    stored = tf.train.list_variables(str(version / "variables" / "variables"))
    weights = sorted(
        tuple(weight.shape)
        for weight in model.weights
        if "seed_generator" not in weight.path
    )
    assert sorted(tuple(shape) for _, shape in stored if shape) == weights


@pytest.mark.slow
def test_a_second_export_gets_the_next_number(conv, capfd):
    model, version, _ = conv
    assert version.name == "1"
    second = export(model, version.parent, examples=images(2))
    assert second == version.with_name("2")
    assert sorted(path.name for path in version.parent.iterdir()) == ["1", "2"]
    assert capfd.readouterr() == ("", "")


# Failed exports leave no files.


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder to export to; at the end no file and no process may be left."""
    path, processes = tmp_path / "parent" / "model", []
    start, run = subprocess.Popen, trial.Trial.run

    def recorded(*arguments, **options):
        processes.append(start(*arguments, **options))
        return processes[-1]

    def watched(self, *arguments):
        # A server must not see a version that is written but not yet checked.
        assert all(entry.name.startswith(".draft-") for entry in path.iterdir())
        run(self, *arguments)

    monkeypatch.setattr(trial, "start_process", recorded)
    monkeypatch.setattr(trial.Trial, "run", watched)
    yield path
    assert list(tmp_path.iterdir()) == []
    assert all(process.poll() is not None for process in processes)


@pytest.mark.slow
def test_a_wrong_answer_makes_the_export_fail(path, monkeypatch):
    right = Answers.in_graph
    monkeypatch.setattr(Answers, "in_graph", lambda self, x: right(self, x // 2))
    with pytest.raises(
        ExportError, match=r"differs .* serving_default gave .* allowed"
    ):
        export(conv_model(), path)


@keras.saving.register_keras_serializable(package="test")
class PythonCode(keras.layers.Layer):
    """A layer that works only in the process that created it."""

    def call(self, inputs):
        doubled = tf.py_function(lambda x: 2 * x, [inputs], tf.float32)
        return tf.ensure_shape(doubled, inputs.shape)


@pytest.mark.slow
def test_a_model_that_needs_python_is_not_exported(path):
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(3, activation="softmax")(PythonCode()(inputs))
    with pytest.raises(ExportError, match=r"\(status 1\): [A-Z]\w+Error: \S"):
        export(keras.Model(inputs, outputs), path)


@pytest.mark.parametrize("method", ["save", "questions"])
def test_an_interruption_stops_the_export(method, path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Servable, method, interrupt)
    with pytest.raises(KeyboardInterrupt):
        export(table_model(), path)


def test_a_trial_that_hangs_makes_the_export_fail(path, monkeypatch):
    monkeypatch.setattr(trial, "TIMEOUT", 0.01)
    with pytest.raises(ExportError, match=r"did not answer within 0\.01 seconds"):
        export(table_model(), path)


@pytest.mark.slow
def test_the_error_for_a_full_disk_names_the_path(tmp_path):
    script = f"""
        import resource, zoo
        model = zoo.create("mlp", input_shape=(500,), num_classes=3)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            zoo.export(model, {str(tmp_path / "model")!r})
        except OSError as error:
            print(error.errno, error.filename)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        cwd=pathlib.Path(zoo.__file__).parents[1],
    )
    assert done.stdout.split() == [str(errno.EFBIG), str(tmp_path / "model")]
    assert list(tmp_path.iterdir()) == []


def test_the_trial_cannot_import_keras_or_our_packages():
    script = f"""
        import importlib, importlib.util, sys
        sys.path[:0] = {sys.path!r}
        spec = importlib.util.spec_from_file_location("probe", {probe.__file__!r})
        probe = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(probe)
        sys.meta_path.insert(0, probe.Refusal())
        for name in ("zoo", "zoo.models.cnn", "custom", "recipes", "keras", "numpy"):
            try:
                importlib.import_module(name)
            except ImportError as error:
                print(error)
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
    )
    refused = ["zoo", "zoo", "custom", "recipes", "keras"]
    assert done.stdout.splitlines() == [
        f"{name} is not available when a model is served" for name in refused
    ]


CORRECT = {
    "probabilities": np.array([[0.5, 0.25, 0.25], [0.1, 0.45, 0.45]], "float32"),
    "label": np.array([0, 1]),
    "class_name": np.array([b"cat", "dög".encode()]),
}


def changed(name, index, value):
    array = CORRECT[name].copy()
    array[index] = value
    return {**CORRECT, name: array}


WRONG = {  # what is wrong: (answers of the SavedModel, part of the message)
    "probability": (
        changed("probabilities", (1, 0), 0.102),
        r"gave 0\.102 where the model gives 0\.1 \(example 1, class 'cat', allowed",
    ),
    "not a number": (changed("probabilities", (0, 2), np.nan), "gave nan where"),
    "label": (changed("label", 1, 2), r"gave labels \[0, 2\]"),
    "class name": (changed("class_name", 0, b"dog"), r"class names \['dog', 'dög'\]"),
    "shape": ({**CORRECT, "label": np.array([[0], [1]])}, r"gave shapes .*\(2, 1\)"),
}


@pytest.fixture
def question():
    target = Multiclass(3, CLASSES)
    return TargetQuestion("serving_default", {"rows": rows(2)}, target, CORRECT, 1e-3)


@pytest.mark.parametrize("answers, message", WRONG.values(), ids=WRONG)
def test_every_kind_of_difference_is_an_error(answers, message, question):
    with pytest.raises(ExportError, match=message):
        question.check(answers)


def test_differences_by_rounding_are_allowed(question):
    question.check(CORRECT)
    answers = changed(
        "probabilities", (1, 2), 0.4505
    )  # the tie is broken the other way
    answers["label"] = np.array([0, 2])
    answers["class_name"] = np.array([b"cat", b"bird"])
    question.check(answers)


# Paths that cannot be written to.


def test_a_file_as_target_is_refused(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match="it is a file; give a folder"):
        export(table_model(), file)
    with pytest.raises(InputError, match=r"Cannot export to .*file.model: Not a dir"):
        export(table_model(), file / "model")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    # The superuser may write everywhere, so the refusal is simulated.
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"Cannot export to .*: Permission denied\."):
        export(table_model(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
