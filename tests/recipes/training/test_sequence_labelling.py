"""Runs that answer with a class at each step: from a file to the served answer."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import accuracy_score, f1_score, log_loss

import recipes
import zoo
from recipes.augmentation import LabelSmoothing, WordDrop
from recipes.command import zoo as command
from recipes.data.steps import NO_LABEL
from tests.recipes.sources.step_sequences import (
    recordings,
    sentences,
    write_columns,
    write_json_lines,
)
from tests.recipes.training.steps_on_two_devices import CASES
from zoo.errors import InputError
from zoo.loading import as_trained_model

SENTENCES, RECORDINGS = list(sentences()), list(recordings())
SMALL = {"units": [12], "embedding_units": 12, "dropout": 0.0}


def lists(pairs):
    return [steps for steps, _ in pairs], [marks for _, marks in pairs]


def invoke(*words):
    result = CliRunner().invoke(command, [*map(str, words)])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A run of the command on JSON lines: its folder, the file, and what it printed."""
    folder = tmp_path_factory.mktemp("words")
    file = write_json_lines(folder / "steps.jsonl", SENTENCES)
    out = folder / "run"
    options = ("--epochs", 6, "--batch-size", 8, "--learning-rate", 0.02)
    arguments = [w for n, v in SMALL.items() for w in ("--set", f"{n}={v}")]
    printed = invoke(
        "fit", "recurrent", "--data", file, "--out", out, *options, *arguments
    )
    return out, file, printed


@pytest.fixture(scope="module")
def sensors(tmp_path_factory):
    data = recipes.load(lists(RECORDINGS))
    run = recipes.fit(
        "recurrent",
        data,
        out=tmp_path_factory.mktemp("sensors") / "run",
        epochs=2,
        model_arguments={"units": [4], "dropout": 0.0},
        precision="mixed_bfloat16",
        progress=False,
    )
    return run, data


def flat(part, answers):
    """The true labels and the probabilities of every labelled step."""
    labelled = part.labels != NO_LABEL
    steps = answers["probabilities"].shape[1]
    assert not labelled[:, steps:].any()
    return part.labels[labelled], answers["probabilities"][labelled[:, :steps]]


def test_a_network_learns_from_neighbours_what_words_do_not_tell(words):
    out, _, printed = words
    scores = json.loads((out / "evaluation.json").read_text())
    baselines = scores["baselines"]
    assert scores["accuracy"] > baselines["the most frequent label of each word"] > 0.6
    assert scores["accuracy"] > 0.9
    assert "the most frequent label of each word has an accuracy of" in printed
    notes = json.loads((out / "config.json").read_text())["data"]["notes"]
    assert notes[0] == "each step has a label, so the task is sequence_labelling"
    for name in ("curves.png", "confusion.png", "mistakes.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")


def test_scores_are_those_of_scikit_learn(words):
    out, file, _ = words
    data, trained = recipes.load(file), zoo.load_model(out)
    true, probabilities = flat(data.test, trained.answers(data.test.inputs))
    scores = json.loads(invoke("evaluate", out, "--data", file, "--json"))
    predicted = probabilities.argmax(axis=1)
    assert scores["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    classes = [*range(4)]
    exact = probabilities.astype("float64")
    loss = log_loss(true, exact / exact.sum(axis=1, keepdims=True), labels=classes)
    assert scores["loss"] == pytest.approx(loss, rel=1e-4)
    f1 = f1_score(true, predicted, average=None, labels=classes, zero_division=0)
    assert [row["f1"] for row in scores["classes"]] == pytest.approx([*f1])
    written = json.loads((out / "evaluation.json").read_text())
    del written["baselines"], scores["baselines"]
    assert scores == written


def test_losses_of_training_are_means_over_real_steps(words, sensors):
    """Validation has several batches, the last of them smaller."""
    run, data = sensors
    for path, part in (
        (words[0], recipes.load(words[1]).validation),
        (run.folder.path, data.validation),
    ):
        rows = np.genfromtxt(path / "metrics.csv", delimiter=",", names=True)
        best = rows[np.argmin(rows["val_loss"])]
        true, probabilities = flat(part, zoo.load_model(path).answers(part.inputs))
        chosen = probabilities[np.arange(len(true)), true].astype("float64")
        assert best["val_loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-3)
        right = (probabilities.argmax(axis=1) == true).mean()
        assert best["val_accuracy"] == pytest.approx(right, abs=1e-6)


def test_the_export_answers_like_the_model(words, sensors):
    run, data = sensors
    texts = np.array(["the both1 both2 .", "the never_seen verb1", "noun1"], object)
    cases = {words[0]: texts, run.folder.path: data.test.inputs}
    for folder, inputs in cases.items():
        own = zoo.load_model(folder).answers(inputs, batch_size=2)
        served = zoo.load_model(folder / "saved_model").answers(inputs, batch_size=2)
        np.testing.assert_allclose(
            served["probabilities"], own["probabilities"], atol=2e-2
        )
        assert served["lengths"].tolist() == own["lengths"].tolist()
    assert own["lengths"].tolist() == data.test.lengths.tolist()


SERVED = """
import sys
import tensorflow as tf

signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answers = signature(texts=tf.constant(["the both1 both2 .", "the"]))
print(answers["lengths"].numpy().tolist(), answers["class_name"].numpy().tolist())
"""


def test_a_client_gets_names_for_raw_sentences_without_this_package(words, tmp_path):
    folder = words[0] / "saved_model" / "1"
    result = subprocess.run(
        [sys.executable, "-c", SERVED, str(folder)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    lengths, names = result.stdout.strip().split("] ", 1)
    assert lengths == "[4, 1"
    assert names == str([[b"D", b"N", b"V", b"."], [b"D", b"", b"", b""]])


def test_predict_writes_a_label_for_each_token(words, tmp_path):
    text = tmp_path / "new.txt"
    text.write_text("the  both1 both2 .\n\nthe noun1\n")
    printed = invoke("predict", words[0], text)
    assert printed == "the\tD\nboth1\tN\nboth2\tV\n.\t.\n\nthe\tD\nnoun1\tN\n"
    columns = write_columns(tmp_path / "a.conll", SENTENCES[:1])
    (found,) = json.loads(invoke("predict", words[0], columns, "--json"))
    assert found["tokens"] == SENTENCES[0][0]
    assert len(found["probabilities"]) == len(found["labels"]) == len(found["tokens"])


def test_predict_refuses_files_of_another_form(words, sensors, tmp_path, zoo):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "empty.txt").write_text("\n\n")
    np.save(tmp_path / "nan.npy", np.full((3, 2), np.nan))
    sensor_run = sensors[0].folder.path
    for folder, file, message in (
        (words[0], "a.csv", "is a table: give a text file with a sentence on each"),
        (words[0], "empty.txt", "hold no sequence"),
        (sensor_run, "nan.npy", "has a number that is NaN"),
        (sensor_run, "a.csv", "is not a sequence: give .npy files"),
    ):
        status, _, errors = zoo("predict", folder, tmp_path / file)
        assert (status, message in errors) == (2, True)


def test_predict_writes_the_runs_of_recordings(sensors, tmp_path):
    values = RECORDINGS[0][0]
    np.save(tmp_path / "a.npy", values)
    folder = sensors[0].folder.path
    printed = invoke("predict", folder, tmp_path / "a.npy")
    assert "a.npy: 0" in printed
    lines = write_json_lines(tmp_path / "a.jsonl", RECORDINGS[:2], "values")
    found = json.loads(invoke("predict", folder, lines, tmp_path / "a.npy", "--json"))
    assert [len(each["labels"]) for each in found] == [
        len(values),
        len(RECORDINGS[1][0]),
        len(values),
    ]
    assert found[0]["labels"] == found[2]["labels"]


@pytest.mark.parametrize("case", CASES)
def test_two_devices_learn_what_one_learns(tmp_path, case):
    """Parts of a batch differ in their numbers of sequences and of steps."""
    root = str(pathlib.Path(__file__).parents[3])
    script = pathlib.Path(__file__).parent / "steps_on_two_devices.py"
    environment = {**os.environ, "PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path), case],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    found = json.loads(result.stdout)
    assert found["difference"] < 1e-5
    for one, two in zip(*found["metrics"], strict=True):
        assert one == pytest.approx(two, rel=1e-5)


def own_model(activation="softmax", **compiled):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, 2))
    steps = keras.layers.Masking()(inputs)
    steps = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))(
        steps
    )
    model = keras.Model(inputs, keras.layers.Dense(2, activation=activation)(steps))
    if compiled:
        model.compile(**compiled)
    return model


OWN = {  # models of a user
    "not compiled": {},
    "sparse": {
        "optimizer": "adam",
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    },
    "one-hot": {
        "optimizer": "adam",
        "loss": keras.losses.CategoricalCrossentropy(),
        "weighted_metrics": [keras.metrics.CategoricalAccuracy("share")],
    },
}


@pytest.mark.parametrize("compiled", OWN.values(), ids=OWN)
def test_a_users_own_model_is_trained(compiled, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "recipes.training.tasks.supervised.export", lambda *_, **__: None
    )
    data = recipes.load(lists(RECORDINGS))
    run = recipes.fit(
        own_model(**compiled), data, out=tmp_path / "run", epochs=2, progress=False
    )
    part = data.validation
    answers = as_trained_model(run.model).answers(part.inputs)
    true, probabilities = flat(part, answers)
    chosen = probabilities[np.arange(len(true)), true].astype("float64")
    assert run.metrics[run.kept_epoch - 1]["val_loss"] == pytest.approx(
        -np.log(chosen).mean(), rel=1e-4
    )
    if compiled:
        name = "val_share" if "weighted_metrics" in compiled else "val_accuracy"
        right = (probabilities.argmax(axis=1) == true).mean()
        assert run.metrics[run.kept_epoch - 1][name] == pytest.approx(right)


def test_words_are_learned_in_float16(tmp_path, monkeypatch):
    """The words above are learned in float32, the sensors in bfloat16."""
    monkeypatch.setattr(
        "recipes.training.tasks.supervised.export", lambda *_, **__: None
    )
    run = recipes.fit(
        "recurrent",
        lists(SENTENCES),
        out=tmp_path / "run",
        epochs=2,
        precision="mixed_float16",
        model_arguments=SMALL,
        progress=False,
    )
    assert run.metrics[-1]["loss"] < run.metrics[0]["loss"]
    assert np.isfinite(run.evaluation.loss)


REFUSED = {
    "oversampling": ({"rebalance": "oversample"}, "'oversample' draws examples by"),
    "mixing": ({"augment": LabelSmoothing()}, "mixes examples"),
    "other words": ({"augment": "light"}, "changes the number or the order of words"),
    "dropped words": (
        {"augment": WordDrop(0.1)},
        "changes the number or the order of words",
    ),
    "a transform": ({"transform": "log"}, "`transform` 'log' is for numbers"),
    "a loss of a DCGAN": ({"loss": "discriminator_loss"}, "is for a DCGAN"),
    "calibration": ({"calibrate": True}, "`calibrate` is for"),
    "other splitting": (
        {"model_arguments": {"split": "word"}},
        "`split` must be 'space'",
    ),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(options, message, tmp_path):
    data = recipes.load(lists(SENTENCES))
    with pytest.raises(InputError, match=message):
        recipes.fit("recurrent", data, out=tmp_path / "run", progress=False, **options)
    assert not (tmp_path / "run").exists()


def test_models_that_answer_once_are_refused(tmp_path):
    data = recipes.load(lists(RECORDINGS))
    inputs = keras.Input((None, 2))
    once = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(
        keras.layers.GRU(2)(inputs)
    ))  # fmt: skip
    with pytest.raises(InputError, match="asks for a class at each step"):
        recipes.fit(once, data, out=tmp_path / "run", progress=False)
    single = recipes.load((data.train.inputs, [0, 1] * 14), sequences=True)
    with pytest.raises(InputError, match=r"class at each step .* is classification"):
        recipes.fit(own_model(), single, out=tmp_path / "run", progress=False)


COMMANDS = {  # what the command refuses with one sentence and status 2
    "an unknown mark": (
        {},
        ["W"],
        "'W', which the training data lack; known are",
    ),
    "unequal lengths": ({}, ["D", "N"], "line 1, has 1 tokens and 2 labels"),
}


@pytest.mark.parametrize("row, labels, message", COMMANDS.values(), ids=COMMANDS)
def test_evaluation_refuses_with_one_sentence(words, row, labels, message, tmp_path):
    path = write_json_lines(tmp_path / "a.jsonl", [(["the"], labels)])
    result = CliRunner().invoke(
        command, ["evaluate", str(words[0]), "--data", str(path)]
    )
    assert result.exit_code != 0
    assert message in str(result.exception or result.output)


def test_an_unknown_mark_ends_the_command_with_status_2(zoo, words, tmp_path):
    path = write_json_lines(tmp_path / "a.jsonl", [(["the"], ["W"])])
    status, _, errors = zoo("evaluate", words[0], "--data", path)
    assert status == 2
    assert "line 1, has the label 'W', which the training data lack" in errors
    assert "Traceback" not in errors
    status, _, errors = zoo(
        "fit", "recurrent", "--data", words[1], "--rebalance", "oversample"
    )
    assert (status, "draws examples by their class" in errors) == (2, True)
